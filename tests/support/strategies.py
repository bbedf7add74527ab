"""Hypothesis strategies that make messages, from descriptors."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any, TypeAlias

from flyteidl.core.identifier_pb2 import Identifier
from google.protobuf.any_pb2 import Any as AnyProto
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings, strategies as st

from flytebind.runtime.fields import is_map, is_repeated, map_entry
from tests.support.fill import UNKNOWN_FIELDS, fillings
from tests.support.messages import ModelClass, every_model, new_message
from tests.support.models import once

Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]
Claim: TypeAlias = Callable[[ModelClass, Message], None]

_EXAMPLES = 5  # Of each of hundreds of models, for each claim.
_DEPTH = 2  # Deeper messages are present but empty.
_FIELDS = 6  # More of one message at once is slow, and finds little more.


def _integers(lowest: int, highest: int) -> st.SearchStrategy[int]:
    return st.integers(lowest, highest) | st.sampled_from((lowest, highest))


_booleans = st.booleans()
_bytes = st.binary(max_size=20)
_enum_numbers = _integers(-(2**31), 2**31 - 1)
_lengths = st.integers(0, 2)
_signs = st.sampled_from((1, -1))
_text = st.text(max_size=20) | st.sampled_from(("", "\0", "a\nb\r\n", "\u202e\u2028", "🚀" * 50))

_timestamp_seconds = _integers(-62_135_596_800, 253_402_300_799)  # The years 1 to 9999.
_duration_seconds = _integers(0, 315_576_000_000)  # Ten thousand years, of either sign.
_nanos = _integers(0, 999_999_999) | st.sampled_from((1, 999, 1_000, 1_001))

# NaN is left out: it equals nothing, itself included. Infinity has no place in a Struct's JSON.
_struct_numbers = st.floats(allow_nan=False, allow_infinity=False) | st.just(-0.0)
_json = st.recursive(
    st.none() | _booleans | _struct_numbers | _text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_text, inner, max_size=3),
    max_leaves=4,
)
_structs = st.dictionaries(_text, _json, max_size=3)

_SCALARS: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.CPPTYPE_BOOL: _booleans,
    FieldDescriptor.CPPTYPE_DOUBLE: st.floats(allow_nan=False) | st.just(-0.0),
    FieldDescriptor.CPPTYPE_FLOAT: st.floats(allow_nan=False, width=32) | st.just(-0.0),
    FieldDescriptor.CPPTYPE_INT32: _integers(-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: _integers(-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: _integers(0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: _integers(0, 2**64 - 1),
    FieldDescriptor.CPPTYPE_STRING: _text,
}

# Fields of which a constructor does not take all that can be read.
_RULED: dict[str, st.SearchStrategy[str]] = {
    "flyteidl.core.Secret.env_var": st.from_regex(r"([A-Z_][A-Z0-9_]{0,9})?", fullmatch=True),
}


def every_message(claim: Claim) -> Callable[[str], None]:
    """Test a claim about one message on full messages, then on drawn ones, of each model."""

    def on_all(model_class: ModelClass) -> None:
        for full in fillings(model_class):
            claim(model_class, full)
        try:
            for drawn in _drawn(model_class):
                claim(model_class, copy.deepcopy(drawn))
        except Exception:
            _on_examples(model_class, lambda pb: claim(model_class, pb))  # shows the smallest
            raise

    on_all.__doc__ = claim.__doc__
    return every_model(on_all)


@once
def _drawn(model_class: ModelClass) -> list[Message]:
    """The examples of a model, which are the same for each claim: to draw them takes longest."""
    drawn: list[Message] = []
    _on_examples(model_class, drawn.append)
    return drawn


def _on_examples(model_class: ModelClass, use: Callable[[Message], None]) -> None:
    def run(pb: Message) -> None:
        use(pb)

    settings(max_examples=_EXAMPLES)(given(messages(model_class))(run))()


@st.composite
def messages(draw: Draw, model_class: ModelClass) -> Message:
    """Messages of one kind: some fields set, to edge values and others."""
    message = new_message(model_class)
    _fill(draw, message, _DEPTH)
    return message


def _fill(draw: Draw, message: Message, depth: int) -> None:
    # Where two members of one oneof are drawn, the later one stays.
    for field in draw(_some_fields(message.DESCRIPTOR)):
        _set(draw, message, field, depth)
    if draw(_booleans):
        message.MergeFromString(UNKNOWN_FIELDS)


def _set(draw: Draw, message: Message, field: FieldDescriptor, depth: int) -> None:
    slot = getattr(message, field.name)
    if is_map(field):
        key, value = map_entry(field)
        for entry in draw(_some_scalars(key)):
            if value.message_type is not None:
                _fill_part(draw, slot[entry], depth)
            else:
                slot[entry] = draw(_scalars(value))
    elif is_repeated(field) and field.message_type is not None:
        for _ in range(draw(_lengths)):
            _fill_part(draw, slot.add(), depth)
    elif is_repeated(field):
        slot.extend(draw(_some_scalars(field)))
    elif field.message_type is not None:
        _fill_part(draw, slot, depth)
    else:
        setattr(message, field.name, draw(_scalars(field)))


def _fill_part(draw: Draw, message: Message, depth: int) -> None:
    message.SetInParent()
    if isinstance(message, Timestamp):
        message.seconds = draw(_timestamp_seconds)
        message.nanos = draw(_nanos)
    elif isinstance(message, Duration):
        sign = draw(_signs)
        message.seconds = sign * draw(_duration_seconds)
        message.nanos = sign * draw(_nanos)
    elif isinstance(message, Struct):
        message.update(draw(_structs))
    elif isinstance(message, AnyProto):
        message.Pack(Identifier(name=draw(_text)))
    elif depth:
        _fill(draw, message, depth - 1)


# One strategy for each descriptor: to make it anew for each draw would take most of the time.


@cache
def _some_fields(descriptor: Descriptor) -> st.SearchStrategy[list[FieldDescriptor]]:
    if not descriptor.fields:
        return st.just([])
    fields = st.sampled_from(list(descriptor.fields))
    return st.lists(fields, max_size=_FIELDS, unique_by=attrgetter("number"))


@cache
def _some_scalars(field: FieldDescriptor) -> st.SearchStrategy[list[Any]]:
    return st.lists(_scalars(field), max_size=2, unique=True)


@cache
def _scalars(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.full_name in _RULED:
        return _RULED[field.full_name]
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values]) | _enum_numbers
    return _bytes if field.type == FieldDescriptor.TYPE_BYTES else _SCALARS[field.cpp_type]
