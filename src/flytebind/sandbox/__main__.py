"""``python -m flytebind.sandbox``."""

import sys

from flytebind.sandbox._cli import main

if __name__ == "__main__":
    sys.exit(main())
