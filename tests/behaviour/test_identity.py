"""Identifiers as text."""

from __future__ import annotations

from flytebind.models.core.identifier import Identifier, ResourceType


def test_an_identifier_prints_as_one_line() -> None:
    id = Identifier(ResourceType.TASK, "p", "d", "wf.task", "v1")
    assert str(id) == f"{id}" == "TASK:p:d:wf.task:v1"
    assert id.resource_type_name() == "TASK"
    assert Identifier(ResourceType.LAUNCH_PLAN, "p", "d", "n", "v").resource_type_name() == (
        "LAUNCH_PLAN"
    )


def test_a_kind_that_has_no_name_prints_as_its_member_does() -> None:
    id = Identifier(ResourceType(42), "p", "d", "n", "v")
    assert str(id) == "UNRECOGNIZED_42:p:d:n:v"


def test_an_empty_identifier_prints_its_empty_parts() -> None:
    assert str(Identifier.from_dict({})) == "UNSPECIFIED::::"


def test_the_outline_and_the_call_are_there_besides() -> None:
    id = Identifier(ResourceType.TASK, "p", "d", "n", "v")
    assert repr(id).startswith("Identifier(resource_type=ResourceType.TASK, project='p'")
    assert id.short_string().splitlines()[1] == "  resource_type: TASK"
