"""Inputs and outputs by name."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Union

import pytest
from rich.console import Console

from flytebind.models.core.interface import Variable
from flytebind.models.core.literals import (
    Literal,
    LiteralMap,
    LiteralOffloadedMetadata,
    Primitive,
    Scalar,
)
from flytebind.remote.errors import FlyteValueError
from flytebind.values import LiteralsResolver
from tests.values import samples as s


@dataclass
class Model:
    x: int


class Types:
    """Gives variables, and counts how often it is asked."""

    def __init__(self, **variables: Variable) -> None:
        self.variables = variables
        self.calls = 0

    def __call__(self) -> Mapping[str, Variable]:
        self.calls += 1
        return self.variables


def unreachable() -> None:
    raise AssertionError("nobody needs the types")


def outputs(**literals: Literal) -> LiteralsResolver:
    return LiteralsResolver(literals, label="outputs")


def test_a_resolver_is_a_mapping_of_native_values() -> None:
    resolver = LiteralsResolver(
        LiteralMap({"o10": s.integer(1), "o2": s.string("x"), "a": s.NOTHING})
    )
    assert list(resolver.items()) == [("a", None), ("o2", "x"), ("o10", 1)]
    assert resolver.as_dict() == {**resolver} == {"a": None, "o2": "x", "o10": 1}
    assert len(resolver) == 3
    assert "a" in resolver
    assert "b" not in resolver
    assert not resolver.__contains__(3)


def test_a_missing_name_lists_the_names_there_are() -> None:
    resolver = outputs(count=s.integer(1), name=s.integer(2))
    with pytest.raises(KeyError) as error:
        resolver["nam"]
    assert error.value.args == ("no 'nam' among outputs ('count', 'name'); did you mean 'name'?",)
    with pytest.raises(KeyError, match="no 'x' among outputs"):
        resolver.get_literal("x")
    with pytest.raises(KeyError, match=r"no 'x' among outputs \(none\)"):
        outputs()["x"]


def test_get_keeps_the_promise_of_mappings_and_as_type_that_of_its_type() -> None:
    resolver = outputs(a=s.integer(1))
    assert resolver.get("b") is None
    assert resolver.get("b", 3) == 3
    number: int | None = resolver.get("b", None, as_type=int)
    assert number is None
    text: int | str = resolver.get("b", default="x", as_type=int)
    assert text == "x"
    with pytest.raises(KeyError, match="no 'b' among outputs"):
        resolver.get("b", as_type=int)
    value: float = resolver.get("a", as_type=float)
    assert (type(value), value) == (float, 1.0)


def test_a_second_type_is_not_ignored() -> None:
    resolver = outputs(o0=s.packed({"x": 1}))
    assert resolver["o0"] == {"x": 1}
    assert resolver.get("o0", as_type=Model) == Model(1)
    assert resolver.get("o0", as_type=dict[str, float]) == {"x": 1.0}
    assert resolver.get("o0", as_type=dict) == {"x": 1}


def test_values_are_made_once_for_each_type() -> None:
    resolver = outputs(o0=s.packed({"x": 1}))
    assert resolver["o0"] is resolver["o0"]
    assert resolver.get("o0", as_type=Model) is resolver.get("o0", as_type=Model)


def test_the_order_of_a_union_counts() -> None:
    resolver = outputs(o0=s.packed("2026-05-17"))
    assert resolver.get("o0", as_type=Union[bytes, str]) == "2026-05-17"  # noqa: UP007
    assert resolver.get("o0", as_type=Union[str, bytes]) == "2026-05-17"  # noqa: UP007


def test_a_type_that_does_not_hash_is_fine() -> None:
    assert outputs(a=s.integer(1)).get("a", as_type=Annotated[int, []]) == 1


def test_type_hints_hold_where_get_is_not_told_another() -> None:
    resolver = LiteralsResolver({"o0": s.packed({"x": 1})}, type_hints={"o0": Model})
    assert resolver["o0"] == Model(1)
    assert resolver.get("o0") == Model(1)
    assert resolver.get("o0", as_type=dict) == {"x": 1}


def test_types_are_asked_for_when_they_matter_and_once() -> None:
    types = Types(a=s.variable(s.FLOAT))
    resolver = LiteralsResolver(
        {"a": s.integer(1), "b": s.collection(s.string("x"), s.NOTHING), "c": s.integer(2)}, types
    )
    assert repr(resolver)
    assert resolver["b"] == ["x", None]
    assert resolver.get("a", as_type=int) == 1
    assert types.calls == 0
    assert repr(resolver["a"]) == "1.0"
    assert repr(resolver["c"]) == "2"
    assert resolver.variable_map == types.variables
    assert types.calls == 1


def test_types_may_turn_out_to_be_unknown() -> None:
    resolver = LiteralsResolver({"a": s.integer(1)}, lambda: None)
    assert resolver.variable_map is None
    assert resolver["a"] == 1


@pytest.mark.parametrize(
    "literal",
    [
        s.string("x"),
        s.NOTHING,
        s.blob("s3://b/k", "csv", s.SINGLE),
        s.mapping(a=s.string("x")),
        s.unioned(s.integer(1), s.FLOAT),
        Literal(scalar=Scalar(generic={"a": 1})),
        s.binary(b"x", ""),
    ],
)
def test_types_are_not_asked_for_where_the_literal_says_it_all(literal: Literal) -> None:
    LiteralsResolver({"a": literal}, unreachable)["a"]


def test_errors_name_the_variable() -> None:
    resolver = outputs(o0=s.packed({"x": "y"}))
    with pytest.raises(FlyteValueError, match=r"^outputs\['o0'\]\.x: expected int, got str"):
        resolver.get("o0", as_type=Model)


def test_literals_that_are_elsewhere_are_loaded_once() -> None:
    loaded: list[str] = []

    def load(metadata: LiteralOffloadedMetadata) -> Literal:
        loaded.append(metadata.uri)
        return s.string("x")

    resolver = LiteralsResolver({"a": s.offloaded("s3://b/k", 9, s.STRING)}, load=load)
    assert "9 bytes at s3://b/k" in repr(resolver)
    assert "a" in resolver
    assert not loaded
    assert [resolver["a"], resolver["a"], resolver.get("a")] == ["x"] * 3
    assert loaded == ["s3://b/k"]


def test_a_resolver_knows_what_it_has_converted() -> None:
    resolver = outputs(a=s.integer(1), b=s.integer(2))
    assert resolver.native_values == {}
    resolver["a"]
    assert resolver.native_values == {"a": 1}
    assert dict(resolver.literals) == {"a": s.integer(1), "b": s.integer(2)}
    assert resolver.get_literal("b") == s.integer(2)


def test_a_resolver_equals_another_with_the_same_literals() -> None:
    assert outputs(a=s.integer(1)) == LiteralsResolver(LiteralMap({"a": s.integer(1)}))
    assert outputs(a=s.integer(1)) != outputs(a=s.integer(2))
    assert outputs(a=s.integer(1)) != {"a": 1}


@pytest.mark.parametrize("evaluated", [False, True])
def test_a_resolver_pickles_and_copies_without_its_connections(evaluated: bool) -> None:
    types = Types(a=s.variable(s.FLOAT))
    resolver = LiteralsResolver(
        LiteralMap({"a": s.integer(1)}),
        lambda: types(),
        type_hints={"b": Model},
        load=lambda _: s.integer(1),
        label="outputs",
    )
    if evaluated:
        resolver["a"]
    for again in (pickle.loads(pickle.dumps(resolver)), copy.deepcopy(resolver)):
        assert again == resolver
        assert again.variable_map == (types.variables if evaluated else None)
        assert repr(again["a"]) == ("1.0" if evaluated else "1")
        with pytest.raises(KeyError, match="among outputs"):
            again["b"]


def test_a_resolver_looks_well_without_converting_anything() -> None:
    resolver = LiteralsResolver(
        {
            "o0": s.string("x" * 100),
            "o1": s.collection(s.integer(1), s.integer(2)),
            "o2": s.blob("https://host/k?signature=1", "csv", s.SINGLE),
            "o3": s.unioned(s.integer(3), s.INTEGER),
            "o4": Literal(scalar=Scalar(generic={"a": 1, "b": 2})),
            "o5": Literal(scalar=Scalar(primitive=Primitive(boolean=True))),
            "o6": s.packed({"x": 1}),
            "o7": Literal(),
            "<b>": s.blob("s3://\x1b[31m", "", s.MULTIPART),
        },
        unreachable,
    )
    assert repr(resolver) == (
        "LiteralsResolver({'<b>': <directory at s3://\\x1b[31m>, 'o0': '"
        + "x" * 56
        + "..., 'o1': <list of 2>, 'o2': <file at https://host/k>, 'o3': 3, 'o4': <struct of 2>, "
        "'o5': True, 'o6': <4 bytes of msgpack>, 'o7': <empty>})"
    )
    assert "<th>&lt;b&gt;</th><td><code>&lt;directory at" in resolver._repr_html_()
    console = Console(width=200)
    with console.capture() as capture:
        console.print(resolver)
    assert "o1=<list of 2>," in capture.get()
    assert resolver.native_values == {}
