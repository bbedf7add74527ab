"""Text of others, for screens to show and not to obey."""

from __future__ import annotations


def harmless(line: str) -> str:
    """A line without characters that a terminal would obey instead of show."""
    if line.isprintable():
        return line
    return "".join(
        each if each.isprintable() else repr(each)[1:-1] for each in line.replace("\t", " ")
    )


def harmless_lines(text: str) -> str:
    """The same for text of several lines."""
    return text if text.isprintable() else "\n".join(map(harmless, text.split("\n")))


def excerpt(text: str, most: int = 10_000) -> str:
    """Harmless lines, as many as anybody reads.

    Args:
        text: Text of others.
        most: How many characters at most.
    """
    if len(text) <= most:
        return harmless_lines(text)
    return f"{harmless_lines(text[:most])}... ({len(text):,} characters)"
