"""What descriptors say about the fields of a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Protocol, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from flytebind.runtime.typing import NULL
from flytebind.runtime.views import MapView, NotShown, RepeatedView


class HasFields(Protocol):
    """What is asked of a model here and by those who write and show its fields."""

    _pb_type: ClassVar[type[Message]]
    _renamed: ClassVar[Mapping[str, str]]
    _reshaped: ClassVar[Mapping[str, str]]
    _takes: ClassVar[Mapping[str, str]]

    @property
    def _pb(self) -> Message: ...


#: How many messages protobuf reads inside each other.
LIMIT = 100

_MISSING = object()
_VALUE = "google.protobuf.Value"

# Comparing two names takes the square of their length, and more: both are a server's to choose.
_LONGEST_NAME = 200
_MOST_NAMES = 50


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
    """The key and the value of a map field, or of a list that is shown as a map."""
    key, value = sorted(message_of(field).fields, key=lambda item: item.number)
    return key, value


def set_fields(model: HasFields) -> Iterator[tuple[str, Any]]:
    """The Python name and value of each field that is set, in the order of their numbers.

    For people to look at: a time that Python cannot hold is shown as the message has it, and so is
    what a model that is written by hand has no property for; a null that is set is ``NULL``.
    """
    names = model._renamed
    for field, value in model._pb.ListFields():
        if field.is_extension:
            continue
        name = names.get(field.name, field.name)
        try:
            shown = getattr(model, name, _MISSING)
            if isinstance(shown, (RepeatedView, MapView)):
                shown = shown._to_show()
            elif shown is None and _is_null(field):
                shown = NULL
            yield name, _plain(model, field, value) if shown is _MISSING else shown
        except (OverflowError, RecursionError) as error:
            yield name, NotShown(value, error)


def _is_null(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.full_name == _VALUE


def _plain(model: HasFields, field: FieldDescriptor, value: object) -> object:
    from google.protobuf import json_format

    try:
        return json_format.MessageToDict(model._pb, preserving_proto_field_name=True)[field.name]
    except (json_format.Error, OverflowError, RecursionError, TypeError, ValueError):
        return str(value)  # which JSON cannot hold


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


def too_deep(found: int | str = "too many") -> str:
    """What is said of a message that nests too deeply.

    Args:
        found: How many messages it has inside each other.
    """
    return f"nests {found} messages inside each other, and protobuf reads at most {LIMIT}"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of an error message about a misspelt name; empty when no known name is near.

    Names of more than 200 characters are near to none. Of many names, those are looked at that
    have almost the same characters.
    """
    from collections import Counter
    from difflib import get_close_matches
    from heapq import nsmallest

    if len(name) > _LONGEST_NAME:
        return ""
    names = [each for each in known if len(each) <= _LONGEST_NAME]
    if len(names) > _MOST_NAMES:
        there = Counter(name)

        def apart(other: str) -> int:
            return len(name) + len(other) - 2 * (there & Counter(other)).total()

        names = nsmallest(_MOST_NAMES, names, apart)
    near = get_close_matches(name, names, 1)
    return f"; did you mean {near[0]!r}?" if near else ""
