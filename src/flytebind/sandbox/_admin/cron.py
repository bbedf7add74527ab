"""Cron expressions as Flyte's scheduler reads them."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
#: Minute, hour, day of the month, month, day of the week: the least, the most, and names from the
#: least on.
_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []),
    (0, 23, []),
    (1, 31, []),
    (1, 12, _MONTHS),
    (0, 6, _DAYS),
)
_WORDS = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_EVERY = re.compile(r"@every -?([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+")
_ZONE = re.compile(r"(?:CRON_TZ|TZ)=(\S+)\s+(.+)")
_PART = re.compile(r"(\*|\?|\w+)(?:-(\w+))?(?:/([0-9]+))?")


def is_cron(expression: str) -> bool:
    """Whether it can be read: five fields, a word such as ``@hourly``, or ``@every 5m``.

    ``CRON_TZ=Europe/Berlin`` may come before it.
    """
    if zoned := _ZONE.fullmatch(expression):
        zone, expression = zoned.groups()
        try:
            ZoneInfo(zone)
        except (OSError, LookupError, ValueError):  # there is no such zone, or it is no name
            return False
    if expression.startswith("@"):
        return expression in _WORDS or _EVERY.fullmatch(expression) is not None
    fields = expression.split()
    return len(fields) == len(_FIELDS) and all(
        _is_part(part, *field)
        for text, field in zip(fields, _FIELDS, strict=True)
        for part in text.split(",")
    )


def _is_part(text: str, least: int, most: int, names: list[str]) -> bool:
    form = _PART.fullmatch(text)
    if form is None or (form[3] is not None and not int(form[3])):
        return False
    if form[1] in ("*", "?"):
        return form[2] is None
    ends = [_number(end, least, names) for end in form.groups()[:2] if end is not None]
    return all(end is not None and least <= end <= most for end in ends) and ends == sorted(
        ends, key=lambda end: end or 0
    )


def _number(text: str, least: int, names: list[str]) -> int | None:
    if text.lower() in names:
        return least + names.index(text.lower())
    return int(text) if text.isascii() and text.isdecimal() else None
