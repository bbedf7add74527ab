"""``python -m flytegen``, and where the installed command starts."""

import sys


def main() -> int:
    """Run the command; Ctrl-C ends it quietly even while it is still being imported."""
    try:
        from flytegen.cli import main as run

        return run()
    except KeyboardInterrupt:
        print("flytegen: interrupted; the output is whole", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
