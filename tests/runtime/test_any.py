"""Packed messages."""

from __future__ import annotations

import copy
import pickle

import pytest

from flytebind.models.admin.launch_plan import LaunchPlanMetadata
from flytebind.models.core.literals import Primitive, Void
from flytebind.runtime.any import AnyMessage


def test_what_is_packed_comes_back_as_its_model() -> None:
    packed = AnyMessage.pack(Primitive(integer=3))
    assert packed.type_name == "flyteidl.core.Primitive"
    assert packed.type_url == "type.googleapis.com/flyteidl.core.Primitive"
    assert packed.unpack(Primitive) == Primitive(integer=3)


def test_another_type_is_refused_by_name() -> None:
    with pytest.raises(
        TypeError, match=r"holds flyteidl\.core\.Primitive, not flyteidl\.core\.Void"
    ):
        AnyMessage.pack(Primitive()).unpack(Void)
    with pytest.raises(TypeError, match="holds nothing"):
        AnyMessage.from_bytes(b"").unpack(Void)


def test_a_field_of_type_any_is_an_any_message() -> None:
    metadata = LaunchPlanMetadata(None, [], AnyMessage.pack(Primitive(boolean=True)))
    assert metadata.launch_conditions is not None
    assert metadata.launch_conditions.unpack(Primitive).boolean is True
    assert LaunchPlanMetadata(None, []).launch_conditions is None


class TestConstructor:
    def test_nothing_is_packed_by_default(self) -> None:
        empty = AnyMessage()
        assert empty == AnyMessage.from_bytes(b"")
        assert empty.is_empty
        assert (empty.type_name, empty.value, repr(empty)) == ("", b"", "AnyMessage()")
        assert hash(empty) == hash(copy.copy(empty))
        assert AnyMessage.from_json(empty.to_json()) == empty

    def test_it_takes_both_fields_and_its_repr_builds_it(self) -> None:
        packed = AnyMessage.pack(Primitive(integer=3))
        assert AnyMessage(type_url=packed.type_url, value=packed.value) == packed
        for model in (packed, AnyMessage(), AnyMessage(type_url="a/b"), AnyMessage(value=b"\0")):
            assert eval(repr(model)) == model
            assert pickle.loads(pickle.dumps(model)) == model
        assert AnyMessage().replace(type_url="a/b.C").type_name == "b.C"

    def test_what_does_not_fit_is_named(self) -> None:
        with pytest.raises(TypeError, match=r"^AnyMessage\.type_url must be str, not int \(1\)$"):
            AnyMessage(type_url=1)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=r"^AnyMessage\.value must be bytes, not str \('x'\)$"):
            AnyMessage().replace(value="x")  # type: ignore[arg-type]
