"""Interfaces of tasks that run over lists."""

from __future__ import annotations

from flytebind.models.core.interface import TypedInterface, Variable
from flytebind.models.core.types import LiteralType, SimpleType

INTEGER = LiteralType(simple=SimpleType.INTEGER)
INTERFACE = {
    "inputs": {"variables": {name: {"type": {"simple": "INTEGER"}} for name in ("a", "b", "c")}},
    "outputs": {"variables": {"o0": {"type": {"simple": "STRING"}, "description": "out"}}},
}


def test_a_variable_becomes_a_list_of_itself_and_keeps_the_rest() -> None:
    variable = Variable.from_dict(
        {"type": {"simple": "INTEGER"}, "description": "d", "artifactTag": {"artifactKey": {}}}
    )
    pb = variable.to_flyte_idl_list()
    assert Variable.from_pb(pb) == variable.replace(type=LiteralType(collection_type=INTEGER))
    assert variable.type == INTEGER


def test_a_list_of_a_list_is_two_lists() -> None:
    twice = Variable.from_pb(Variable(INTEGER, "").to_flyte_idl_list()).to_flyte_idl_list()
    assert twice.type.collection_type.collection_type.simple == SimpleType.INTEGER


def test_all_but_bound_and_excluded_inputs_become_lists() -> None:
    interface = TypedInterface.from_dict(INTERFACE)
    mapped = interface.transform_interface_to_list({"b"}, {"c", "unknown"})
    integer = {"simple": "INTEGER"}
    assert mapped.to_dict() == {
        "inputs": {
            "variables": {"a": {"type": {"collectionType": integer}}, "b": {"type": integer}}
        },
        "outputs": {
            "variables": {
                "o0": {"type": {"collectionType": {"simple": "STRING"}}, "description": "out"}
            }
        },
    }
    assert interface.to_dict() == INTERFACE


def test_the_interface_of_a_subclass_is_of_that_class() -> None:
    class Own(TypedInterface):
        __slots__ = ()

    assert type(Own.from_dict(INTERFACE).transform_interface_to_list(set(), set())) is Own
