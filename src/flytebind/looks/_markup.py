"""HTML and SVG in which nobody else's text is markup."""

from __future__ import annotations

from html import escape
from typing import Final, TypeAlias

from flytebind.looks._words import address, harmless

#: Elements that have no end.
_VOID: Final = frozenset({"br", "hr", "meta", "link"})

Child: TypeAlias = "Markup | str | None"


class Markup(str):
    """Text that is HTML already. Only what is made here is; all other text is escaped."""

    __slots__ = ()


def element(tag: str, /, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """An element.

    Args:
        tag: What it is.
        children: What is in it. Text is escaped; None is nothing.
        attributes: Names with ``_`` for ``-``, and without the one at the end of ``class_``. None
            and False leave one out, True has no value. Of ``href`` only what may be followed
            stays.
    """
    named = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Markup(f"<{tag}{named}>")
    return Markup(f"<{tag}{named}>{joined(*children)}</{tag}>")


def joined(*children: Child) -> Markup:
    """Several after each other."""
    return Markup("".join(text(child) for child in children if child is not None))


def text(content: str) -> Markup:
    """Text as HTML; what is HTML already stays so. Signs that are obeyed are written out."""
    if isinstance(content, Markup):
        return content
    return Markup(escape("\n".join(map(harmless, content.split("\n")))))


def link(uri: str, *children: Child, **attributes: str | None) -> Markup:
    """What leads to an address, or where that may not be followed just what it would say."""
    if not address(uri):
        return joined(*children)
    return element(
        "a", *children, href=uri, target="_blank", rel="noopener noreferrer", **attributes
    )


def _attribute(name: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    if name == "href":
        value = address(str(value)) or "#"
    if isinstance(value, float):
        value = f"{value:.6g}"
    return f' {name}="{text(str(value))}"'
