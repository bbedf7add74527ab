"""How a value that does not fit is reported: by the path that leads to it."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from contextlib import contextmanager

from flytebind.runtime.errors import FlyteDataError, FlyteValueError

_SHOWN = 60


class Mismatch(Exception):
    """A value does not fit; which one, its containers add on the way out.

    Paths cost nothing this way while all is well, however long a list is.

    Args:
        message: What is wrong.
        kind: The error that users see.
    """

    def __init__(
        self, message: str, kind: type[FlyteValueError | FlyteDataError] = FlyteValueError
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.steps: list[str] = []

    def inside(self, step: str) -> None:
        """Note that ``step`` leads to the value from the container that is being left."""
        self.steps.append(step)


@contextmanager
def reporting(path: str) -> Iterator[None]:
    """Turn a mismatch into the error that users see.

    Args:
        path: What is being converted: ``outputs['o0']``.

    Raises:
        FlyteValueError: In place of every ``Mismatch`` (unless that is about data that cannot be
            had or stored, a FlyteDataError), and where values nest too deeply.
    """
    try:
        yield
    except Mismatch as mismatch:
        where = path + "".join(reversed(mismatch.steps))
        raise mismatch.kind(f"{where}: {mismatch}") from mismatch.__cause__
    except RecursionError:
        raise FlyteValueError(f"{path}: nested too deeply, or contains itself") from None


def expected(what: str, value: object, hint: str = "") -> Mismatch:
    """The mismatch of a value that is something else than was expected."""
    return Mismatch(f"expected {what}, got {described(value)}{hint}")


def described(value: object) -> str:
    """A value in a few words: ``str ('x')``, or ``None``."""
    if value is None:
        return "None"
    kind = type(value).__qualname__
    try:
        shown = reprlib.repr(value)
    except Exception:  # a repr is anybody's code; that of a very long int fails, too
        return kind
    return f"{kind} ({shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + '...'})"
