"""What descriptors say about the fields of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Protocol, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message


class HasFields(Protocol):
    """What is asked of a model here and by those who write and show its fields."""

    _pb_type: ClassVar[type[Message]]
    _renamed: ClassVar[Mapping[str, str]]
    _reshaped: ClassVar[Mapping[str, str]]
    _takes: ClassVar[Mapping[str, str]]

    @property
    def _pb(self) -> Message: ...


_MISSING = object()


class OutOfRange:
    """Stands for a value that its Python type cannot hold."""

    def __init__(self, message: Message) -> None:
        self._message = message

    def __repr__(self) -> str:
        return f"<out of range: {' '.join(str(self._message).split())}>"


def is_repeated(field: FieldDescriptor) -> bool:
    """True for repeated and map fields."""
    answer = getattr(field, "is_repeated", None)
    if answer is None:  # Before protobuf 6.31 one asked for the label.
        return bool(getattr(field, "label") == FieldDescriptor.LABEL_REPEATED)  # noqa: B009
    return bool(answer)


def is_map(field: FieldDescriptor) -> bool:
    """True for map fields."""
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def message_of(field: FieldDescriptor) -> Descriptor:
    """The message that a field of message type holds."""
    return cast("Descriptor", field.message_type)


def map_entry(field: FieldDescriptor) -> tuple[FieldDescriptor, FieldDescriptor]:
    """The key and the value of a map field."""
    fields = message_of(field).fields_by_name
    return fields["key"], fields["value"]


def set_fields(model: HasFields) -> Iterator[tuple[str, Any]]:
    """The Python name and value of each field that is set, in the order of their numbers.

    For people to look at: a time that Python cannot hold is shown as the message has it, and so is
    what a model that is written by hand has no property for.
    """
    names = model._renamed
    for field, value in model._pb.ListFields():
        if field.is_extension:
            continue
        name = names.get(field.name, field.name)
        try:
            shown = getattr(model, name, _MISSING)
            yield name, _plain(model, field) if shown is _MISSING else shown
        except OverflowError:
            yield name, OutOfRange(value)


def _plain(model: HasFields, field: FieldDescriptor) -> object:
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(model._pb, preserving_proto_field_name=True)[field.name]


def fields_by_name(model_class: type[HasFields]) -> dict[str, FieldDescriptor]:
    """The fields of a model by their Python names."""
    names = model_class._renamed
    descriptor = cast("Descriptor", model_class._pb_type.DESCRIPTOR)
    return {names.get(field.name, field.name): field for field in descriptor.fields}


def constructor(model_class: type[HasFields]) -> Any:
    """The generated constructor of a model, which a subclass may cover with its own.

    Its annotations are all that says which fields cannot be without a value.
    """
    made = (vars(base).get("__init__") for base in model_class.__mro__ if "_pb_type" in vars(base))
    return next(filter(None, made), lambda: None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error message about a misspelt name; empty when no known name is near."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""
