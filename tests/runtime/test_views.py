"""The read-only views of repeated and map fields."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping, Sequence

import pytest

from flytebind.models.admin.common import Labels
from flytebind.models.core.literals import Literal, LiteralCollection, LiteralMap, Primitive, Scalar
from flytebind.models.core.types import EnumType
from flytebind.runtime import MapView, RepeatedView


def literal(value: int) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(integer=value)))


def equal(one: object, other: object) -> bool:
    """Whether two things say so of each other; one that disagrees with the other is a mistake."""
    assert (one == other) is (other == one)
    return one == other


ITEMS = [literal(1), literal(2), literal(3)]
MODELS = LiteralCollection(ITEMS).literals
TEXTS = EnumType(["a", "b", "c"]).values
ENTRIES = LiteralMap({"a": literal(1), "b": literal(2)}).literals
LABELS = Labels({"team": "ml", "tier": "1"}).values


class TestRepeated:
    def test_it_is_a_sequence(self) -> None:
        assert isinstance(MODELS, Sequence)
        assert len(MODELS) == 3
        assert MODELS[0] == literal(1)
        assert MODELS[-1] == literal(3)
        assert literal(2) in MODELS
        assert MODELS.index(literal(2)) == 1
        assert list(reversed(MODELS)) == ITEMS[::-1]
        assert list(reversed(TEXTS)) == ["c", "b", "a"]

    def test_it_equals_a_list_and_a_tuple_of_its_items(self) -> None:
        same: list[object] = [ITEMS, tuple(ITEMS), LiteralCollection(ITEMS).literals]
        other: list[object] = [ITEMS[:2], [*ITEMS, literal(4)], ITEMS[::-1], "abc", None]
        assert all(equal(MODELS, items) for items in same)
        assert not any(equal(MODELS, items) for items in other)

    def test_it_hashes_like_the_tuple(self) -> None:
        assert hash(MODELS) == hash(tuple(ITEMS))
        assert hash(TEXTS) == hash(("a", "b", "c"))

    def test_a_slice_is_a_view_too(self) -> None:
        assert MODELS[1:] == ITEMS[1:]
        assert isinstance(MODELS[1:], RepeatedView)
        assert TEXTS[::-1] == ["c", "b", "a"]

    def test_an_index_past_the_end_is_an_index_error(self) -> None:
        with pytest.raises(IndexError):
            MODELS[3]

    def test_nothing_can_be_put_in(self) -> None:
        with pytest.raises(TypeError):
            TEXTS[0] = "x"  # type: ignore[index]
        assert not hasattr(TEXTS, "append")

    def test_it_matches_a_sequence_pattern(self) -> None:
        match TEXTS:
            case [first, *rest]:
                assert (first, rest) == ("a", ["b", "c"])
            case _:
                pytest.fail("no match")

    def test_a_copy_is_the_tuple(self) -> None:
        assert pickle.loads(pickle.dumps(MODELS)) == tuple(ITEMS)
        assert copy.deepcopy(TEXTS) == ("a", "b", "c")

    def test_repr_is_that_of_the_list(self) -> None:
        assert repr(TEXTS) == "['a', 'b', 'c']"


class TestMap:
    def test_it_is_a_mapping(self) -> None:
        assert isinstance(ENTRIES, Mapping)
        assert sorted(ENTRIES) == ["a", "b"]
        assert ENTRIES["a"] == literal(1)
        assert dict(ENTRIES.items()) == {"a": literal(1), "b": literal(2)}
        assert ENTRIES.get("c") is None

    def test_it_equals_a_dict_of_its_items(self) -> None:
        items = {"team": "ml", "tier": "1"}
        same: list[object] = [items, Labels(items).values]
        other: list[object] = [{"team": "ml"}, {**items, "tier": "2"}, list(items), None]
        assert all(equal(LABELS, entries) for entries in same)
        assert not any(equal(LABELS, entries) for entries in other)

    def test_it_does_not_hash(self) -> None:
        with pytest.raises(TypeError, match="unhashable"):
            hash(LABELS)

    @pytest.mark.parametrize("key", [3, None, ("team",)])
    def test_a_key_of_another_type_is_just_not_there(self, key: object) -> None:
        assert key not in LABELS
        with pytest.raises(KeyError):
            LABELS[key]  # type: ignore[index]

    def test_nothing_can_be_put_in(self) -> None:
        with pytest.raises(TypeError):
            LABELS["x"] = "y"  # type: ignore[index]

    def test_a_copy_is_the_dict(self) -> None:
        assert pickle.loads(pickle.dumps(LABELS)) == {"team": "ml", "tier": "1"}
        assert type(copy.deepcopy(LABELS)) is dict
        assert isinstance(LABELS, MapView)
