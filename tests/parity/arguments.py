"""The same arguments for both sides, taken from a message.

Each class is measured by itself. A nested object of flytekit's is therefore told to write exactly
the message that ours writes: what it would lose is reported where its own class is measured.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

from google.protobuf.message import Message

from flytebind.models.types import Error
from flytebind.runtime import Model
from tests.parity.discovery import Pair, kit_classes, parameters
from tests.support.messages import new_message
from tests.support.whole import whole_fillings

#: The types of values that are something else than absent when they are zero or empty.
ZEROS: set[type[Any]] = {bool, bytes, dict, float, int, list, str, timedelta}


class Argument(NamedTuple):
    """One value, as each side wants it."""

    kit: Any
    bind: Any


Arguments: TypeAlias = dict[str, Argument]


def messages(pair: Pair) -> Iterator[tuple[str, Message]]:
    """A full message for each member of the oneofs, then the empty one; each with a name."""
    for number, message in enumerate(whole_fillings(pair.bind), 1):
        yield f"full message {number}", message
    yield "empty message", new_message(pair.bind)


def cases(pair: Pair) -> Iterator[tuple[str, Arguments]]:
    """Named lists of arguments for a constructor."""
    taken = parameters(pair.kit)
    required = {item.name for item in taken if item.default is item.empty}
    first: Arguments = {}
    for source, message in messages(pair):
        values = dict(_arguments(pair, message))
        yield f"all of the {source}", values
        yield from _variations(source, values)
        if not first:
            first = values
            yield "required only", {name: values[name] for name in values if name in required}
            for name in values:
                yield f"None for {name}", {**values, name: Argument(None, None)}
        elif message.ByteSize():
            for name in values:
                if first[name].bind is None and values[name].bind is not None:
                    yield f"{name} beside all others", {**first, name: values[name]}
        for name in values:
            if name not in required and values[name].bind is not None:
                some = {key: values[key] for key in values if key in required or key == name}
                yield f"required and {name} of the {source}", some


def _variations(source: str, values: Arguments) -> Iterator[tuple[str, Arguments]]:
    """The arguments with zeros, with lists from back to front, and with times without a zone."""
    for title, types, change in (
        ("zeros in", ZEROS, _zero),
        ("lists reversed in", {list}, _reversed),
        ("naive times in", {datetime}, _naive),
    ):
        if any(type(item.bind) in types for item in values.values()):
            yield f"{title} the {source}", {
                name: (
                    Argument(change(item.kit), change(item.bind))
                    if type(item.bind) in types
                    else item
                )
                for name, item in values.items()
            }


def _zero(value: Any) -> Any:
    return type(value)(0) if isinstance(value, enum.Enum) else type(value)()


def _reversed(value: list[Any]) -> list[Any]:
    return value[::-1]


def _naive(value: Any) -> Any:  # A message of flytekit's has no zone to lose.
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _arguments(pair: Pair, message: Message) -> Iterator[tuple[str, Argument]]:
    bind = pair.bind.from_pb(message)
    fields = {name: field for field, name in pair.bind._renamed.items()}
    kit = None
    with suppress(Exception):  # Reported where reading is measured.
        kit = pair.kit.from_flyte_idl(message)
    for name in (item.name for item in parameters(pair.kit)):
        if hasattr(pair.bind, name):
            value = plain(getattr(bind, name))
            sample = getattr(kit, f"_{name}", getattr(kit, name, None))
            raw = getattr(message, fields.get(name, name), None)
            yield name, Argument(_as_flytekit_wants(value, sample, raw), value)


def plain(value: Any) -> Any:
    """A value of ours as one who comes from flytekit would write it."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [plain(item) for item in value]
    return value


def _as_flytekit_wants(value: Any, sample: Any, raw: Any) -> Any:
    """A value in the form of what flytekit itself reads: an enum, a message or a model.

    An error it reads as a message, and takes as a model.
    """
    if isinstance(sample, enum.Enum):
        return type(sample)(value)
    if isinstance(sample, Message) and not isinstance(value, (Error, NoneType)):
        return raw
    if isinstance(value, Model):
        return _model(value, type(sample))
    if isinstance(value, dict):
        return {key: _as_flytekit_wants(item, None, None) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_flytekit_wants(item, None, None) for item in value]
    return value


def _model(value: Model[Any], wanted: type[Any]) -> Any:
    classes = kit_classes(type(value))
    if not classes:  # flytekit has no class for it.
        return value.to_pb()
    kit = wanted if wanted in classes else classes[0]
    try:
        made = kit.from_flyte_idl(value.to_pb())
    except Exception:
        made = object.__new__(kit)
    if made is None:
        made = object.__new__(kit)
    made.to_flyte_idl = value.to_pb
    return made
