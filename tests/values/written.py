"""Values that flytekit writes and reads, and what it writes: the judge of what we write.

``flytekit.json`` has, by version and name, the type and the literal that flytekit made. Where a
flytekit is installed, ``tests/parity`` makes them anew, and lets it read what we write.
"""

# flytekit before 1.14 takes no annotations that are text, so they are none here.

import dataclasses
import enum
import json
import uuid
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field, make_dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from pathlib import Path
from types import GenericAlias
from typing import Any, NamedTuple, cast

from flyteidl.core.errors_pb2 import ContainerError
from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import ListValue, Struct

from flytebind.models.core.literals import Literal
from flytebind.models.core.types import LiteralType

RECORDED = Path(__file__).with_name("flytekit.json")

NOON = datetime(2026, 5, 17, 12, 0, 0, 250, tzinfo=timezone.utc)


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Share(enum.Enum):
    HALF = 0.5
    WHOLE = 1.0


@dataclass
class Inner:
    n: int
    label: str | None = None


@dataclass
class Outer:
    count: int
    weight: float
    name: str
    on: bool
    inner: Inner
    color: Color
    level: Level
    share: Share
    maybe: int | None = None
    inners: list[Inner] = field(default_factory=list)
    by_name: dict[str, Inner] = field(default_factory=dict)


@dataclass
class Texts:
    id: uuid.UUID
    price: Decimal
    part: Fraction
    address: IPv4Address
    address6: IPv6Address
    network: IPv4Network
    path: Path


@dataclass
class Times:
    at: datetime
    day: date
    clock: time
    length: timedelta


@dataclass
class Shapes:
    data: bytes
    empty: bytes
    by_number: dict[int, str]
    by_flag: dict[bool, int]
    pair: tuple[int, str]
    nested: list[list[int]]
    plain: dict[str, list[float]]


@dataclass
class Kinds:
    """The classes that stand for what is stored: flytekit's or ours.

    Args:
        file: Of a file.
        folder: Of a folder.
        table: Of a table.
        file_type: What fields of files are declared as.
        folder_type: Likewise of folders.
        table_type: Likewise of tables.
    """

    file: Callable[[str], Any]
    folder: Callable[[str], Any]
    table: Callable[..., Any]
    file_type: type
    folder_type: type
    table_type: type

    @cached_property
    def files(self) -> type:
        """A dataclass of such things."""
        return make_dataclass(
            "Files",
            [
                ("file", self.file_type),
                ("folder", self.folder_type),
                ("table", self.table_type),
                ("several", GenericAlias(list, (self.file_type,))),
                ("named", GenericAlias(dict, (str, self.file_type))),
                ("maybe", self.file_type | None, dataclasses.field(default=None)),
            ],
        )


class Case(NamedTuple):
    """A value of a type.

    Attributes:
        hint: The type, made of what stands for files.
        value: The value, likewise.
        since: The first flytekit that can do this.
        reads: Whether flytekit reads what it writes.
    """

    hint: Callable[[Kinds], Any]
    value: Callable[[Kinds], Any]
    since: tuple[int, int] = (1, 13)
    reads: bool = True


def _case(hint: Any, value: Any, since: tuple[int, int] = (1, 13), reads: bool = True) -> Case:
    return Case(lambda kinds: hint, lambda kinds: value, since, reads)


def _files(kinds: Kinds) -> object:
    return kinds.files(
        kinds.file("s3://b/one.csv"),
        kinds.folder("gs://b/folder"),
        kinds.table("s3://b/table"),
        [kinds.file("abfs://c@a.dfs.core.windows.net/k"), kinds.file("s3://b/two")],
        {"x": kinds.file("s3://b/x")},
    )


OUTER = Outer(
    3,
    2.0,
    "ü",
    True,
    Inner(1, "x"),
    Color.RED,
    Level.HIGH,
    Share.WHOLE,
    None,
    [Inner(2)],
    {"k": Inner(4)},
)

CASES: dict[str, Case] = {
    "dataclass": _case(Outer, OUTER),
    "dataclass, or none": _case(Outer | None, OUTER),
    "dataclasses": _case(list[Inner], [Inner(1), Inner(2, "b")]),
    "dataclasses by name": _case(dict[str, Inner], {"a": Inner(1)}),
    "dataclass of texts": _case(
        Texts,
        Texts(
            uuid.UUID(int=5),
            Decimal("1.50"),
            Fraction(1, 3),
            IPv4Address("10.1.2.3"),
            IPv6Address("::1"),
            IPv4Network("10.0.0.0/8"),
            Path("/a/b"),
        ),
    ),
    "dataclass of times": _case(
        Times, Times(NOON, date(2026, 5, 17), time(1, 2, 3, 4), timedelta(hours=1, microseconds=5))
    ),
    "dataclass of shapes": _case(
        Shapes,
        Shapes(b"\0\xff" * 40, b"", {1: "a"}, {True: 2}, (1, "b"), [[1], []], {"x": [0.5, 2.0]}),
    ),
    "dataclass of files": Case(lambda kinds: kinds.files, _files),
    "dict": _case(dict, {"a": "x", "b": [1.5, None, {"c": []}], "d": {}, "e": True}),
    "dict of nothing": _case(dict, {}),
    "dict by numbers": _case(dict[int, str], {1: "a", -2: "b"}, reads=False),
    "int": _case(int, 3),
    "float": _case(float, 3.5),
    "str": _case(str, "ü"),
    "bool": _case(bool, True),
    "none": _case(type(None), None),
    "datetime": _case(datetime, NOON),
    "timedelta": _case(timedelta, timedelta(days=-1, microseconds=7)),
    "date": _case(date, date(2026, 5, 17)),
    "enum": _case(Color, Color.BLUE),
    "enums": _case(list[Color], [Color.BLUE, Color.RED]),
    "int, or str": _case(int | str, "x"),
    "int, or none": _case(int | None, None),
    "lists": _case(list[list[int]], [[1], []]),
    "file": Case(lambda kinds: kinds.file_type, lambda kinds: kinds.file("s3://b/one.csv")),
    "files": Case(
        lambda kinds: GenericAlias(list, (kinds.file_type,)), lambda kinds: [kinds.file("s3://b/1")]
    ),
    "folder": Case(lambda kinds: kinds.folder_type, lambda kinds: kinds.folder("gs://b/folder")),
    "table": Case(lambda kinds: kinds.table_type, lambda kinds: kinds.table("s3://b/table")),
    "table of a format": Case(
        lambda kinds: kinds.table_type,
        lambda kinds: kinds.table("s3://b/table", "parquet"),
        since=(1, 16),  # before, flytekit forgets the format
    ),
    "message": _case(ContainerError, ContainerError(code="c", message="m", kind=1)),
    "message, Struct": _case(Struct, ParseDict({"a": 1.5, "b": [None, True]}, Struct())),
    "message, ListValue": _case(
        ListValue,
        ParseDict(cast("dict[str, Any]", [1.5, "s", None, True, {"a": 2.5}, [1.0]]), ListValue()),
        since=(1, 16),
        reads=False,
    ),
}

if find_spec("pydantic"):
    from pydantic import BaseModel

    class Model(BaseModel):
        count: int
        weight: float
        color: Color
        inner: Inner
        id: uuid.UUID
        price: Decimal
        at: datetime
        length: timedelta

    CASES["model"] = _case(
        Model,
        Model(
            count=3,
            weight=2.0,
            color=Color.RED,
            inner=Inner(1),
            id=uuid.UUID(int=5),
            price=Decimal("1.50"),
            at=NOON,
            length=timedelta(hours=1),
        ),
        since=(1, 14),
    )


def recorded() -> dict[str, dict[str, tuple[LiteralType, Literal]]]:
    """What flytekits wrote: by version and case, the type and the literal."""
    versions = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    return {
        version: {
            name: (LiteralType.from_bytes(b64decode(kind)), Literal.from_bytes(b64decode(literal)))
            for name, (kind, literal) in cases.items()
        }
        for version, cases in versions.items()
    }
