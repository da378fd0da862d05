"""The embedded cloud: moto's server as a process of its own, what it lacks, and the app stack deployed to it."""
