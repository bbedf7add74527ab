"""Refusing arguments that would fail later, and less clearly."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from flytebind.remote.errors import FlyteValueError


def must_be(value: object, kinds: type | tuple[type, ...], call: str, hint: str = "") -> None:
    """Refuse what a call cannot take.

    Args:
        value: What it was given.
        kinds: What it takes.
        call: Its name, or that of the argument: ``cause of terminate``.
        hint: What to do instead.

    Raises:
        TypeError: If the value is of another kind.
    """
    if isinstance(value, kinds):
        return
    names = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
    expected = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    raise TypeError(f"{call} takes {expected}, not {type(value).__name__}{hint and f'; {hint}'}")


def named(value: object, what: str, hint: str = "") -> str:
    """A name, or another text that must say something: servers take an empty one for any.

    Args:
        value: What was given.
        what: What it is: ``name of fetch_task``.
        hint: What to do instead, where it is something else.

    Raises:
        TypeError: If it is no text.
        FlyteValueError: If it is empty, or nothing but space.
    """
    must_be(value, str, what, hint)
    text = cast("str", value)
    if not text.strip():
        raise FlyteValueError(f"{what} cannot be {text!r}")
    return text


def seconds(time: timedelta | float | None, what: str) -> float | None:
    """A length of time in seconds.

    Args:
        time: What was given.
        what: What it is: ``timeout``.

    Raises:
        ValueError: If it is less than nothing, or no number.
    """
    if time is None:
        return None
    found = time.total_seconds() if isinstance(time, timedelta) else float(time)
    if not found >= 0:
        raise ValueError(f"{what} cannot be {time}")
    return found
