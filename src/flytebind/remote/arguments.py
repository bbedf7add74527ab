"""Refusing arguments that would fail later, and less clearly."""

from __future__ import annotations


def must_be(value: object, kinds: type | tuple[type, ...], call: str, hint: str = "") -> None:
    """Refuse what a call cannot take.

    Args:
        value: What it was given.
        kinds: What it takes.
        call: Its name.
        hint: What to do instead.

    Raises:
        TypeError: If the value is of another kind.
    """
    if isinstance(value, kinds):
        return
    names = [kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,))]
    expected = " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    raise TypeError(f"{call} takes {expected}, not {type(value).__name__}{hint and f'; {hint}'}")
