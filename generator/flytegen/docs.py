"""The wording of generated docstrings: the overlay's words, then what the descriptor knows."""

from __future__ import annotations

import textwrap

_WIDTH = 88


def paragraphs(*texts: str) -> tuple[str, ...]:
    """The lines of a docstring: each text wrapped, with an empty line between two."""
    lines: list[str] = []
    for text in filter(None, texts):
        for paragraph in text.split("\n\n"):
            if lines:
                lines.append("")
            lines.extend(_wrap(paragraph))
    return tuple(line.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') for line in lines)


def _wrap(paragraph: str) -> list[str]:
    return textwrap.wrap(paragraph, _WIDTH, break_long_words=False, break_on_hyphens=False)


def class_doc(doc: str, full_name: str, deprecated: bool) -> tuple[str, ...]:
    """The docstring of a class."""
    retired = "Deprecated in the IDL." if deprecated else ""
    summary = doc or f"``{full_name.rpartition('.')[2]}`` of ``{full_name.rpartition('.')[0]}``."
    return paragraphs(summary, retired, f"Proto: ``{full_name}``")


def field_doc(
    doc: str,
    declaration: str,
    *,
    is_time: bool,
    oneof: str,
    is_optional: bool,
    zero: str,
    deprecated: bool,
) -> tuple[str, ...]:
    """The docstring of a property: its meaning, then its declaration and what that implies."""
    facts = {
        "in UTC": is_time and "UTC" not in doc,
        f"one of ``{oneof}``": bool(oneof),
        f"{'None' if is_optional else zero} when unset": True,
        "deprecated in the IDL": deprecated,
    }
    implied = ", ".join(fact for fact, is_so in facts.items() if is_so)
    return paragraphs(doc, f"``{declaration}``; {implied}.")


def oneof_doc(doc: str, proto_name: str) -> tuple[str, ...]:
    """The docstring of the accessor of a oneof."""
    return paragraphs(doc, f"The member of ``oneof {proto_name}`` that is set, or None.")


def docstring(lines: tuple[str, ...], indent: int = 0) -> str:
    """Print a docstring whose first line stands where the caller is, and the others below it."""
    margin = " " * indent
    if len(lines) == 1:
        return f'"""{lines[0]}"""'
    first, *rest = lines
    below = "\n".join(margin + line if line else "" for line in rest)
    return f'"""{first}\n{below}\n{margin}"""'
