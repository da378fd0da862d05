"""``python tied.py -m MODULE...`` becomes ``python -m MODULE...``, which gets SIGTERM when whoever started it ends, however that ends.

For the Makefile: a ``make`` that is killed outright ends nothing that it started. Where the kernel does not do it (prctl(2) is Linux's),
the command runs on, to its end.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Become this Python with other arguments."""
    if sys.platform == "linux":
        starter = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != starter:  # it ended before the line above
            sys.exit(128 + signal.SIGTERM)
    os.execv(sys.executable, [sys.executable, *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
