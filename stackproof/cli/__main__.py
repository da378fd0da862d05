"""``python -m stackproof.cli``: the command ``stackproof``, where that is not on PATH."""

import sys

from stackproof.cli import main

if __name__ == "__main__":
    sys.exit(main())
