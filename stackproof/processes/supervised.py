"""``python supervised.py COMMAND...`` runs a command that does not outlive whoever started it.

Terraform dies of a closed pipe when its parent is killed, and leaves its providers behind. So the parent holds the other
end of this process's standard input: when that closes, however the parent ended, the whole process group is killed, and so it is
by SIGTERM. A parent that writes a byte there lets the command live on without it.
This process is the leader of the group. It needs nothing but what Python itself is built of, to start in milliseconds:
``signal`` alone would double that.
"""

import _signal as signal  # type: ignore[import-not-found]
import _thread
import os
import sys


def main(command: list[str]) -> int:
    """Run the command with nothing on its standard input; its exit status.

    If it was interrupted, or a signal ended it, everything that it left is killed, this process included.
    """
    interrupts: list[int] = []
    # The interrupt is meant for the command; a handler, unlike SIG_IGN, is not inherited by it.
    signal.signal(signal.SIGINT, lambda number, _frame: interrupts.append(number))
    signal.signal(signal.SIGTERM, lambda _number, _frame: _end_group())
    nothing = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=[nothing])
    _thread.start_new_thread(_end_with_parent, ())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if interrupts or status < 0:
        _end_group()
    return status


def _end_with_parent() -> None:
    if not os.read(0, 1):
        _end_group()


def _end_group() -> None:
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
