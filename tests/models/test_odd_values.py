"""Constructors and ``replace`` take the same, and refuse the same in the same words."""

from __future__ import annotations

import inspect
import re
import uuid
from collections import UserDict, UserList, deque
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from types import MappingProxyType

import google.protobuf
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import ListValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.models.core.identifier import ResourceType
from flytebind.models.core.literals import Primitive
from tests.support.fill import fillings
from tests.support.messages import ModelClass, every_model
from tests.support.models import parameters, replace, takes_none

MODEL = Primitive(integer=1)


class Text(str):
    """Text of another class."""


class Number(int):
    """A number of another class."""


#: What protobuf 4 takes badly for enums: the process ends at once, or a little later.
WORST: list[object] = ["\ud800", UserList(["a"])]
if google.protobuf.__version__.startswith("4."):
    WORST = []

#: What somebody may give for anything.
ODD: list[object] = [
    *(None, 0, 1, 7, -1, 2**40, 2**70, 0.0, 1.5, True, False, 1j, Decimal(1), Number(3)),
    *("", "a", "RUNNING", Text("a"), b"", b"x", bytearray(b"x"), memoryview(b"x")),
    *([], [1], ["a"], [None], [7], [True], [MODEL], [[]], (), ("a",), set(), {"a"}, {1}, range(2)),
    *(*WORST, deque(["a"]), [("a", "b")], {"a": "b"}.keys(), {"a": "b"}.items()),
    *({}, {"a": "b"}, {"a": 1}, {1: "b"}, {"a": True}, {"a": 7}, {"a": None}, {"a": MODEL}),
    *(UserDict(a="b"), MappingProxyType({"a": "b"})),
    *(MODEL, MODEL.to_pb(), Primitive, ResourceType.TASK, object()),
    *(datetime(2020, 1, 1), datetime(2020, 1, 1, tzinfo=timezone.utc), date(2020, 1, 1)),
    *(timedelta(1), uuid.UUID(int=1), ...),
    *(Timestamp(seconds=1), Duration(seconds=1), Struct(), Value(), ListValue()),
]  # fmt: skip

#: What can be gone through once.
ITEMS: list[list[object]] = [[], ["a"], [1], [MODEL], [2**70]]


def required_of(model_class: ModelClass) -> dict[str, object]:
    """Arguments without which there is no model."""
    found: dict[str, object] = {}
    taken = parameters(model_class).items()
    wanted = [name for name, item in taken if item.default is inspect.Parameter.empty]
    for pb in fillings(model_class):
        model = model_class.from_pb(pb)
        for name in wanted:
            is_nullable = takes_none(model_class, name)
            found.setdefault(name, None if is_nullable else getattr(model, name))
    return found


def told(make: Callable[..., object], *args: object, **arguments: object) -> object:
    """What a call gives, or says where it fails."""
    try:
        return make(*args, **arguments)
    except (TypeError, ValueError) as error:
        return f"{type(error).__name__}: {re.sub(r' at 0x[0-9a-f]+', '', str(error))}"


def odd_values() -> Iterator[tuple[object, object]]:
    """Each value twice: one that can be gone through once is another one each time."""
    yield from ((value, value) for value in ODD)
    yield from ((iter(items), iter(items)) for items in ITEMS)


@every_model
def test_constructors_and_replace_agree_about_odd_values(model_class: ModelClass) -> None:
    required = required_of(model_class)
    base = model_class(**required)
    for name in parameters(model_class):
        for given, again in odd_values():
            made = told(model_class, **{**required, name: given})
            changed = told(replace, base, name, again)
            assert made == changed, f"{name}: {given!r}"
            if isinstance(made, str):
                assert f"{model_class.__qualname__}.{name} " in made
