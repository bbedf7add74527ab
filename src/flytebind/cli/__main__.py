"""``python -m flytebind.cli``."""

import sys

from flytebind.cli import main

if __name__ == "__main__":
    sys.exit(main())
