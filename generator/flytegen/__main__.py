"""``python -m flytegen``."""

import sys

from flytegen.cli import main

sys.exit(main())
