"""Runs the command, and says in one line what went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from flytebind.cli._exits import DONE, FAILED, INTERRUPTED, CommandError

#: By the module that is missing: what it belongs to, and what brings it.
_EXTRAS = {
    "click": ("click", "flytebind[cli]"),
    "grpc": ("grpcio", "flytebind[cli]"),
    "yaml": ("pyyaml", "flytebind[cli]"),
    "flytebind.runs": ("flytebind-flyte2", "flytebind[flyte2]"),
    "flyteidl2": ("flytebind-flyte2", "flytebind[flyte2]"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: What follows its name; by default those of this process.

    Returns:
        The exit code; the help says what each one means.
    """
    if sys.stdout is None:
        return _fail("standard output is closed, and there is nowhere to print to")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for terminals that are not Unicode
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its core would write lines of its own
    try:
        code = _run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()  # here, where a broken pipe is understood
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `flytebind execution list | head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except CommandError as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        name = error.name or ""
        missing = _EXTRAS.get(name) or _EXTRAS.get(name.partition(".")[0])
        if missing is None:
            raise
        package, extra = missing
        return _fail(f"{package} is not installed: pip install '{extra}'")
    except ImportError as error:
        from flytebind.runtime.installed import IncompatibleRuntimeError, OutdatedPackageError

        if not isinstance(error, (IncompatibleRuntimeError, OutdatedPackageError)):
            raise
        return _fail(str(error))
    except Exception as error:
        # The errors of the remote cannot be named here: without grpcio they do not exist.
        from flytebind.cli._trouble import explain

        explanation = explain(error)
        if explanation is None:
            raise
        message, code = explanation
        _fail(message)
        return code


def _run(arguments: list[str]) -> int:
    import click
    from click.shell_completion import shell_complete

    from flytebind.cli._commands import COMMANDS, COMPLETE

    # Not by click's own main, to which a broken pipe is a failure, and Ctrl-C an error.
    if words := os.environ.get(COMPLETE):
        return shell_complete(COMMANDS, {}, "flytebind", COMPLETE, words)
    try:
        with COMMANDS.make_context("flytebind", arguments) as context:
            code: int = COMMANDS.invoke(context)
            return code
    except click.exceptions.Exit as exit:
        return exit.exit_code
    except click.ClickException as error:
        error.show()
        return FAILED


def _fail(message: str) -> int:
    from flytebind.looks._words import harmless

    print(f"flytebind: {harmless(' '.join(message.split()))}", file=sys.stderr)
    return FAILED
