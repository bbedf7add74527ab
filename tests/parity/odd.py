"""What flytekit's own code and its users give for a parameter beside values of its type."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.runtime import Model
from tests.parity.arguments import Argument, Arguments, cases
from tests.parity.comparison import attempt
from tests.parity.discovery import Pair

#: Each passes for nothing where one asks ``if x``.
_FALSE: tuple[object, ...] = (None, 0, False, "", (), [], {})


class Odd(NamedTuple):
    """A list of arguments, one of which is odd."""

    name: str
    what: str
    arguments: Arguments
    is_false: bool


def odd_cases(pair: Pair) -> Iterator[Odd]:
    """Each parameter with each odd value beside what must be given."""
    named = dict(cases(pair))
    required = named["required only"]
    kit = {name: item.kit for name, item in required.items()}
    if isinstance(attempt(lambda: pair.kit(**kit).to_flyte_idl()), Exception):
        required = next(iter(named.values()))  # flytekit cannot do without some that it says it can
    samples: Arguments = {}
    for values in named.values():
        samples |= {name: item for name, item in values.items() if item.bind}
    for name, sample in samples.items():
        for value in _FALSE:
            yield Odd(name, repr(value), required | {name: Argument(value, value)}, is_false=True)
        for what, odd in _others(*sample):
            yield Odd(name, what, required | {name: odd}, is_false=False)


def _others(kit: Any, bind: Any) -> Iterator[tuple[str, Argument]]:
    if isinstance(bind, list):
        yield "one for a list of one", Argument(kit[0], bind[0])
        yield "a tuple", Argument(tuple(kit), tuple(bind))
        yield "an iterator", Argument(iter(kit), iter(bind))
        if isinstance(bind[0], Model):
            yield "protobuf messages", _both([item.to_pb() for item in bind])
    elif isinstance(bind, Mapping) and all(isinstance(item, Model) for item in bind.values()):
        yield "protobuf messages", _both({key: item.to_pb() for key, item in bind.items()})
    elif isinstance(bind, Model):
        yield "a protobuf message", _both(bind.to_pb())
    elif isinstance(bind, datetime):
        time = Timestamp()
        time.FromDatetime(bind)
        yield "a protobuf message", _both(time)
        yield "a naive time", _both(bind.replace(tzinfo=None))
    elif isinstance(bind, timedelta):
        duration = Duration()
        duration.FromTimedelta(bind)
        yield "a protobuf message", _both(duration)
    elif isinstance(bind, Mapping) and not all(isinstance(item, str) for item in bind.values()):
        struct = Struct()
        struct.update(bind)
        yield "a protobuf message", _both(struct)
    if isinstance(kit, enum.Enum):
        yield "a number", _both(kit.value)


def _both(value: object) -> Argument:
    return Argument(value, value)
