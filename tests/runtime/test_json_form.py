"""Reading JSON that others wrote, and writing none that cannot be read."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from types import MappingProxyType

import pytest

from flytebind.models.admin.launch_plan import LaunchPlanMetadata
from flytebind.models.core.identifier import Identifier
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.runtime.any import AnyMessage

HALF = "\ud800"
STRUCT = "type.googleapis.com/google.protobuf.Struct"


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "prod", "name": "dev"}',
        '{"resourceType": 1, "resource_type": 2}',
        '{"resource_type": 1, "resourceType": null}',
    ],
)
def test_a_field_that_comes_twice_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Identifier: .*(comes twice|are one field)$"):
        Identifier.from_json(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"literals": {"a": {"hash": "1", "hash": "2"}}}',
        '{"literals": {"a": {}, "a": {}}}',
        '{"literals": {"a": {"collection": {"literals": [{"hash": "", "hash": ""}]}}}}',
        '{"literals": {"a": {"offloadedMetadata": {"sizeBytes": 1, "size_bytes": 1}}}}',
        '{"literals": {"a": {"collection": {"literals": [{"offloadedMetadata": {}, '
        '"offloaded_metadata": {}}]}}}}',
        '{"literals": {"a": {"scalar": {"generic": {"a": 1, "a": 1}}}}}',
    ],
)
def test_so_it_is_wherever_it_is(text: str) -> None:
    with pytest.raises(ValueError, match=r"^LiteralMap: .*(comes twice|are one field)$"):
        LiteralMap.from_json(text)


def test_keys_of_maps_and_structs_are_no_spellings_of_fields() -> None:
    keys = {"size_bytes": None, "sizeBytes": None}
    assert Scalar.from_dict({"generic": keys}).generic == keys
    assert set(LiteralMap.from_dict({"literals": {"hash": {}, "HASH": {}}}).literals) == {
        "hash",
        "HASH",
    }


def deep(levels: int, opening: str, closing: str) -> str:
    return opening * levels + "1" + closing * levels


@pytest.mark.parametrize("levels", [101, 400, 3_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]")])
def test_json_that_nests_too_deeply_is_a_value_error(
    levels: int, opening: str, closing: str
) -> None:
    text = deep(levels, opening, closing)
    for whole in (text, f'{{"generic": {{"a": {text}}}}}', f'{{"unheard": {text}}}'):
        with pytest.raises(ValueError, match=r"^Scalar: "):
            Scalar.from_json(whole, ignore_unknown_fields=whole.startswith('{"g'))


def packed(levels: int) -> dict[str, object]:
    """An Any in an Any in an Any ..."""
    value: dict[str, object] = {"@type": STRUCT, "value": {}}
    for _ in range(levels):
        value = {"@type": "type.googleapis.com/google.protobuf.Any", "value": value}
    return value


@pytest.mark.parametrize("levels", [250, 5_000])
def test_packed_messages_that_nest_too_deeply_are_refused(levels: int) -> None:
    """Some releases of protobuf count none of them, and run into the end of Python's stack."""
    assert LaunchPlanMetadata.from_dict({"launchConditions": packed(90)}).launch_conditions
    with pytest.raises(ValueError, match=r"^LaunchPlanMetadata: nests more than 201 levels$"):
        LaunchPlanMetadata.from_dict({"launchConditions": packed(levels)})


def test_messages_may_nest_as_deeply_in_json_as_in_bytes() -> None:
    literal = Literal(hash="a")
    for _ in range(50):
        literal = Literal.from_dict({"collection": {"literals": [literal.to_dict()]}})
    assert Literal.from_bytes(literal.to_bytes()) == literal
    assert Literal.from_json(literal.to_json(indent=1)) == literal
    with pytest.raises(ValueError, match=r"^Literal: nests 102 messages inside each other"):
        Literal.from_dict({"collection": {"literals": [literal.to_dict()]}})


@pytest.mark.parametrize(
    "data",
    [
        {HALF: 1},
        {"name": HALF},
        {"resourceType": HALF},
        {f"[{HALF}]": 1},
        {"name": {HALF: 1}},
    ],
)
@pytest.mark.parametrize("lenient", [False, True])
def test_half_of_a_character_is_a_value_error(data: dict[str, object], lenient: bool) -> None:
    for read in (Identifier.from_dict, lambda data: Identifier.from_json(json.dumps(data))):
        with pytest.raises(ValueError, match=r"^Identifier: .*is no Unicode"):
            read(data)
    with pytest.raises(ValueError, match=r"^Identifier: .*is no Unicode"):
        Identifier.from_dict(data, ignore_unknown_fields=lenient)


@pytest.mark.parametrize(
    "conditions",
    [
        {"@type": STRUCT},
        {"@type": HALF},
        {"@type": 1},
        {"@type": STRUCT, "value": 1},
        {"@type": "type.googleapis.com/nobody.Knows"},
        {"value": 1},
        "a",
        ["@type"],
        1,
    ],
)
def test_what_is_no_packed_message_is_a_value_error(conditions: object) -> None:
    with pytest.raises(ValueError, match=r"^LaunchPlanMetadata: "):
        LaunchPlanMetadata.from_dict({"launchConditions": conditions})
    with pytest.raises(ValueError, match=r"^AnyMessage: "):
        AnyMessage.from_json(json.dumps(conditions))


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", '"a"', "1", b"\xff\xfe{", "{} {}"),
        *('{"name": NaN}', '{"name": 1}', '{"name": []}'),
        *('{"resourceType": 1e999}', f'{{"resourceType": {"9" * 5_000}}}'),
    ],
)
def test_what_is_no_json_of_a_message_is_a_value_error_of_its_class(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"^Identifier: "):
        Identifier.from_json(text)


@pytest.mark.parametrize("read", [Primitive.from_json, Primitive.from_dict])
def test_what_is_no_text_and_no_mapping_is_named(read: Callable[[None], object]) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^Primitive: .* not NoneType$"):
        read(None)


def test_what_is_read_is_left_as_it_was() -> None:
    data = {"launchConditions": {"@type": STRUCT, "value": {"a": [1]}}}
    before = copy.deepcopy(data)
    metadata = LaunchPlanMetadata.from_dict(data)
    assert data == before
    assert list(data["launchConditions"]) == ["@type", "value"]
    assert metadata.to_dict() == data


def test_any_mapping_and_a_view_will_do() -> None:
    literal = Literal.from_dict({"scalar": MappingProxyType({"generic": {"a": (1, 2)}})})
    assert literal.scalar is not None
    assert literal.scalar.generic == {"a": [1, 2]}
    labels = LiteralMap.from_dict({"literals": LiteralMap({}).literals})
    assert labels == LiteralMap({})
