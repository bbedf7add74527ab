"""How a value is annotated, read and stored: the part of a field that its type decides.

How it is stored is said here alone. Templates print it for constructors, and ``replace`` does the
same at run time: a message is copied, a native value written by a function, a wrapper's opened, and
what is left assigned; after the check that protobuf leaves out, if there is one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite

from google.protobuf.descriptor import Descriptor, EnumDescriptor
from typing_extensions import assert_never

from flytegen.common.code import NOTHING, Call, Code, Generic, Keyword, Name, Text, Union
from flytegen.common.home import Home
from flytegen.common.names import value_name
from flytegen.common.problems import Problems
from flytegen.common.proto_fields import Scalar
from flytegen.common.well_known import BUILT_IN, Native, Wrapper
from flytegen.decide.scope import Scope
from flytegen.decide.shown import Choice, Shown
from flytegen.overlay.entries import EnumOverlay
from flytegen.read.source import Source
from flytegen.schema import Kind, Shape

_CHECKS = "flytebind.runtime.checks"
_CONVERT = "flytebind.runtime.convert"
_TEXT = ("str", "bytes")
_ZERO = Generic(Name("typing", "Literal"), (Text("0"),))


@dataclass(frozen=True)
class Value:
    """What a field holds: one value, or many of a kind."""

    kind: Kind
    type: Code
    """The annotation of what a property gives of it."""
    given: Code
    """The annotation of what a constructor takes for it."""
    zero: str
    """What it reads as where protobuf does not know that it is unset."""
    zone: str = ""
    """The time zone of a time."""
    wrap: Code = NOTHING
    """What turns protobuf's value into ours; nothing where nothing needs turning."""
    write: Code = NOTHING
    """The function that stores it; nothing where none is needed."""
    check: Code = NOTHING
    """The check that it goes through first; nothing where protobuf's own are enough."""
    is_text: bool = False
    model: Code = NOTHING
    """The class of a message, in the body of a method."""
    default: Code = NOTHING
    """What a constructor sets when it is told nothing, if that suits the value."""


class Values:
    """Finds out about values; knows where every generated class lives."""

    def __init__(
        self,
        homes: Mapping[str, Home],
        source: Source,
        enums: Mapping[str, EnumOverlay],
        problems: Problems,
    ) -> None:
        self._homes = homes
        self._enums = enums
        self._pb2 = _pb2_modules(source)
        self._problems = problems

    def of(self, shown: Shown, scope: Scope) -> Value:
        """What a field holds, annotated as the list or map that it comes in."""
        other = self._other(shown)
        value = self._element(shown, scope)
        if other != NOTHING:
            value = replace(value, given=Union((value.given, other)))
        if shown.shape == "single":
            return value
        keys = () if shown.key is None else (scope.builtin(shown.key.type),)
        collection = Name("collections.abc", "Mapping" if keys else "Sequence")
        given: Code = Generic(collection, (*keys, value.given))
        check = value.check
        if shown.takes == "one":
            given, check = Union((given, value.given)), Name(_CHECKS, "as_one_or_more")
        return replace(
            value,
            type=Generic(collection, (*keys, value.type)),
            given=given,
            check=check,
            zero="empty",
            default=NOTHING,
        )

    def _other(self, shown: Shown) -> Code:
        """The annotation of what else a constructor takes for a value."""
        message = shown.field.descriptor.message_type
        if shown.takes == "message" and message is not None:
            name = message.full_name.removeprefix(f"{message.file.package}.")
            return Name(self._pb2[message.file.name], name, "module")
        return _ZERO if shown.takes == "zero" else NOTHING

    def _element(self, shown: Shown, scope: Scope) -> Value:
        element = shown.element
        match element:
            case Scalar():
                return self._scalar(element, shown, scope)
            case EnumDescriptor():
                return self._enum(element, shown, scope)
            case Native():
                return self._native(element, shown, scope)
            case Wrapper():
                return self._wrapper(element, shown, scope)
            case Choice():
                return self._choice(element, shown, scope)
            case Descriptor():
                return self._message(element, shown, scope)
            case _:
                assert_never(element)

    def _scalar(self, scalar: Scalar, shown: Shown, scope: Scope) -> Value:
        check, default = _check(scalar.type, shown.shape), _constant(shown, scope)
        type_ = scope.builtin(scalar.type)
        field = shown.field.descriptor
        is_bool, is_text = scalar.type == "bool", scalar.type in _TEXT
        zero = "empty" if is_text else "False" if is_bool else "0"
        if field.has_default_value:
            zero = f"``{field.default_value!r}``"
        return Value(
            "bool" if is_bool else "scalar",
            type_,
            type_,
            zero,
            check=check,
            is_text=is_text,
            default=default,
        )

    def _enum(self, enum: EnumDescriptor, shown: Shown, scope: Scope) -> Value:
        home, check = self._home(enum, shown), _check("int", shown.shape)
        overlay = self._enums.get(enum.full_name, EnumOverlay())
        number = shown.field.descriptor.default_value
        named = [value.name for value in enum.values if value.number == number]
        zero = f"``{value_name((named or [enum.values[0].name])[0], overlay.strip_prefix)}``"
        said = shown.default
        is_value = isinstance(said, str) and said in enum.values_by_name
        value = value_name(str(said), overlay.strip_prefix) if is_value else ""
        type_, body, owner = scope.of_class(home), scope.in_body(home), scope.in_default(home)
        return Value(
            "enum",
            type_,
            type_,
            zero,
            wrap=body.member("from_number"),
            check=check,
            default=owner.member(value) if value else NOTHING,
        )

    def _native(self, native: Native, shown: Shown, scope: Scope) -> Value:
        type_ = Name(native.module, native.type)
        return Value(
            "native",
            type_,
            Name(native.module, native.given) if native.given else type_,
            "the default",
            native.zone,
            wrap=Name(_CONVERT, f"read_{native.function}"),
            write=Name(_CONVERT, f"write_{native.function}"),
            check=_check(native.type, shown.shape),
            is_text=native.takes_text,
            default=_moment(shown) if native.type == "datetime" else _constant(shown, scope),
        )

    def _wrapper(self, wrapper: Wrapper, shown: Shown, scope: Scope) -> Value:
        check, default = _check(wrapper.type, shown.shape), _constant(shown, scope)
        type_ = scope.builtin(wrapper.type)
        # A single one is opened on the spot.
        is_single = shown.shape == "single"
        return Value(
            "bool_wrapper" if wrapper.type == "bool" else "wrapper",
            type_,
            type_,
            "the default",
            wrap=NOTHING if is_single else Name(_CONVERT, "read_wrapper"),
            write=NOTHING if is_single else Name(_CHECKS, "box"),
            check=check,
            is_text=wrapper.type in _TEXT,
            default=default,
        )

    def _choice(self, choice: Choice, shown: Shown, scope: Scope) -> Value:
        types = dict.fromkeys(option.type for option in choice.options)
        is_text = not types.keys().isdisjoint(_TEXT)
        check = _check("", shown.shape)
        type_ = Union(tuple(map(scope.builtin, types)))
        return Value(
            "native",
            type_,
            type_,
            "empty",
            wrap=Name(_CONVERT, "read_choice"),
            write=Name(_CONVERT, "write_choice"),
            check=check,
            is_text=is_text,
        )

    def _message(self, message: Descriptor, shown: Shown, scope: Scope) -> Value:
        check = _check("", shown.shape)
        given = shown.default if isinstance(shown.default, Mapping) else {}
        keywords = tuple(Keyword(name, _spelled(value, scope)) for name, value in given.items())
        if built_in := BUILT_IN.get(message.full_name):
            type_ = body = owner = built_in
        else:
            home = self._home(message, shown)
            type_, body, owner = scope.of_class(home), scope.in_body(home), scope.in_default(home)
        is_made = isinstance(shown.default, Mapping) and not built_in
        return Value(
            "message",
            type_,
            type_,
            "empty",
            wrap=body.member("_wrap"),
            check=check,
            model=body,
            default=Call(owner, keywords) if is_made else NOTHING,
        )

    def _home(self, item: Descriptor | EnumDescriptor, shown: Shown) -> Home:
        home = self._homes.get(item.full_name)
        if home is None:
            hint = "Only messages of the package and protobuf's well-known types can be used."
            what = f"refers to {item.full_name}, which is not part of the package"
            self._problems.add(shown.field.descriptor.full_name, what, hint)
            return Home("", item.full_name)
        return home


def _pb2_modules(source: Source) -> dict[str, str]:
    """The module of message classes of each file that a field's type can be from."""
    found: dict[str, str] = {}
    pending = list(source.files)
    while pending:
        file = pending.pop()
        if file.name not in found:
            found[file.name] = source.pb2(file)
            pending.extend(file.dependencies)
    return found


def _constant(shown: Shown, scope: Scope) -> Code:
    """The default where it is a scalar."""
    is_other = shown.default is None or isinstance(shown.default, (Mapping, datetime))
    return NOTHING if is_other else _spelled(shown.default, scope)


def _moment(shown: Shown) -> Code:
    """The default where it is a time."""
    if not isinstance(shown.default, datetime) or shown.default.tzinfo is None:
        return NOTHING
    seconds, utc = shown.default.timestamp(), Name("datetime", "timezone.utc")
    number = Text.of(int(seconds) if seconds.is_integer() else seconds)
    return Call(Name("datetime", "datetime.fromtimestamp"), (number, utc))


def _spelled(value: object, scope: Scope) -> Code:
    if isinstance(value, float) and not isfinite(value):
        return Call(scope.builtin("float"), (Text.of(str(value)),))  # Python has no name for it
    return Text.of(value)


def _check(type_: str, shape: Shape) -> Code:
    """The check for values of a Python type that protobuf leaves out."""
    match shape:
        case "single":
            check = "as_bool" if type_ == "bool" else ""
        case "repeated":
            check = "as_bools" if type_ == "bool" else "as_items"
        case "map" | "pairs":
            check = "as_bool_values" if type_ == "bool" else ""
        case _:
            assert_never(shape)
    return Name(_CHECKS, check) if check else NOTHING
