"""``python -m flytegen``, and where the installed commands start."""

import gc
import sys
from collections.abc import Callable

# What a run makes stays until its end. To look for garbage as often as Python does takes a tenth of
# the time; this often keeps what black leaves behind small.
_OBJECTS_BETWEEN_LOOKS = 50_000


def main() -> int:
    """Run the command; what keeps it from being imported is told in a line."""

    def run() -> int:
        from flytegen.cli import main

        return main()

    return _run(run)


def plugin() -> int:
    """Run the plugin of protoc; what keeps it from being imported is told in a line."""

    def run() -> int:
        from flytegen.plugin import main

        return main()

    return _run(run)


def _run(run: Callable[[], int]) -> int:
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS, *gc.get_threshold()[1:])
    try:
        code = run()
        gc.freeze()  # or all that goes with the process would be looked through twice
        return code
    except ModuleNotFoundError as error:
        library = (error.name or "flytegen").partition(".")[0]
        if library == "flytegen":
            raise
        hint = "pip install flytegen"
        print(f"flytegen: {library} is missing: {hint}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("flytegen: interrupted; the output is whole", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
