"""Packed messages."""

from __future__ import annotations

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
