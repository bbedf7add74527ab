"""From proto names to Python names.

The escape is injective: it only appends underscores, and does so also to each name that looks like
an escaped one. So it needs no memory, and a field that is added upstream never renames another.
What counts as reserved is frozen in ``reserved_names.toml``; a name that is added there renames
somebody's attribute.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Literal

from flytegen.toml import parse_toml

Context = Literal["attribute", "class", "enum_value", "method", "module"]


@cache
def reserved_names(context: Context) -> frozenset[str]:
    """The names that a Python name of this kind must not have."""
    text = resources.files("flytegen").joinpath("reserved_names.toml").read_text(encoding="utf-8")
    table = parse_toml(text)
    return frozenset(table["keywords"]["names"]) | frozenset(table[context]["names"])


def escape(name: str, context: Context) -> str:
    """The Python name of a proto name.

    >>> escape("phase", "attribute"), escape("class", "attribute"), escape("class_", "attribute")
    ('phase', 'class_', 'class__')
    >>> escape("_pb", "attribute")
    '_pb___'
    """
    if name.startswith("_"):
        # Three: one or two could still spell a private, a __special__ or an enum's _sunder_ name.
        return name + "___"
    if name.rstrip("_") in reserved_names(context):
        return name + "_"
    return name


def snake_case(name: str) -> str:
    """``ScheduleExpression`` as ``schedule_expression``; the name of a oneof's accessor.

    >>> snake_case("ScheduleExpression"), snake_case("output_result"), snake_case("HTTPRule")
    ('schedule_expression', 'output_result', 'http_rule')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
