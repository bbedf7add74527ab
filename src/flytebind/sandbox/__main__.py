"""``python -m flytebind.sandbox``."""

import sys

from flytebind.sandbox.cli import main

if __name__ == "__main__":
    # The process does nothing else than serve. SQLite lets go of the interpreter's lock with each
    # statement; with the usual 5 ms, getting it back takes longer than the call that waits for it.
    sys.setswitchinterval(0.0005)
    sys.exit(main())
