"""Settings in messages, without what may be secret in them."""

from __future__ import annotations

import re

_LONGEST = 40
# But what YAML itself is made of, such as ',' and '<document start>', helps to find a mistake.
_QUOTED = re.compile("'(?!<)[^']{2,}'")


def in_words(value: object) -> str:
    """A value that makes no sense: itself if it is short and plain, or else what it is.

    Where text or a number is expected, a list or a section may hold anything.
    """
    if value is None or isinstance(value, (str, bool, int, float)):
        shown = repr(without_password(value) if isinstance(value, str) else value)
        if len(shown) <= _LONGEST:
            return shown
        return f"a text of {len(value)} characters" if isinstance(value, str) else "a long number"
    kinds: dict[type, str] = {dict: "a section", list: "a list"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def without_quotes(problem: str) -> str:
    """What a parser says, without what it quotes."""
    return _QUOTED.sub("'...'", problem)


def without_password(url: str) -> str:
    """An address without user, password and query."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "", url
    before, at, host = rest.rpartition("@")
    if "?" in before or "#" in before:  # or the last @ is part of a query
        host = "..."
    host = host.partition("?")[0].partition("#")[0]
    return f"{scheme}{separator}{'...@' if at else ''}{host}"


def has_password(url: str | None) -> bool:
    """Whether an address holds what is not for everybody."""
    return url is not None and without_password(url) != url
