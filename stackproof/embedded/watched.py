"""``python watched.py SIGNAL USER GROUP COMMAND...`` becomes a command that gets a signal when whoever started it ends, however that ends.

For systems whose kernel does not do it (macOS). The starter holds the other end of this process's standard input. A second process waits
until that closes, and signals the command, which keeps the id of this one; it ends by itself when the command does. The command runs as
the user and group with these numbers; an empty one changes nothing.
"""

import os
import select
import sys

INTERVAL = 1.0
"""Seconds until a watcher sees that the command has ended."""


def main(number: int, user: str, group: str, command: list[str]) -> None:
    """Become the command, with nothing on its standard input."""
    watched = os.getpid()
    if not os.fork():
        _watch(watched, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if group:
        os.setgroups([])
        os.setgid(int(group))
    if user:
        os.setuid(int(user))
    os.execvp(command[0], command)


def _watch(watched: int, number: int) -> None:
    """Signal the parent of this process when the pipe closes; what it inherited besides is closed, so that nobody waits for it."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    while os.getppid() == watched:  # else it has ended, and another may have its id
        if select.select([0], [], [], INTERVAL)[0] and not os.read(0, 1):
            if os.getppid() == watched:
                os.kill(watched, number)
            break
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
