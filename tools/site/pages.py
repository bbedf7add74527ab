"""Pages, and how their templates are printed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Page:
    """A page in Markdown."""

    path: str
    """Below the folder of all pages: ``reference/models/core/literals.md``."""
    title: str
    """What the navigation calls it."""
    section: str
    """The part of the navigation that it stands in."""
    text: str


def printed(template: str, **values: object) -> str:
    """What a template makes of some values, with no more than one empty line in a row."""
    text = _ENVIRONMENT.get_template(template).render(values)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def cell(text: str) -> str:
    """Text as one cell of a table."""
    return " ".join(text.split()).replace("|", "&#124;")


def signature(name: str, parameters: Iterable[str], returns: str = "") -> str:
    """A call as Python writes it: on one line, or with a line for each parameter."""
    result = f" -> {returns}" if returns else ""
    parts = list(parameters)
    line = f"{name}({', '.join(parts)}){result}"
    if len(line) <= 88:
        return line
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){result}"
