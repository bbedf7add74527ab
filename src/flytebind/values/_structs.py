"""What values of the type STRUCT are written as: MessagePack, a Struct, or a message as one."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence

from flyteidl.core import literals_pb2
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value

from flytebind.models.core.types import LiteralType
from flytebind.runtime.model import Model
from flytebind.values import _packed as packed
from flytebind.values._messages import message_type, message_values
from flytebind.values._mismatch import Mismatch, expected
from flytebind.values._names import struct_name
from flytebind.values._parts import has_parts, store_parts
from flytebind.values._plain import plain_record, valid_text
from flytebind.values._schema import check
from flytebind.values._stored import Uploads

#: Up to here a float can be any integer.
_EXACT = 2**53

_RECORD = "a mapping, a dataclass or a model"

#: Where flytekit, from 1.14 on, says that a task reads MessagePack.
_CACHE_KEY, _FORMAT = "cache-key-metadata", "serialization-format"


class StructType:
    """A type STRUCT, looked at once: to read its schema costs more than to write most values.

    Args:
        literal_type: The type.
    """

    def __init__(self, literal_type: LiteralType) -> None:
        self.literal_type = literal_type
        self.schema = literal_type.metadata
        self.message = message_type(self.schema)
        self.is_packed = is_packed(literal_type)
        self.has_parts = has_parts(literal_type._pb)
        self.is_dict = self.schema is None and not literal_type._pb.structure.dataclass_type
        title = struct_name(self.schema)
        self.wanted = f"{title}, as {_RECORD}" if title != "dict" else _RECORD

    def write(self, pb: literals_pb2.Literal, value: object, uploads: Uploads) -> int:
        """Store a mapping, an object with named fields, or a message.

        Returns:
            How many messages with other values are inside each other.

        Raises:
            Mismatch: If it does not fit.
            FlyteDataError: If it has to be MessagePack, and msgpack is not installed.
        """
        if self.message:
            return _write_values(pb, message_values(value, self.message))
        if isinstance(value, (Message, Model)):
            how = "to_dict()" if isinstance(value, Model) else "json_format.MessageToDict(...)"
            raise expected(self.wanted, value, f"; give what {how} makes of it")
        record = plain_record(value, self.wanted)
        if self.has_parts:
            store_parts(record, self.literal_type._pb, uploads)
        # A pydantic model has checked itself, and its schema may have other names for its fields.
        if self.schema is not None and not hasattr(value, "model_dump"):
            check(record, self.schema)
        if self.is_packed:
            pb.scalar.binary.value = packed.pack(record)
            pb.scalar.binary.tag = packed.TAG
            return 0
        levels = _write_entries(pb.scalar.generic, record)
        if self.is_dict:
            pb.metadata["format"] = "json"  # flytekit's mark of a dict; the other one is a pickle
        return levels


def is_packed(literal_type: LiteralType) -> bool:
    """Whether who reads values of a type reads MessagePack.

    flytekit says so from 1.14 on, and nothing before that reads anything but a Struct.
    """
    known = literal_type._pb.annotation.annotations.fields
    if _CACHE_KEY not in known:
        return False
    formats = known[_CACHE_KEY].struct_value.fields
    return _FORMAT in formats and formats[_FORMAT].string_value == packed.TAG


def _write_values(pb: literals_pb2.Literal, values: object) -> int:
    """A message by its JSON form; one that is a list becomes one of literals, as in flytekit."""
    if isinstance(values, Mapping):
        return _write_entries(pb.scalar.generic, values)
    if isinstance(values, list):
        pb.collection.SetInParent()
        levels = [_write_values(pb.collection.literals.add(), item) for item in values]
        return max(levels, default=0) + 1
    if values is None:
        pb.scalar.none_type.SetInParent()
    elif isinstance(values, bool):
        pb.scalar.primitive.boolean = values
    elif isinstance(values, (int, float)):
        pb.scalar.primitive.float_value = values
    else:
        pb.scalar.primitive.string_value = str(values)
    return 0


def _write_entries(pb: Struct, entries: Mapping[object, object]) -> int:
    """Plain values as the JSON that flytekit makes of them: keys and bytes are text there."""
    pb.SetInParent()
    deepest = 0
    for key, item in entries.items():
        name = _json_key(key)
        if name in pb.fields:
            raise Mismatch(f"two keys are written as {name!r}")
        try:
            deepest = max(deepest, _write_value(pb.fields[name], item))
        except Mismatch as mismatch:
            mismatch.inside(f"[{key!r}]")
            raise
    return deepest + 1


def _write_items(pb: ListValue, items: Sequence[object]) -> int:
    pb.SetInParent()
    deepest = 0
    for index, item in enumerate(items):
        try:
            deepest = max(deepest, _write_value(pb.values.add(), item))
        except Mismatch as mismatch:
            mismatch.inside(f"[{index}]")
            raise
    return deepest + 1


def _write_value(pb: Value, value: object) -> int:
    if isinstance(value, Mapping):
        return _write_entries(pb.struct_value, value)
    if isinstance(value, (list, tuple)):
        return _write_items(pb.list_value, value)
    if value is None:
        pb.null_value = NULL_VALUE
    elif isinstance(value, bool):
        pb.bool_value = value
    elif isinstance(value, (int, float)):
        pb.number_value = _double(value)
    elif isinstance(value, str):
        pb.string_value = valid_text(value)
    elif isinstance(value, bytes):
        pb.string_value = base64.encodebytes(value).decode()
    else:
        raise expected("a JSON value", value)
    return 0


def _double(number: float) -> float:
    if not math.isfinite(number):
        raise Mismatch(f"{number} is no JSON number, and its task reads nothing but JSON")
    if isinstance(number, int) and abs(number) > _EXACT:
        raise Mismatch(
            f"{number} would be rounded: its task reads numbers as floats; give it as text"
        )
    return float(number)


def _json_key(key: object) -> str:
    if isinstance(key, str):
        return valid_text(key)
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    if isinstance(key, int):
        return str(int(key))
    if isinstance(key, float):
        return repr(float(key))
    raise expected("a key that JSON has", key)
