"""The files and lines that a run leaves: results.json, report.html, junit.xml, and the last lines in the terminal."""
