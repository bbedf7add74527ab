"""Runs the command, and says in one line what went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from flytebind.cli._exits import DONE, FAILED, INTERRUPTED, CommandError
from flytebind.cli._parser import parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # for terminals that are not Unicode
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its core would write lines of its own
    try:
        options = parser().parse_args(arguments)
        code: int = options.run(options)
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
        if (error.name or "").partition(".")[0] != "grpc":
            raise
        return _fail("grpcio is not installed: pip install 'flytebind[remote]'")
    except ImportError as error:
        from flytebind.runtime.installed import OutdatedPackageError

        if not isinstance(error, OutdatedPackageError):
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


def _fail(message: str) -> int:
    print(f"flytebind: {' '.join(message.split())}", file=sys.stderr)
    return FAILED
