"""What nests more deeply than protobuf reads is not made, and never written."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from functools import reduce

import pytest
from flyteidl.core import literals_pb2
from google.protobuf.struct_pb2 import Struct

from flytebind.models.core.literals import Literal, LiteralCollection, LiteralMap, Scalar
from flytebind.models.core.types import LiteralType, SimpleType
from flytebind.runtime.any import AnyMessage
from flytebind.runtime.depth import LIMIT, depth
from flytebind.runtime.model import restore
from flytebind.runtime.typing import JsonObject, JsonValue

TOO_DEEP = r"nests .* messages inside each other"


def in_dicts(levels: int) -> JsonObject:
    return reduce(lambda inner, _: {"a": inner}, range(levels), {})


def in_lists(levels: int) -> JsonObject:
    made: JsonValue = []
    for _ in range(levels):
        made = [made]
    return {"a": made}


def in_literals(levels: int) -> Literal:
    made = Literal(hash="a")
    for _ in range(levels):
        made = Literal(collection=LiteralCollection([made]))
    return made


@pytest.mark.parametrize(("nest", "levels"), [(in_dicts, 33), (in_lists, 48)])
def test_a_struct_is_refused_exactly_where_it_could_not_be_read(
    nest: Callable[[int], JsonObject], levels: int
) -> None:
    scalar = Scalar(generic=nest(levels))
    assert Scalar.from_bytes(scalar.to_bytes()) == scalar
    assert Scalar.from_json(scalar.to_json()) == scalar
    assert depth(scalar.to_pb()) == LIMIT
    with pytest.raises(ValueError, match=rf"^Scalar\.generic {TOO_DEEP}"):
        Scalar(generic=nest(levels + 1))
    with pytest.raises(ValueError, match=rf"^Scalar\.generic {TOO_DEEP}"):
        Scalar().replace(generic=nest(levels + 1))
    with pytest.raises(ValueError, match=rf"^Scalar: {TOO_DEEP}"):
        Scalar.from_dict({"generic": nest(levels + 1)})


@pytest.mark.parametrize("levels", [1_000, 100_000])
def test_a_struct_without_end_is_a_value_error(levels: int) -> None:
    with pytest.raises(ValueError, match=r"^LiteralType\.metadata nests"):
        LiteralType(simple=SimpleType.STRUCT, metadata=in_dicts(levels))
    endless: dict[str, JsonValue] = {}
    endless["a"] = [endless]
    with pytest.raises(ValueError, match=r"^Scalar\.generic nests"):
        Scalar(generic=endless)


def test_a_wrong_value_without_end_is_a_type_error() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(TypeError, match=r"^Literal\.hash must be str, not list$"):
        Literal(hash=value)  # type: ignore[arg-type]


def test_models_in_lists_are_refused_by_field() -> None:
    """protobuf copies these by their bytes."""
    deep = in_literals(51)
    message = rf"^LiteralCollection\.literals {TOO_DEEP}"
    with pytest.raises(ValueError, match=message):
        LiteralCollection([deep])
    with pytest.raises(ValueError, match=message):
        LiteralCollection(deep for _ in range(1))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=message):
        LiteralCollection([]).replace(literals=[deep])


@pytest.mark.parametrize(
    "write",
    [
        Literal.to_bytes,
        Literal.serialize_to_string,
        Literal.to_dict,
        Literal.to_json,
        pickle.dumps,
        AnyMessage.pack,
    ],
)
def test_what_nobody_could_read_is_not_written(write: Callable[[Literal], object]) -> None:
    readable = in_literals(50)
    assert depth(readable.to_pb()) == LIMIT
    write(readable)
    with pytest.raises(ValueError, match=rf"^Literal:? nests {LIMIT + 2} messages"):
        write(in_literals(51))


def test_maps_in_maps_are_not_written_either() -> None:
    literal = reduce(lambda inner, _: Literal(map=LiteralMap({"": inner})), range(40), Literal())
    with pytest.raises(ValueError, match=r"^Literal nests 120 messages"):
        literal.to_bytes()


def test_packed_messages_nest_as_deeply_as_one_likes() -> None:
    """Each is read by itself."""
    inner = in_literals(50)
    packed = reduce(lambda inner, _: AnyMessage.pack(inner), range(150), AnyMessage.pack(inner))
    assert AnyMessage.from_bytes(packed.to_bytes()) == packed


@pytest.mark.parametrize(
    "data", [b"\xff", b"\x0a\x05a", in_literals(51).to_pb().SerializeToString()]
)
def test_a_damaged_pickle_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^Literal: not a flyteidl\.core\.Literal "):
        restore(Literal, data)


def deep_struct() -> Scalar:
    pb = Struct()
    part = pb
    for _ in range(2_000):
        part = part.fields["a"].struct_value
    part.fields["end"].number_value = 1
    return Scalar(generic=pb)  # type: ignore[arg-type]  # a message is taken as it is


def deep_literal() -> Literal:
    pb = literals_pb2.Literal()
    part = pb
    for _ in range(2_000):
        part.hash = "h"
        part = part.collection.literals.add()
    return Literal.from_pb(pb)


@pytest.mark.parametrize("made", [deep_struct(), deep_literal()], ids=["struct", "literal"])
def test_what_cannot_be_gone_through_is_shown_and_compared_all_the_same(
    made: Scalar | Literal,
) -> None:
    for text in (repr(made), str(made), made.verbose_string(), made._repr_html_()):
        assert type(made).__name__ in text
        assert "..." in text or "nests too deeply" in text
    assert len(list(made.__rich_repr__())) == len(made.to_pb().ListFields())
    for again in (copy.copy(made), copy.deepcopy(made), made.replace()):
        assert again == made
        assert hash(again) == hash(made)
