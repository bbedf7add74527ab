"""Tables in documents that commands write: each stands between two lines of its own."""

from __future__ import annotations


def replace_table(document: str, begin: str, table: str, end: str) -> str:
    """A document with this table between two lines.

    Raises:
        ValueError: If it does not have the lines, once each and in this order.
    """
    before, has_begin, rest = document.partition(begin)
    _, has_end, after = rest.partition(end)
    if not has_begin or not has_end or begin in rest or end in after:
        raise ValueError(f"wants one place between {begin.strip()} and {end.strip()}")
    return f"{before}{begin}{table}{end}{after}"
