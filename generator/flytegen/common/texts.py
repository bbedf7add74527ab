"""Text from elsewhere, as something that says nothing but itself."""

from __future__ import annotations


def visible(text: str) -> str:
    r"""A text on one line; what is not to be seen is spelled out.

    >>> print(visible("a\nb"), visible("red\x1b[31m"))
    a\nb red\x1b[31m
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def counted(count: int, what: str) -> str:
    """How many there are of something.

    >>> print(counted(1, "file"), counted(1204, "RPC"), sep=", ")
    1 file, 1,204 RPCs
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def quoted(text: str) -> str:
    r"""A text as a literal.

    >>> print(quoted('tab\t"quoted"'))
    "tab\t\"quoted\""
    """
    inside = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{visible(inside)}"'
