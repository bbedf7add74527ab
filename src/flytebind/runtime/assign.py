"""Writing fields by name, and explaining what cannot be written.

Generated code stores each field with a line of its own. What happens rarely (``replace``, finding
out why a constructor failed) goes through descriptors instead of through more generated code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message

from flytebind.runtime.convert import WRAPPERS, WRITERS, choices, write_choice
from flytebind.runtime.fields import (
    HasFields,
    did_you_mean,
    fields_by_name,
    is_map,
    is_repeated,
    map_entry,
    message_of,
)

_SCALARS = {
    FieldDescriptor.CPPTYPE_BOOL: "bool",
    FieldDescriptor.CPPTYPE_DOUBLE: "float",
    FieldDescriptor.CPPTYPE_FLOAT: "float",
    FieldDescriptor.CPPTYPE_INT32: "int",
    FieldDescriptor.CPPTYPE_INT64: "int",
    FieldDescriptor.CPPTYPE_UINT32: "int",
    FieldDescriptor.CPPTYPE_UINT64: "int",
    FieldDescriptor.CPPTYPE_STRING: "str",
}


def assign(model_class: type[HasFields], message: Message, changes: Mapping[str, object]) -> None:
    """Set fields of a message by their Python names; ``None`` clears a field.

    Raises:
        TypeError: If there is no such field, or a value has the wrong type.
        ValueError: If a value is out of range, or two members of one oneof are given.
    """
    fields = fields_by_name(model_class)
    for name in changes:
        if name not in fields:
            raise TypeError(
                f"{model_class.__qualname__} has no field {name!r}{did_you_mean(name, fields)}"
            )
    _refuse_two_members(model_class, changes)
    for name, value in changes.items():
        field = fields[name]
        message.ClearField(field.name)
        if value is None:
            continue
        try:
            _assign_reshaped(message, field, value, model_class._reshaped.get(name, ""))
        except (TypeError, ValueError, OverflowError) as error:
            kind = TypeError if isinstance(error, TypeError) else ValueError
            raise kind(f"{model_class.__qualname__}.{name} {error}") from None


def explain(
    model_class: type[HasFields], arguments: Mapping[str, object], error: Exception
) -> Exception:
    """Why a constructor failed: an error that names class and field, in place of protobuf's own."""
    fields = fields_by_name(model_class)
    given = {name: value for name, value in arguments.items() if name in fields}
    message = model_class._pb_type()
    try:
        assign(
            model_class,
            message,
            {name: value for name, value in given.items() if value is not None},
        )
    except (TypeError, ValueError) as explained:
        return explained
    for name, value in given.items():
        if value is None:
            expected = _expected(fields[name], model_class._reshaped.get(name, ""))
            return TypeError(f"{model_class.__qualname__}.{name} must be {expected}, not None")
    return error


def _refuse_two_members(model_class: type[HasFields], changes: Mapping[str, object]) -> None:
    fields = fields_by_name(model_class)
    chosen: dict[str, str] = {}
    for name, value in changes.items():
        oneof = fields[name].containing_oneof
        if oneof is None or value is None:
            continue
        other = chosen.setdefault(oneof.name, name)
        if other != name:
            raise ValueError(
                f"{model_class.__qualname__} takes one member of {oneof.name!r}, "
                f"not both {other!r} and {name!r}"
            )


def _assign_reshaped(message: Message, field: FieldDescriptor, value: object, reshape: str) -> None:
    target: Any = getattr(message, field.name)
    if reshape == "content":
        target.SetInParent()
        _assign_field(target, message_of(field).fields[0], value)
    elif reshape == "pairs":
        _assign_pairs(target, field, value)
    elif reshape == "choice":
        for item in _items(value, _expected(field, reshape)):
            write_choice(target.add(), item)
    else:
        _assign_field(message, field, value)


def _assign_pairs(target: Any, field: FieldDescriptor, value: object) -> None:
    key_field, item_field = map_entry(field)
    what = _expected(field, "pairs")
    if not isinstance(value, Mapping):
        raise TypeError(f"must be {what}, not {type(value).__name__}")
    for key, item in value.items():
        with _expecting(what, value):
            target.add(key=_checked(key_field, key), value=_checked(item_field, item))


def _assign_field(message: Message, field: FieldDescriptor, value: object) -> None:
    if is_map(field):
        _assign_map(getattr(message, field.name), field, value)
    elif is_repeated(field):
        _assign_repeated(getattr(message, field.name), field, value)
    elif field.message_type is not None:
        _assign_message(getattr(message, field.name), field, value)
    else:
        with _expecting(_expected_one(field), value):
            setattr(message, field.name, _checked(field, value))


def _assign_map(target: Any, field: FieldDescriptor, value: object) -> None:
    if not isinstance(value, Mapping):
        raise TypeError(f"must be {_expected(field)}, not {type(value).__name__}")
    _, item_field = map_entry(field)
    for key, item in value.items():
        if item_field.message_type is not None:
            with _expecting(_expected(field), value):
                entry = target[key]
            _assign_message(entry, item_field, item)
        else:
            with _expecting(_expected(field), value):
                target[key] = _checked(item_field, item)


def _assign_repeated(target: Any, field: FieldDescriptor, value: object) -> None:
    for item in _items(value, _expected(field)):
        if field.message_type is not None:
            _assign_message(target.add(), field, item)
        else:
            with _expecting(_expected(field), value):
                target.append(_checked(field, item))


def _items(value: object, expected: str) -> Sequence[object]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise TypeError(f"must be {expected}, not {type(value).__name__}")
    return value


def _assign_message(target: Any, field: FieldDescriptor, value: object) -> None:
    full_name = message_of(field).full_name
    if full_name in WRITERS:
        WRITERS[full_name](target, value)
    elif full_name in WRAPPERS:
        target.SetInParent()
        boxed = message_of(field).fields_by_name["value"]
        with _expecting(_expected_one(boxed), value):
            target.value = _checked(boxed, value)
    else:
        message = getattr(value, "_pb", None)
        if not isinstance(message, type(target)):
            raise TypeError(f"must be {_expected_one(field)}, not {_described(value)}")
        target.CopyFrom(message)


def _checked(field: FieldDescriptor, value: object) -> object:
    """Protobuf takes any number for a bool."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL and not isinstance(value, bool):
        raise TypeError
    return value


@contextmanager
def _expecting(what: str, value: object) -> Iterator[None]:
    """Say what was expected where protobuf only says that the type is wrong."""
    try:
        yield
    except TypeError:
        raise TypeError(f"must be {what}, not {_described(value)}") from None


def _described(value: object) -> str:
    if isinstance(value, Message):
        return f"a bare protobuf message ({type(value).__name__}); wrap it with from_pb"
    text = repr(value)
    return f"{type(value).__name__} ({text if len(text) <= 40 else text[:37] + '...'})"


def _expected(field: FieldDescriptor, reshape: str = "") -> str:
    if reshape == "content":
        return _expected(message_of(field).fields[0])
    if reshape == "choice":
        return f"a sequence of {choices(message_of(field))}"
    if reshape == "pairs" or is_map(field):
        key, item = map_entry(field)
        return f"a mapping of {_expected_one(key)} to {_expected_one(item)}"
    if is_repeated(field):
        return f"a sequence of {_expected_one(field)}"
    return _expected_one(field)


def _expected_one(field: FieldDescriptor) -> str:
    if field.message_type is not None:
        full_name = field.message_type.full_name
        if full_name in WRITERS or full_name in WRAPPERS:
            return full_name.rpartition(".")[2]
        return _python_path(field.message_type)
    if field.enum_type is not None:
        return _python_path(field.enum_type)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return "bytes"
    return _SCALARS[field.cpp_type]


def _python_path(descriptor: Descriptor | EnumDescriptor) -> str:
    """``WorkflowExecution.Phase`` of ``flyteidl.core.WorkflowExecution.Phase``."""
    return descriptor.full_name.removeprefix(f"{descriptor.file.package}.")
