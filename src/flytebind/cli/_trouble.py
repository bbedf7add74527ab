"""What errors of the remote mean to somebody at a command line."""

from __future__ import annotations

from flytebind.cli._exits import FAILED, NOT_DONE
from flytebind.looks._words import harmless
from flytebind.remote.errors import (
    FlyteAuthenticationError,
    FlyteCallError,
    FlyteConfigError,
    FlyteError,
    FlyteNotFoundError,
    FlyteOutageError,
    FlyteTimeout,
    FlyteUnavailableError,
)

_HINTS: tuple[tuple[type[FlyteError], str], ...] = (
    (FlyteOutageError, "it may be back in a while"),
    (FlyteUnavailableError, "is this the right --endpoint, and is --insecure right for it?"),
    (FlyteAuthenticationError, "see how to log in under admin in the file of --config"),
    (FlyteConfigError, "--endpoint HOST:PORT or --config FILE tell where the server is"),
)


#: By the RPC that does not find something: what shows what there is.
_LISTS = {"GetRunDetails": "run", "WatchActionDetails": "run", "GetActionDetails": "run"}

_LONGEST = 1000


def explain(error: Exception) -> tuple[str, int] | None:
    """What to say about an error, and the exit code; None for one that should not happen."""
    if isinstance(error, FlyteError):
        message = str(error)
        hint = next((f"; {hint}" for kind, hint in _HINTS if isinstance(error, kind)), "")
        if isinstance(error, FlyteNotFoundError):
            hint = f"; `flytebind {_LISTS.get(error.call, 'execution')} list` shows what there is"
    elif isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        message, hint = f"{where}{error.strerror or error}", ""
    else:
        return None
    message = " ".join(map(harmless, message.split()))
    if len(message) > _LONGEST:
        message = f"{message[: _LONGEST - 3]}..."
    is_late = isinstance(error, FlyteTimeout) and not isinstance(error, FlyteCallError)
    return f"{message}{hint}", NOT_DONE if is_late else FAILED
