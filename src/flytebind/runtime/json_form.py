"""Protobuf's JSON form of messages, by protobuf's own ``json_format`` and without its holes.

What it is given are plain dicts and lists, which it may change; texts that are Unicode; each field
once; and no more levels than it can take in any version. What it raises is a ValueError then.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, NoReturn, cast

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from flytebind.runtime.convert import WRAPPERS, WRITERS
from flytebind.runtime.fields import LIMIT, is_map, map_entry
from flytebind.runtime.nesting import refuse_unreadable
from flytebind.runtime.typing import JsonObject, JsonValue
from flytebind.runtime.views import RepeatedView

#: A message in a list is two levels, and the outermost one is none of those that are counted.
_LEVELS = 2 * LIMIT + 1

#: Messages whose JSON form is text, a number, a list, or anything.
_NO_OBJECTS = ({*WRITERS, *WRAPPERS} | {"google.protobuf.FieldMask"}) - {"google.protobuf.Struct"}
#: The key that it has where it must be an object; so protobuf does where they are packed.
_VALUE = "value"

#: Messages whose JSON form has other keys than they have fields.
_IRREGULAR = {*WRITERS, *WRAPPERS, "google.protobuf.FieldMask", "google.protobuf.Any"}

#: What ``json_format`` lets through: a KeyError of a packed message without a value, for one.
_MISTAKES = (
    json_format.Error,
    ArithmeticError,
    AttributeError,
    LookupError,
    SystemError,
    TypeError,
    ValueError,
)


def from_text(text: str | bytes, message: Message, name: str, *, lenient: bool) -> None:
    """Read JSON into an empty message.

    Args:
        text: The JSON.
        message: What is filled.
        name: What errors call it.
        lenient: Pass over fields that are unknown.

    Raises:
        ValueError: If it is no JSON, or not this message's.
        TypeError: If ``text`` is neither text nor bytes.
    """
    with _reported(name):
        if not isinstance(text, (str, bytes, bytearray)):
            kind = type(text).__name__
            raise _Unfit(f"the JSON must be text or bytes, not {kind}")
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_json)
        if not isinstance(value, dict) and _kind(message).full_name not in _NO_OBJECTS:
            raise ValueError(f"the JSON must be an object, not {type(value).__name__}")
        _read(value, message, lenient)


def from_mapping(value: object, message: Message, name: str, *, lenient: bool) -> None:
    """Read plain values into an empty message; as ``from_text`` else.

    Raises:
        ValueError: If they are not this message's.
    """
    with _reported(name):
        if not isinstance(value, Mapping):
            raise ValueError(f"must be a mapping, not {type(value).__name__}")
        if _kind(message).full_name in _NO_OBJECTS:
            if set(value) != {_VALUE}:
                raise ValueError(f"must be a mapping of {_VALUE!r} to the JSON form, and no more")
            value = value[_VALUE]
        _read(value, message, lenient)


def to_text(message: Message, name: str, *, indent: int | None, proto_names: bool) -> str:
    """Write a message as JSON.

    Raises:
        ValueError: If JSON cannot hold what it has.
    """
    with _reported(name):
        return json.dumps(_written(message, proto_names), indent=indent, ensure_ascii=False)


def to_mapping(message: Message, name: str, *, proto_names: bool) -> JsonObject:
    """Write a message as plain values.

    Raises:
        ValueError: If JSON cannot hold what it has.
    """
    with _reported(name):
        value = _written(message, proto_names)
        is_object = _kind(message).full_name not in _NO_OBJECTS
        return cast("JsonObject", value) if is_object else {_VALUE: value}


def read(form: object, message: Message, name: str, *, lenient: bool = False) -> None:
    """Read a JSON form, which need be no object, into an empty message; as ``from_text`` else.

    Raises:
        ValueError: If it is not this message's.
    """
    with _reported(name):
        _read(form, message, lenient)


def written(message: Message, name: str, *, proto_names: bool = False) -> JsonValue:
    """The JSON form of a message, which need be no object.

    Raises:
        ValueError: If JSON cannot hold what it has.
    """
    with _reported(name):
        return _written(message, proto_names)


def _kind(message: Message) -> Descriptor:
    return cast("Descriptor", message.DESCRIPTOR)


class _Unfit(Exception):
    """An argument is of the wrong type, and not the data."""


@contextmanager
def _reported(name: str) -> Iterator[None]:
    try:
        yield
    except _Unfit as error:
        raise TypeError(f"{name}: {error}") from None
    except RecursionError:
        raise ValueError(f"{name}: nests more levels than can be gone through") from None
    except (json_format.Error, ValueError) as error:
        raise ValueError(f"{name}: {error}") from None
    except _MISTAKES as error:
        raise ValueError(f"{name}: {type(error).__name__}: {error}") from None


def _read(value: object, message: Message, lenient: bool) -> None:
    kind = _kind(message)
    plain: Any = _plain(value, None if kind.full_name in _IRREGULAR else kind, _LEVELS)
    if kind.full_name == "google.protobuf.FieldMask" and plain == "":
        return  # protobuf would make it a mask of one path without a name
    # Releases of protobuf count levels differently, and the old ones not all of them.
    json_format.ParseDict(
        plain, message, ignore_unknown_fields=lenient, max_recursion_depth=_LEVELS + 1
    )
    refuse_unreadable(message)


def _written(message: Message, proto_names: bool) -> JsonValue:
    refuse_unreadable(message)
    made: Any = json_format.MessageToDict(message, preserving_proto_field_name=proto_names)
    return cast("JsonValue", made)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of JSON, whose keys may come once."""
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} comes twice")
    return made


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _plain(value: object, kind: Descriptor | None, room: int) -> object:
    """A copy of plain values as dicts and lists.

    Args:
        value: What is copied.
        kind: The message whose fields it has; None where it has none.
        room: How many levels there may be.

    Raises:
        ValueError: If there are more, a text is no Unicode, or a field comes in both its spellings.
    """
    if isinstance(value, str):
        if not value.isascii():
            _check_text(value)
        return value
    if isinstance(value, Mapping):
        _check_room(room)
        fields = _fields(kind) if kind else {}
        seen: dict[str, object] = {}
        made: dict[object, object] = {}
        for key, item in value.items():
            _plain(key, None, room)
            field = fields.get(key)
            if field and seen.setdefault(field.name, key) != key:
                raise ValueError(f"{seen[field.name]!r} and {key!r} are one field")
            made[key] = _of_field(field, item, room - 1)
        return made
    if isinstance(value, (list, tuple, RepeatedView)):
        _check_room(room)
        return [_plain(item, kind, room - 1) for item in value]
    return value


def _of_field(field: FieldDescriptor | None, value: object, room: int) -> object:
    if field is not None and is_map(field) and isinstance(value, Mapping):
        _check_room(room)
        inner = _regular(map_entry(field)[1])
        for key in value:
            _plain(key, None, room)
        return {key: _plain(item, inner, room - 1) for key, item in value.items()}
    return _plain(value, _regular(field) if field else None, room)


def _regular(field: FieldDescriptor) -> Descriptor | None:
    kind = field.message_type
    return None if kind is None or kind.full_name in _IRREGULAR else kind


@cache
def _fields(kind: Descriptor) -> dict[object, FieldDescriptor]:
    """The fields of a message by both their spellings."""
    by_name: dict[object, FieldDescriptor] = {field.name: field for field in kind.fields}
    return by_name | {field.json_name: field for field in kind.fields}


def _check_room(room: int) -> None:
    if room <= 0:
        raise ValueError(f"nests more than {_LEVELS} levels")


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{text!a} is no Unicode: it has half of a character") from None
