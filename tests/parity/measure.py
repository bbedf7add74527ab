"""Doing the same with both libraries, and collecting what comes out differently."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from google.protobuf.message import Message

from tests.parity.arguments import cases, messages
from tests.parity.comparison import (
    Difference,
    attempt,
    difference,
    is_same,
    kind_of_failure,
    kind_of_values,
)
from tests.parity.discovery import (
    Pair,
    constants,
    enums,
    here,
    names,
    pairs,
    parameters,
    properties,
    setters,
    there,
)
from tests.parity.odd import odd_cases
from tests.parity.probes import PROBES, answer
from tests.support.messages import descriptor_of, python_name


def subjects() -> list[str]:
    """All that is measured: the public names of flytekit.models, then the probes."""
    return [*names(), *PROBES]


@cache
def differences(subject: str) -> tuple[Difference, ...]:
    """All that differs about one subject."""
    if subject in PROBES:
        return tuple(_probing(subject))
    if here(subject) is None:
        return (difference(subject, "missing", "import", there(subject), None),)
    found = [*_constants(subject)]
    if subject in pairs():
        pair = pairs()[subject]
        found += [*_signature(pair), *_building(pair), *_oddly(pair)]
        found += [*_setting(pair), *_reading(pair)]
    return tuple(found)


def _constants(name: str) -> Iterator[Difference]:
    if inspect.isclass(there(name)):
        for constant, number in constants(there(name)).items():
            ours = getattr(here(name), constant, None)
            if ours is None or int(ours) != number:
                yield difference(f"{name}.{constant}", "constant", "number", number, ours)
    if name in enums() and issubclass(there(name), enum.Enum):
        kit, bind = (attempt(side, 77) for side in (there(name), here(name)))
        yield difference(name, kind_of_failure(kit, bind), "an unknown number", kit, bind)


def _signature(pair: Pair) -> Iterator[Difference]:
    kit, bind = (", ".join(_by_position(cls)) for cls in (pair.kit, pair.bind))
    if kit != bind:
        yield difference(pair.name, "parameters", "the constructor", kit, bind)
    taken = {item.name for item in parameters(pair.kit)}
    for field in descriptor_of(pair.bind).fields:
        name = python_name(pair.bind, field)
        if name not in taken:
            yield difference(f"{pair.name}.{name}", "lacks", "the constructor", "-", field.name)


def _by_position(cls: type[Any]) -> Iterator[str]:
    for item in parameters(cls):
        if item.kind is item.POSITIONAL_OR_KEYWORD:
            yield item.name if item.default is item.empty else f"[{item.name}]"


def _building(pair: Pair) -> Iterator[Difference]:
    given: set[str] = set()
    written: set[str] = set()
    for case, arguments in cases(pair):
        kit = attempt(_build, pair.kit, {name: item.kit for name, item in arguments.items()})
        bind = attempt(_build, pair.bind, {name: item.bind for name, item in arguments.items()})
        yield from _between_written(pair, case, kit, bind)
        given.update(arguments)
        if isinstance(kit, Message) and isinstance(bind, Message):
            written.update(name for name, item in arguments.items() if item.bind is not None)
    for name in sorted(given - written):
        yield difference(f"{pair.name}.{name}", "raises", "every case with it", "-", "-")


def _oddly(pair: Pair) -> Iterator[Difference]:
    """Building with one argument that is odd: what differs is about its parameter."""
    for name, what, arguments, is_false in odd_cases(pair):
        kit = attempt(_build, pair.kit, {name: item.kit for name, item in arguments.items()})
        bind = attempt(_build, pair.bind, {name: item.bind for name, item in arguments.items()})
        if isinstance(kit, Exception) and isinstance(bind, Exception):
            continue
        for found in _between_written(pair, f"{what} for {name}", kit, bind):
            kind = found.kind
            if is_false and kind == "refused":
                kind = "false refused"
            elif "protobuf" in what and kind == "raises":
                kind = "message taken"
            is_whole = found.where == pair.name and kind not in ("raises", "gives nothing")
            yield found._replace(
                where=f"{pair.name}.{name}" if is_whole else found.where, kind=kind
            )


def _build(cls: type[Any], arguments: Mapping[str, object]) -> Any:
    return cls(**arguments).to_flyte_idl()


def _setting(pair: Pair) -> Iterator[Difference]:
    _, arguments = next(iter(cases(pair)))
    for name in setters(pair.kit):
        _, message = next(messages(pair))
        message.ClearField(name)
        kit = attempt(_set, pair.kit.from_flyte_idl, message, name, arguments[name].kit)
        bind = attempt(_set, pair.bind.from_pb, message, name, arguments[name].bind)
        for found in _between_written(pair, f"setting {name}", kit, bind):
            if found.where in (pair.name, f"{pair.name}.{name}"):  # The others are read or lost.
                yield found


def _set(make: Callable[[Message], Any], message: Message, name: str, value: object) -> Any:
    made = make(message)
    setattr(made, name, value)
    return made.to_flyte_idl()


def _between_written(pair: Pair, case: str, kit: Any, bind: Any) -> Iterator[Difference]:
    if not (isinstance(kit, Message) and isinstance(bind, Message)):
        kind = "gives nothing" if kit is None else kind_of_failure(kit, bind)
        if kind:
            yield difference(pair.name, kind, case, kit, bind)
        return
    if kit.DESCRIPTOR is not bind.DESCRIPTOR:
        full_names = (kit.DESCRIPTOR.full_name, bind.DESCRIPTOR.full_name)
        yield difference(pair.name, "another message", case, *full_names)
        return
    if kit.DESCRIPTOR is not pair.bind._pb_type.DESCRIPTOR and kit != bind:  # A Struct.
        yield difference(pair.name, "writes", case, kit, bind)
    theirs, ours = ({field.name: value for field, value in pb.ListFields()} for pb in (kit, bind))
    for field in descriptor_of(pair.bind).fields:
        where = f"{pair.name}.{python_name(pair.bind, field)}"
        if field.name in theirs and field.name in ours:
            if theirs[field.name] != ours[field.name]:
                yield difference(where, "writes", case, theirs[field.name], ours[field.name])
        elif field.name in theirs:
            yield difference(where, "adds", case, theirs[field.name], "-")
        elif field.name in ours:
            yield difference(where, "drops", case, "-", ours[field.name])


def _reading(pair: Pair) -> Iterator[Difference]:
    if pair.kit.__hash__ is None:
        yield difference(f"{pair.name}.__hash__", "raises", "hash()", None, pair.bind.__hash__)
    for source, message in messages(pair):
        case = f"reading the {source}"
        kit = attempt(pair.kit.from_flyte_idl, message)
        bind = pair.bind.from_pb(message)
        if kit is None or isinstance(kit, Exception):
            kind = "gives nothing" if kit is None else "raises"
            yield difference(pair.name, kind, case, kit, bind)
            continue
        absent = message.ByteSize() == 0
        for name in properties(pair.kit):
            theirs, ours = (attempt(getattr, side, name) for side in (kit, bind))
            kind = kind_of_values(theirs, ours, absent=absent)
            if kind:
                yield difference(f"{pair.name}.{name}", kind, case, theirs, ours)


def _probing(name: str) -> Iterator[Difference]:
    kit, bind = (attempt(answer, name, find) for find in (there, here))
    failed = isinstance(kit, Exception) or isinstance(bind, Exception)
    kind = kind_of_failure(kit, bind) if failed else "" if is_same(kit, bind) else "answers"
    if kind:
        yield difference(name, kind, "the probe", kit, bind)
