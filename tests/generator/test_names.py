"""From proto names to Python names."""

from __future__ import annotations

import keyword
from enum import IntEnum

import pytest
from hypothesis import given, strategies as st

from flytebind import models
from flytebind.runtime import FlyteIdlEntity, OpenEnum
from flytebind.runtime.rpc import AsyncClient, AsyncServicer, Client, Servicer
from flytegen.names import Context, escape, reserved_names, snake_case

CONTEXTS: list[Context] = ["attribute", "class", "enum_value", "method", "module"]
identifiers = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
awkward = st.builds(
    lambda before, name, after: before + name + after,
    st.sampled_from(["", "_", "__"]),
    st.sampled_from(sorted(reserved_names("attribute") | reserved_names("enum_value"))),
    st.sampled_from(["", "_", "__", "___"]),
)

#: A change here renames an attribute that somebody uses.
FROZEN = {
    ("phase", "attribute"): "phase",
    ("class", "attribute"): "class_",
    ("class_", "attribute"): "class__",
    ("None", "attribute"): "None_",
    ("self", "attribute"): "self_",
    ("pb", "attribute"): "pb_",
    ("is_empty", "attribute"): "is_empty_",
    ("replace_", "attribute"): "replace__",
    ("property", "attribute"): "property",
    ("type", "attribute"): "type",
    ("match", "attribute"): "match",
    ("_pb", "attribute"): "_pb___",
    ("__init__", "attribute"): "__init_____",
    ("executionId", "attribute"): "executionId",
    ("Literal", "class"): "Literal",
    ("None", "class"): "None_",
    ("TYPE_CHECKING", "class"): "TYPE_CHECKING_",
    ("name", "enum_value"): "name_",
    ("value", "enum_value"): "value_",
    ("mro", "enum_value"): "mro_",
    ("_order_", "enum_value"): "_order____",
    ("get_task", "method"): "get_task",
    ("list", "method"): "list",
    ("import", "method"): "import_",
    ("float", "method"): "float_",
    ("add_to_server", "method"): "add_to_server_",
    ("import", "module"): "import_",
    ("model_for", "module"): "model_for_",
}


@pytest.mark.parametrize(("name", "context"), FROZEN)
def test_an_escaped_name_never_changes(name: str, context: Context) -> None:
    assert escape(name, context) == FROZEN[name, context]


@given(st.sampled_from(CONTEXTS), identifiers | awkward, identifiers | awkward)
def test_two_names_never_meet_in_one(context: Context, one: str, other: str) -> None:
    assert (escape(one, context) == escape(other, context)) == (one == other)


@given(st.sampled_from(CONTEXTS), identifiers | awkward)
def test_an_escaped_name_is_a_usable_identifier(context: Context, name: str) -> None:
    escaped = escape(name, context)
    assert escaped.isidentifier()
    assert not keyword.iskeyword(escaped)
    assert escaped not in reserved_names(context)


@given(identifiers | awkward)
def test_any_name_can_be_a_member_of_an_enum(name: str) -> None:
    escaped = escape(name, "enum_value")
    probe: type[IntEnum] = IntEnum("Probe", {escaped: 1})  # type: ignore[misc]  # a name made up
    assert probe(1).name == escaped


def test_every_public_member_of_a_model_is_reserved() -> None:
    members = {name for name in dir(FlyteIdlEntity) if not name.startswith("_")}
    assert members <= reserved_names("attribute")


def test_every_public_member_of_an_enum_is_reserved() -> None:
    members = {name for name in (*dir(OpenEnum), *dir(int)) if not name.startswith("_")}
    assert members <= reserved_names("enum_value")


def test_every_keyword_is_reserved_everywhere() -> None:
    for context in CONTEXTS:
        assert set(keyword.kwlist) <= reserved_names(context)


def test_what_the_root_package_defines_is_reserved_for_modules() -> None:
    functions = {name for name in vars(models) if not name.startswith("_")} & {"model_for"}
    assert functions <= reserved_names("module")
    assert functions


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("ScheduleExpression", "schedule_expression"),
        ("output_result", "output_result"),
        ("HTTPRule", "http_rule"),
        ("type", "type"),
        ("x2Y", "x2_y"),
    ],
)
def test_oneof_accessors_are_named_in_snake_case(name: str, snake: str) -> None:
    assert snake_case(name) == snake


@pytest.mark.parametrize("base", [AsyncClient, AsyncServicer, Client, Servicer])
def test_every_public_member_of_a_service_is_reserved(base: type) -> None:
    members = {name for name in (*dir(base), *base.__annotations__) if not name.startswith("_")}
    assert members <= reserved_names("method")
