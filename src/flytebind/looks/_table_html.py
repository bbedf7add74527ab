"""Tables as HTML."""

from __future__ import annotations

from flytebind.looks._layout import Cell
from flytebind.looks._markup import Markup, element, link
from flytebind.looks._page import fragment
from flytebind.looks._palette import tone_of_style
from flytebind.looks._table import Table

_CLASSES = {"time": "fb-number", "error": "fb-wide"}
#: What has names of code in it.
_CODE = ("execution", "node", "runs", "launch plan")


def as_html(table: Table) -> Markup:
    """A table as a notebook shows it."""
    heads = element("tr", *(element("th", name) for name in table.names))
    body = [element("tr", *map(_cell, table.names, line)) for line in table.lines]
    made = element("table", element("thead", heads), element("tbody", *body))
    hint = f"… {table.left_out:,} more" if table.left_out else "There are none."
    return fragment(
        element(
            "section",
            element("div", made, class_="fb-scroll"),
            element("p", hint, class_="fb-hint") if table.left_out or not body else None,
            style="border:0",
        )
    )


def _cell(name: str, cell: Cell) -> Markup:
    if name == "phase":
        badge = element("span", cell.text, class_=f"fb-badge fb-{tone_of_style(cell.style)}")
        return element("td", badge)
    tag = "b" if cell.style == "bold" else "span"
    kinds = ["fb-mono"] if name in _CODE else []
    kinds += ["fb-what"] if cell.style == "dim" else []
    shown = element(tag, cell.text, class_=" ".join(kinds) or None) if cell.text else None
    return element("td", link(cell.link, shown), class_=_CLASSES.get(name))
