"""Writing fields by name, and explaining what cannot be written.

Generated code stores each field with a line of its own. What happens rarely (``replace``, finding
out why a constructor failed) goes through descriptors instead of through more generated code. Both
take the same: what protobuf takes, but for what ``checks`` refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, get_args, get_type_hints

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from flytebind.runtime.checks import as_bool, as_items, unless_zero
from flytebind.runtime.convert import WRAPPERS, WRITERS, choices, write_choice
from flytebind.runtime.fields import (
    HasFields,
    constructor,
    did_you_mean,
    fields_by_name,
    is_map,
    is_repeated,
    map_entry,
    message_of,
    too_deep,
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
    """Set fields of a message by their Python names; None clears those that can be without.

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
    hints = constructor(model_class).__annotations__
    for name in _stored(model_class, fields, changes):
        field, takes = fields[name], model_class._takes.get(name, "")
        value: Any = changes[name]
        if takes == "zero":
            value = unless_zero(value)
        message.ClearField(field.name)
        if value is None and str(hints.get(name)).endswith("None"):
            continue
        try:
            _assign_shown(message, field, value, model_class._reshaped.get(name, ""), takes)
        except (TypeError, ValueError, OverflowError, DecodeError) as error:
            raise _named(model_class, name, error) from None


def explain(
    model_class: type[HasFields], arguments: Mapping[str, object], error: Exception
) -> Exception:
    """Why a constructor failed: an error that names class and field, in place of protobuf's own."""
    fields = fields_by_name(model_class)
    given = {name: value for name, value in arguments.items() if name in fields}
    try:
        assign(model_class, model_class._pb_type(), given)
    except (TypeError, ValueError) as explained:
        return explained
    # An iterator is spent by now, so that its mistakes are not found again.
    for name, value in given.items():
        if isinstance(value, Iterator):
            if isinstance(error, (AttributeError, TypeError)):
                error = _unfit(_expected(fields[name], model_class._reshaped.get(name, "")), value)
            return _named(model_class, name, error)
    return error


def _stored(
    model_class: type[HasFields],
    fields: Mapping[str, FieldDescriptor],
    changes: Mapping[str, object],
) -> list[str]:
    """The names of what is stored: of a oneof one member, beside which a False may be given."""
    chosen: dict[str, str] = {}
    yielding: dict[str, str] = {}
    for name, value in changes.items():
        oneof = None if value is None else fields[name].containing_oneof
        if oneof is None:
            continue
        if value is False and model_class._takes.get(name) == "false":
            yielding[name] = oneof.name
            continue
        other = chosen.setdefault(oneof.name, name)
        if other != name:
            raise ValueError(
                f"{model_class.__qualname__} takes one member of {oneof.name!r}, "
                f"not both {other!r} and {name!r}"
            )
    return [name for name in changes if yielding.get(name) not in chosen]


def _named(model_class: type[HasFields], name: str, error: Exception) -> Exception:
    """An error that says which field of which class it is about."""
    if isinstance(error, DecodeError):  # protobuf copies messages in lists by their bytes
        error = ValueError(too_deep())
    kind = ValueError if isinstance(error, (ValueError, OverflowError)) else TypeError
    if isinstance(error, _Namesake):
        own = _class_called(error.name, get_type_hints(constructor(model_class)).get(name))
        error = TypeError(error.words(own))
    return kind(f"{model_class.__qualname__}.{name} {error}")


class _Namesake(TypeError):
    """A value has another class of the name that is wanted."""

    def __init__(self, name: str, value: object) -> None:
        super().__init__(name)
        self.name = name
        self._value = value

    def words(self, wanted: type[object] | None) -> str:
        """Which of the two is which, and how to make the one of the other."""
        other = type(self._value)
        hint = ""
        if hasattr(self._value, "to_flyte_idl"):
            hint = f"; {self.name}.from_flyte_idl(value.to_flyte_idl()) makes one of it"
        module = f"{wanted.__module__}." if wanted else ""
        return f"must be {module}{self.name}, not {other.__module__}.{other.__qualname__}{hint}"


def _class_called(name: str, hint: object) -> type[object] | None:
    """The class of a name in an annotation."""
    if isinstance(hint, type) and hint.__qualname__ == name:
        return hint
    found = (_class_called(name, part) for part in get_args(hint))
    return next(filter(None, found), None)


def _assign_shown(
    message: Message, field: FieldDescriptor, value: object, reshape: str, takes: str
) -> None:
    target: Any = getattr(message, field.name)
    if reshape == "content":
        target.SetInParent()
        _assign_field(target, message_of(field).fields[0], value)
    elif reshape == "pairs":
        _assign_pairs(target, field, value)
    elif reshape == "choice":
        expected = _expected(field, reshape)
        _each(value, expected, lambda item: write_choice(target.add(), item))
    elif takes == "one" and hasattr(value, "_pb"):
        _assign_field(message, field, [value])
    else:
        _assign_field(message, field, value, bare=takes == "message")


def _assign_pairs(target: Any, field: FieldDescriptor, value: object) -> None:
    key_field, item_field = map_entry(field)
    what = _expected(field, "pairs")
    for key, item in _entries(value, what):
        if item_field.message_type is not None:
            item = _message_in(item_field, item, bare=False)
        with _expecting(what, value):
            given = {key_field.name: _checked(key_field, key)}
            target.add(**given, **{item_field.name: _checked(item_field, item)})


def _assign_field(
    message: Message, field: FieldDescriptor, value: object, *, bare: bool = False
) -> None:
    if is_map(field):
        _assign_map(getattr(message, field.name), field, value)
    elif is_repeated(field):
        _assign_repeated(getattr(message, field.name), field, value, bare)
    elif field.message_type is not None:
        _assign_message(getattr(message, field.name), field, value, bare)
    else:
        with _expecting(_expected_one(field), value):
            setattr(message, field.name, _checked(field, value))


def _assign_map(target: Any, field: FieldDescriptor, value: object) -> None:
    what = _expected(field)
    _, item_field = map_entry(field)
    for key, item in _entries(value, what):
        if item_field.message_type is not None:
            with _expecting(what, value):
                entry = target[key]
            _assign_message(entry, item_field, item)
        else:
            with _expecting(what, value):
                target[key] = _checked(item_field, item)


def _assign_repeated(target: Any, field: FieldDescriptor, value: object, bare: bool) -> None:
    what = _expected(field)

    def add(item: object) -> None:
        if _is_native(field):
            _assign_native(target.add(), field, item)
        elif field.message_type is not None:
            target.extend([_message_in(field, item, bare)])
        else:
            with _expecting(what, value):
                target.append(_checked(field, item))

    _each(value, what, add)


def _each(value: Any, expected: str, add: Callable[[object], None]) -> None:
    """Add each item of what is given for a list."""
    try:
        items = iter(as_items(value))
    except TypeError:
        raise TypeError(f"must be {expected}, not {_kind(value)}") from None
    # What a constructor says of an iterator is all that can be said: it is spent then.
    with _expecting(expected, value) if isinstance(value, Iterator) else nullcontext():
        for item in items:
            add(item)


def _entries(value: Any, expected: str) -> Any:
    """The entries of what is given for a map."""
    try:
        return value.items()
    except (AttributeError, TypeError):
        raise TypeError(f"must be {expected}, not {_kind(value)}") from None


def _assign_message(target: Any, field: FieldDescriptor, value: object, bare: bool = False) -> None:
    """Store a model, or what stands for one; a ``bare`` message where the constructor takes it."""
    if _is_native(field):
        _assign_native(target, field, value)
    else:
        target.CopyFrom(_message_in(field, value, bare))


def _is_native(field: FieldDescriptor) -> bool:
    """Whether Python has a type of its own for the messages of a field."""
    kind = field.message_type
    return kind is not None and (kind.full_name in WRITERS or kind.full_name in WRAPPERS)


def _assign_native(target: Any, field: FieldDescriptor, value: object) -> None:
    full_name = message_of(field).full_name
    if full_name in WRITERS:
        WRITERS[full_name](target, value)
    else:
        target.SetInParent()
        boxed = message_of(field).fields_by_name["value"]
        with _expecting(_expected_one(boxed), value):
            target.value = _checked(boxed, value)


def _message_in(field: FieldDescriptor, value: object, bare: bool) -> Message:
    """The message of a model that is given for a field."""
    message = value if bare and isinstance(value, Message) else getattr(value, "_pb", None)
    if isinstance(message, Message) and field.message_type == message.DESCRIPTOR:
        return message
    wanted = _expected_one(field)
    if type(value).__name__ == wanted.rpartition(".")[2] and not isinstance(value, Message):
        raise _Namesake(wanted, value)
    raise _unfit(wanted, value)


def _checked(field: FieldDescriptor, value: Any) -> object:
    return as_bool(value) if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL else value


@contextmanager
def _expecting(what: str, value: object) -> Iterator[None]:
    """Say what was expected where protobuf only says that the type is wrong."""
    try:
        yield
    except TypeError:
        raise _unfit(what, value) from None


def _unfit(expected: str, value: object) -> TypeError:
    return TypeError(f"must be {expected}, not {_described(value)}")


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _described(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, Message):
        return f"a bare protobuf message ({type(value).__name__}); wrap it with from_pb"
    try:
        text = repr(value)
    except RecursionError:
        return type(value).__name__
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
        if _is_native(field):
            return field.message_type.name
        return _python_path(field.message_type)
    if field.enum_type is not None:
        return _python_path(field.enum_type)
    if field.type == FieldDescriptor.TYPE_BYTES:
        return "bytes"
    return _SCALARS[field.cpp_type]


def _python_path(descriptor: Descriptor | EnumDescriptor) -> str:
    """``WorkflowExecution.Phase`` of ``flyteidl.core.WorkflowExecution.Phase``."""
    return descriptor.full_name.removeprefix(f"{descriptor.file.package}.")
