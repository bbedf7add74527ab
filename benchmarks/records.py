"""Make 2,000 nested dataclasses of a serialized list of them, as flytekit stores what tasks return.

What pydantic does is the measure: it is what people use to make typed values of plain ones, and its
core is compiled. It knows no literals, so protobuf and msgpack bring the plain values to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from importlib import import_module
from typing import Any

from flyteidl.core import literals_pb2

from benchmarks.benchmark import FLYTEBIND
from benchmarks.contest import Contest, Job

NUMBER = 2000
START = datetime(2026, 1, 1, tzinfo=timezone.utc)

msgpack: Any = import_module("msgpack")  # comes without types


class Kind(Enum):
    CAT = "cat"
    DOG = "dog"


@dataclass
class Address:
    street: str
    city: str
    number: int
    position: tuple[float, float] = (0.0, 0.0)


@dataclass
class Animal:
    number: int
    name: str
    weight: float
    is_fed: bool
    kind: Kind
    born: datetime
    home: Address
    toys: list[str] = field(default_factory=list)
    meals: dict[str, int] = field(default_factory=dict)
    note: str | None = None


ANIMALS = [
    Animal(
        number,
        f"animal {number}",
        number / 7,
        number % 2 == 0,
        Kind.DOG if number % 3 else Kind.CAT,
        START + timedelta(seconds=number),
        Address("Main Street", "Town", number, (number / 3, number / 5)),
        ["ball", "bone", "mouse"],
        {"morning": number, "evening": 2},
        None if number % 2 else "shy",
    )
    for number in range(NUMBER)
]


def _plain(animal: Animal) -> dict[str, object]:
    values = {**vars(animal), "home": vars(animal.home)}
    return {**values, "kind": animal.kind.value, "born": animal.born.isoformat()}


def _data() -> bytes:
    pb = literals_pb2.Literal()
    for animal in ANIMALS:
        binary = pb.collection.literals.add().scalar.binary
        binary.value, binary.tag = msgpack.packb(_plain(animal)), "msgpack"
    return pb.SerializeToString()


DATA = _data()


def pydantic() -> Job:
    from pydantic import TypeAdapter

    adapter = TypeAdapter(list[Animal])

    def job() -> list[Animal]:
        pb = literals_pb2.Literal.FromString(DATA)
        plain = [msgpack.unpackb(item.scalar.binary.value) for item in pb.collection.literals]
        return adapter.validate_python(plain)

    return job


def flytebind() -> Job:
    from flytebind.models.core.literals import Literal
    from flytebind.values import to_type

    def job() -> list[Animal]:
        return to_type(Literal.from_bytes(DATA), list[Animal])

    return job


def flytekit() -> Job:
    from flytekit.core.context_manager import FlyteContextManager
    from flytekit.core.type_engine import TypeEngine
    from flytekit.models.literals import Literal

    context = FlyteContextManager.current_context()

    def job() -> object:
        literal = Literal.from_flyte_idl(literals_pb2.Literal.FromString(DATA))
        return TypeEngine.to_python_value(context, literal, list[Animal])

    return job


RECORDS = Contest(
    {FLYTEBIND: flytebind, "flytekit": flytekit, "pydantic": pydantic}, base="pydantic"
)
