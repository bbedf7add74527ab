"""From proto names to Python names.

The escape is injective: it only appends underscores, and does so also to each name that looks like
an escaped one. So it needs no memory, and a field that is added upstream never renames another.
What counts as reserved is frozen in ``reserved_names.toml``; a name that is added there renames
somebody's attribute.
"""

from __future__ import annotations

import keyword
import re
from functools import cache
from importlib import resources
from typing import Literal
from unicodedata import normalize

from flytegen.common.toml import parse_toml

Context = Literal["attribute", "class", "enum_value", "method", "module"]


@cache
def reserved_names(context: Context) -> frozenset[str]:
    """The names that a Python name of this kind must not have."""
    text = (
        resources.files("flytegen.common")
        .joinpath("reserved_names.toml")
        .read_text(encoding="utf-8")
    )
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


def value_name(value: str, prefix: str) -> str:
    """The Python name of an enum's value: without the prefix, unless what is left is no name.

    >>> value_name("PHASE_DONE", "PHASE_"), value_name("PHASE_3D", "PHASE_")
    ('DONE', 'PHASE_3D')
    """
    rest = value.removeprefix(prefix)
    is_name = rest.isidentifier() and not rest.startswith("_")
    return escape(rest if is_name else value, "enum_value")


def can_be_imported(module: str) -> bool:
    """Whether an import statement can name a module.

    >>> can_be_imported("acme.import.x_pb2"), can_be_imported("acme.x_pb2")
    (False, True)
    """
    return all(_is_plain(part) for part in module.split("."))


def spellable(module: str) -> str:
    """A module's name made such that an import statement can name it.

    >>> spellable("acme.import.x_pb2"), spellable("acme.1st.a+b_pb2")
    ('acme.import_.x_pb2', 'acme.n1st.a_b_pb2')
    """
    return ".".join(map(_spellable, module.split(".")))


def identifier(part: str) -> str:
    """Part of a file's name as an identifier, which may still be a keyword.

    >>> identifier("a+b"), identifier("1st"), identifier("import"), identifier("größe")
    ('a_b', 'n1st', 'import', 'größe')
    """
    # Python looks for a module under the normal form of the name that a statement has.
    part = "".join(c if f"a{c}".isidentifier() else "_" for c in normalize("NFKC", part))
    return part if part.isidentifier() else f"n{part}"


def _spellable(part: str) -> str:
    part = identifier(part)
    return f"{part}_" if keyword.iskeyword(part) else part


def _is_plain(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name)


#: Where the words of a name in camel case meet.
_SEAMS = re.compile(
    r"""
      (?<=[a-z])(?=[A-Z])                                # get|Task
    | (?<=[0-9])(?=[A-Z][a-z0-9] | [A-Z]{2}(?![a-z]))    # v2|Task, v2|API, but 3D, 3D|Model
    | (?<=[A-Z])(?=[A-Z](?!s(?![a-z])|v[0-9])[a-z])      # HTTP|Rule, but URIs, IPv4
    """,
    re.VERBOSE,
)

#: One word, whatever its capitals say.
_OAUTH = re.compile(r"(?<![A-Z])OAuth(?![a-z])")


def snake_case(name: str) -> str:
    """``ScheduleExpression`` as ``schedule_expression``; the name of a oneof's accessor or an RPC.

    >>> snake_case("ScheduleExpression"), snake_case("output_result"), snake_case("HTTPRule")
    ('schedule_expression', 'output_result', 'http_rule')
    >>> snake_case("GetDataURIs"), snake_case("GetDetections3D"), snake_case("ListIPv4OAuth2Keys")
    ('get_data_uris', 'get_detections3d', 'list_ipv4_oauth2_keys')
    """
    return _SEAMS.sub("_", _OAUTH.sub("Oauth", name)).lower()


def json_name(name: str) -> str:
    """What protoc calls a field in JSON unless it is told otherwise.

    >>> json_name("output_result"), json_name("_id")
    ('outputResult', 'Id')
    """
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
