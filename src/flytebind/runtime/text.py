"""How models look to people: in a shell, a log, a terminal and a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flytebind.runtime.enums import OpenEnum
from flytebind.runtime.fields import HasFields, set_fields
from flytebind.runtime.views import MapView, RepeatedView

_COLUMNS = 80

#: What begins a block of text in notebooks. Pages that are made of them may name no font.
PRE = '<pre style="font-family:ui-monospace,Menlo,Consolas,DejaVu Sans Mono,monospace">'


def outline(model: HasFields, title: str, *, cut: bool) -> str:
    """A title and the fields that are set, indented like YAML; ``cut`` at 80 columns or not."""
    lines = [f"{title}:", *(f"  {line}" for line in _fields(model))]
    if cut:
        lines = [line if len(line) <= _COLUMNS else line[: _COLUMNS - 3] + "..." for line in lines]
    return "\n".join(lines)


def as_html(model: HasFields) -> str:
    """A block that a notebook can fold."""
    import html

    text = html.escape("\n".join(_fields(model)))
    name = type(model).__qualname__
    return f"<details open><summary><code>{name}</code></summary>{PRE}{text}</pre></details>"


def _fields(model: HasFields) -> Iterator[str]:
    for name, value in set_fields(model):
        yield from _entry(f"{name}:", value)


def _entry(label: str, value: object) -> Iterator[str]:
    """One labelled value: beside its label if it is one line, else indented below it."""
    first, *rest = _lines(value) or [""]
    if rest or _is_nested(value):
        yield label
        yield from (f"  {line}" for line in (first, *rest))
    else:
        yield f"{label} {first}".rstrip()


def _is_nested(value: object) -> bool:
    return hasattr(value, "_pb") or (
        isinstance(value, (RepeatedView, MapView, dict, list)) and bool(value)
    )


def _lines(value: object) -> list[str]:
    """The lines of a value; of one that nests beyond all that Python can go through, dots."""
    try:
        return _value(value)
    except RecursionError:
        return ["..."]


def _value(value: Any) -> list[str]:
    if hasattr(value, "_pb"):
        return list(_fields(value)) or ["{}"]
    if isinstance(value, (MapView, dict)):
        lines = [line for key in sorted(value) for line in _entry(f"{_key(key)}:", value[key])]
        return lines or ["{}"]
    if isinstance(value, (RepeatedView, list)):
        return [line for item in value for line in _item(item)] or ["[]"]
    if isinstance(value, OpenEnum):
        return [value.name]
    if isinstance(value, str):
        return list(map(_harmless, value.splitlines())) if value.strip() else [repr(value)]
    return [repr(value) if isinstance(value, bytes) else str(value)]


def _harmless(line: str) -> str:
    """Without characters that a terminal would obey instead of show."""
    return line if line.isprintable() else repr(line)[1:-1]


def _key(key: object) -> str:
    text = str(key)
    return text if text.isprintable() and text.strip() else repr(text)


def _item(item: object) -> Iterator[str]:
    first, *rest = _lines(item)
    yield f"- {first}"
    yield from (f"  {line}" for line in rest)
