"""What a text in an overlay may be, as annotations of the entries.

``Form`` is seen to when the overlay is read, ``Known`` when it is fitted to a package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from flytegen.common.names import Context, can_be_imported, escape, reserved_names
from flytegen.common.paths import is_below
from flytegen.common.problems import did_you_mean
from flytegen.common.versions import is_version

_STATUS_CODES = (
    "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a text, as the rest of a sentence that begins with its key."""

    what: str
    hint: str = ""


@dataclass(frozen=True)
class Form:
    """A text that is right or wrong by itself."""

    wrong: Callable[[str], Wrong | None]


@dataclass(frozen=True)
class Known:
    """A name that the package must have."""

    kind: Literal[
        "file", "message", "enum", "service",
        "message or enum", "message, enum or value of an enum",
        "field", "oneof", "value", "RPC",  # of what the entry is about
    ]  # fmt: skip
    or_written: bool = False
    """It may also be something hand-written, as ``module:Class``."""


class Default:
    """What a field is when nothing is said: the names of an enum's value, or of arguments."""


@cache
def unpack(hint: object) -> tuple[tuple[object, ...], tuple[object, ...]]:
    """The types that an annotation allows beside None, and the rules that it adds."""
    rules: tuple[object, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *more = get_args(hint)
        rules = tuple(more)
    options = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return tuple(option for option in options if option is not NoneType), rules


def _must(accepts: Callable[[str], bool], what: str) -> Form:
    return Form(lambda text: None if accepts(text) else Wrong(f"must be {what}"))


def _python_name(context: Context) -> Form:
    """A name that is Python's to take, and none that generated code needs itself."""

    def wrong(name: str) -> Wrong | None:
        if not name.isidentifier() or name.startswith("_"):
            hint = "A name begins with a letter, goes on with letters, digits and underscores."
            return Wrong("cannot be a name", hint)
        if name in reserved_names(context):
            return Wrong("cannot be a name", f"It is spoken for; {escape(name, context)!r} is not.")
        return None

    return Form(wrong)


def _wrong_module(name: str) -> Wrong | None:
    wrong = map(_python_name("module").wrong, name.split("."))
    return next(filter(None, wrong), None)


def _wrong_code(name: str) -> Wrong | None:
    if name in _STATUS_CODES:
        return None
    return Wrong("is no status code of gRPC", did_you_mean(name, _STATUS_CODES))


def _is_plain_or_written(text: str) -> bool:
    return ":" not in text or _is_written(text)


def _is_written(text: str) -> bool:
    module, colon, name = text.partition(":")
    return bool(colon) and can_be_imported(module) and can_be_imported(name)


Version = Annotated[str, _must(is_version, "a version, such as '1.16.8'")]
Package = Annotated[str, _must(can_be_imported, "the full name of a Python package")]
Folder = Annotated[str, _must(is_below, "a folder below the output folder")]
Class = Annotated[str, _must(_is_written, "a class, written as module:Class")]

Attribute = Annotated[str, _python_name("attribute")]
ClassName = Annotated[str, _python_name("class")]
EnumMember = Annotated[str, _python_name("enum_value")]
Method = Annotated[str, _python_name("method")]
StatusCode = Annotated[str, Form(_wrong_code)]
ModuleName = Annotated[str, Form(_wrong_module)]
Module = Annotated[str, _python_name("module")]

FileOf = Annotated[str, Known("file")]
MessageOf = Annotated[str, Known("message")]
EnumOf = Annotated[str, Known("enum")]
ServiceOf = Annotated[str, Known("service")]
FieldOf = Annotated[str, Known("field")]
OneofOf = Annotated[str, Known("oneof")]
ValueOf = Annotated[str, Known("value")]
RpcOf = Annotated[str, Known("RPC")]
DefaultValue = Annotated[
    str | bool | int | float | datetime | Mapping[str, object] | None, Default()
]
Target = Annotated[str, Known("message, enum or value of an enum")]
LayoutTarget = Annotated[
    str,
    _must(_is_plain_or_written, "a full proto name, or module:Class"),
    Known("message or enum", or_written=True),
]
