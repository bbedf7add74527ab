"""``python -m flytebind.sandbox``."""

import sys

from flytebind.runtime.extras import explained
from flytebind.runtime.installed import IncompatibleRuntimeError, OutdatedPackageError


def main() -> int:
    """Run the command; what keeps it from being imported is told in a line."""
    try:
        with explained("flytebind.sandbox"):
            from flytebind.sandbox import _cli
    except ImportError as error:
        if error.name != "grpc" and not isinstance(
            error, (IncompatibleRuntimeError, OutdatedPackageError)
        ):
            raise
        print(f"python -m flytebind.sandbox: {error}", file=sys.stderr)
        return 2
    return _cli.main()


if __name__ == "__main__":
    sys.exit(main())
