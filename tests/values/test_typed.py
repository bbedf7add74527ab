"""Literals as values of types that the user names."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from types import GenericAlias
from typing import (
    Annotated,
    Any,
    Generic,
    Literal as LiteralHint,
    NamedTuple,
    NewType,
    Optional,
    TypedDict,
    TypeVar,
    Union,
)

import pytest

from flytebind.models.core.literals import Literal, Primitive, Scalar
from flytebind.models.core.types import Error
from flytebind.remote.errors import FlyteValueError
from flytebind.values import RemoteDirectory, RemoteFile, RemoteTable, to_literal, to_type
from tests.values import samples as s

NOON = datetime(2026, 5, 17, 12, tzinfo=timezone.utc)
T = TypeVar("T")
Meters = NewType("Meters", float)


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1


@dataclass
class Item:
    age: int
    color: Color = Color.RED
    seen: datetime | None = None


@dataclass(frozen=True)
class Order:
    items: list[Item]
    by_name: dict[str, Item] = field(default_factory=dict)
    wait: timedelta = timedelta(0)
    parent: Optional[Order] = None  # noqa: UP045
    total: float = 0
    count: int = field(default=0, init=False)


@dataclass
class Box(Generic[T]):
    content: T
    more: list[T]


class Point(NamedTuple):
    x: int
    y: int = 0


class Movie(TypedDict):
    title: str


class RatedMovie(Movie, total=False):
    stars: int


@dataclass
class Strict:
    age: int

    def __post_init__(self) -> None:
        if self.age < 0:
            raise RuntimeError("too young")


@dataclass
class Broken:
    x: "Nowhere"  # type: ignore[name-defined] # noqa: F821, UP037


@pytest.mark.parametrize(
    ("literal", "hint", "value"),
    [
        (s.NOTHING, type(None), None),
        (s.integer(3), int, 3),
        (s.floating(3.0), int, 3),
        (s.integer(3), float, 3.0),
        (s.integer(3), Any, 3),
        (s.integer(3), object, 3),
        (s.string("x"), str, "x"),
        (Literal(scalar=Scalar(primitive=Primitive(boolean=True))), bool, True),
        (s.binary(b"x", ""), bytes, b"x"),
        (s.packed(b"x"), bytes, b"x"),
        (Literal(scalar=Scalar(primitive=Primitive(datetime=NOON))), datetime, NOON),
        (s.packed("2026-05-17T12:00:00"), datetime, NOON),
        (s.packed("2026-05-17"), date, date(2026, 5, 17)),
        (
            Literal(scalar=Scalar(primitive=Primitive(datetime=NOON.replace(hour=0)))),
            date,
            date(2026, 5, 17),
        ),
        (s.packed(1.5), timedelta, timedelta(seconds=1.5)),
        (s.string("a/b"), Path, Path("a/b")),
        (s.blob("a/b", "", s.SINGLE), Path, Path("a/b")),
        (s.string("red"), Color, Color.RED),
        (s.integer(1), Level, Level.LOW),
        (s.string("a"), LiteralHint["b", "a"], "a"),
        (s.integer(1), Meters, 1.0),
        (s.integer(1), Annotated[float, "m"], 1.0),
        (s.integer(1), int | None, 1),
        (s.NOTHING, Optional[int], None),  # noqa: UP045
        (s.integer(1), Union[float, int], 1),  # noqa: UP007
        (s.integer(1), str | float, 1.0),
        (s.unioned(s.integer(1), s.INTEGER), int, 1),
        (s.collection(s.integer(1)), list[float], [1.0]),
        (s.collection(s.integer(1)), list, [1]),
        (s.collection(s.integer(1)), Sequence[int], [1]),
        (s.collection(s.integer(1)), set[int], {1}),
        (s.collection(s.integer(1)), tuple[int, ...], (1,)),
        (s.collection(s.integer(1), s.string("x")), tuple[int, str], (1, "x")),
        (s.collection(s.integer(1)), tuple, (1,)),
        (s.mapping(a=s.integer(1)), dict[str, float], {"a": 1.0}),
        (s.mapping(a=s.integer(1)), Mapping[str, int], {"a": 1}),
        (s.packed({1: "x"}), dict[int, str], {1: "x"}),
        (s.mapping(a=s.collection(s.integer(1))), dict[str, list[Any]], {"a": [1]}),
        (s.packed({"age": 3, "more": 1}), Item, Item(3)),
        (s.mapping(age=s.integer(3)), Item, Item(3)),
        (s.packed({"content": 1, "more": [1]}), Box[float], Box(1.0, [1.0])),
        (s.packed({"x": 1}), Point, Point(1)),
        (s.packed([1, 2]), Point, Point(1, 2)),
        (s.packed({"title": "x"}), RatedMovie, {"title": "x"}),
        (s.packed({"title": "x", "stars": 2.0}), RatedMovie, {"title": "x", "stars": 2}),
        (s.packed({"x": 1}), Item | Point, Point(1)),
        (s.blob("s3://b/k", "csv", s.SINGLE), RemoteFile, RemoteFile("s3://b/k", "csv")),
        (s.packed({"path": "s3://b/k"}), RemoteDirectory, RemoteDirectory("s3://b/k")),
        (
            s.packed({"uri": "s3://b/k", "file_format": "parquet"}),
            RemoteTable,
            RemoteTable("s3://b/k", "parquet"),
        ),
        (Literal(scalar=Scalar(error=Error("n0", "no"))), Error, Error("n0", "no")),
        (s.integer(3), Literal, s.integer(3)),
        (s.collection(s.integer(3)), list[Literal], [s.integer(3)]),
        (s.integer(3), Literal | None, s.integer(3)),
        (s.NOTHING, Literal | None, None),
    ],
    ids=repr,
)
def test_a_literal_becomes_what_its_reader_names(
    literal: Literal, hint: object, value: object
) -> None:
    made = to_type(literal, hint)
    assert (type(made), made) == (type(value), value)


def test_dataclasses_nest() -> None:
    order = Order(
        items=[Item(1, Color.BLUE, NOON), Item(2)],
        by_name={"a": Item(3)},
        wait=timedelta(minutes=1),
        parent=Order([Item(4)]),
        total=2,
    )
    read = to_type(to_literal(order, s.STRUCT), Order)
    assert read == order
    assert type(read.total) is float


def test_unions_that_are_equal_are_tried_in_their_own_order() -> None:
    day = s.packed("2026-05-17")
    assert to_type(day, list[date | Path] | date | Path) == date(2026, 5, 17)
    assert to_type(day, list[Path | date] | Path | date) == Path("2026-05-17")
    assert to_type(s.collection(day), list[date | Path]) == [date(2026, 5, 17)]
    assert to_type(s.collection(day), list[Path | date]) == [Path("2026-05-17")]


class TypeAliasType:
    """What the ``type`` statement of Python 3.12 makes: its value is found when it is asked for."""

    def __init__(self, find: Callable[[], object]) -> None:
        self._find = find

    @property
    def __value__(self) -> object:
        return self._find()


def test_an_alias_may_contain_itself() -> None:
    tree: Any = TypeAliasType(lambda: int | GenericAlias(list, (tree,)))
    assert to_type(s.packed([1, [2.0, [3]]]), tree) == [1, [2, [3]]]
    with pytest.raises(FlyteValueError, match="expected int"):
        to_type(s.packed([1, ["x"]]), tree)


def test_a_struct_becomes_a_dataclass_too() -> None:
    literal = Literal(scalar=Scalar(generic={"items": [{"age": 1, "color": "blue"}]}))
    assert to_type(literal, Order) == Order([Item(1, Color.BLUE)])


@pytest.mark.parametrize(
    ("plain", "hint", "message"),
    [
        ({"items": [{"age": "x"}]}, Order, r"^o\.items\[0\]\.age: expected int, got str \('x'\)$"),
        ({"items": [{}]}, Order, r"^o\.items\[0\]: Item needs 'age'$"),
        ({"color": "pink"}, Item, "^o: Item needs 'age'$"),
        ({"items": [], "by_name": {"a": 1}}, Order, r"^o\.by_name\['a'\]: expected Item, got int"),
        ({"items": [{"age": 1, "seen": 3}]}, Order, r"^o\.items\[0\]\.seen: expected datetime"),
        ({"items": [{"age": 1, "color": "pink"}]}, Order, r"a value of Color \('red', 'blue'\)"),
        ({"age": -1}, Strict, r"^o: cannot be made a Strict: RuntimeError: too young$"),
        ({"x": 1}, Broken, r"^o: the annotations of Broken cannot be resolved"),
        ({"x": 1.5}, Point, r"^o\.x: expected int, got float \(1\.5\)$"),
        ([1, 2, 3], Point, "^o: expected Point of 2 fields, got list"),
        ({}, RatedMovie, "^o: RatedMovie needs 'title'"),
        (True, int, "expected int, got bool"),
        (1, bool, "expected bool, got int"),
        (True, float, "expected float, got bool"),
        (3.7, int, "expected int, got float"),
        (None, int, "expected int, got None"),
        (1, type(None), "expected None, got int"),
        (None, list[int], r"^o: expected list\[int\], got None"),
        ("ab", list[str], r"^o: expected list\[str\], got str"),
        ([[1]], set[Any], "^o: cannot be made a .*: TypeError"),
        ([1], tuple[int, int], r"^o: expected tuple\[int, int\] of 2 items, got list"),
        ({"a": 1}, dict[int, int], r"^o\['a'\] as a key: expected int, got str"),
        (1, str | bool, r"expected str \| bool, got int"),
        ("x", int | None, "expected int, got str"),
        (1, LiteralHint[True, "x"], "expected one of True, 'x', got int"),
        (True, Level, r"expected a value of Level \(1\), got bool"),
        ("2026-05-17T01:00", date, "expected date, got datetime"),
        (b"x", str, "expected str, got bytes"),
        ("x", complex, "expected complex, got str"),
        ("x", "int", "int is not a type that values can be made of"),
        (1e300, timedelta, "expected seconds"),
        ({"path": 1}, RemoteFile, "expected RemoteFile, got dict"),
    ],
    ids=repr,
)
def test_what_does_not_fit_is_named_with_its_path(
    plain: object, hint: object, message: str
) -> None:
    with pytest.raises(FlyteValueError, match=message):
        to_type(s.packed(plain), hint, path="o")


def test_a_file_elsewhere_is_no_path() -> None:
    with pytest.raises(FlyteValueError, match=r"b/k is elsewhere; take it as RemoteFile") as error:
        to_type(s.blob("https://b/k?secret", "", s.SINGLE), Path)
    assert "secret" not in str(error.value)


def test_pydantic_models_validate_for_themselves() -> None:
    pydantic = pytest.importorskip("pydantic")
    inner = pydantic.create_model("Inner", age=(int, ...), seen=(datetime, NOON))
    outer = pydantic.create_model("Outer", items=(list[inner], ...))  # type: ignore[valid-type]
    model = outer(items=[{"age": 1}])
    assert to_type(to_literal(model, s.STRUCT), outer) == model
    assert to_type(s.mapping(items=s.collection(to_literal(model.items[0], s.STRUCT))), outer)
    with pytest.raises(FlyteValueError, match=r"^o\.items\[1\]\.age: .*, got str \('x'\)$"):
        to_type(s.packed({"items": [{"age": 1}, {"age": "x"}]}), outer, path="o")
