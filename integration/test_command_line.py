"""How the commands end."""

import signal
import subprocess
import sys


def test_whoever_has_read_enough_ends_it_quietly() -> None:
    """More than a pipe holds, and less, which is written when the work is done."""
    for lines in (100_000, 1):
        module = "stackproof.processes.command_line"
        program = f"from {module} import exit_status\nraise SystemExit(exit_status(lambda: print('line\\n' * {lines}) or 0))"
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            assert running.stdout
            assert running.stderr
            running.stdout.close()
            assert running.stderr.read() == b""
        assert running.returncode == 128 + signal.SIGPIPE
