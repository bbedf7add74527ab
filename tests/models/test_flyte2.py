"""What the overlay of flyteidl2 makes of names and constructors."""

from __future__ import annotations

import pytest
from flyteidl2.task import common_pb2

from flytebind.v2 import services
from flytebind.v2.models.common.identifier import ActionIdentifier, RunIdentifier
from flytebind.v2.models.common.phase import ActionPhase
from flytebind.v2.models.core.literals import Literal, Primitive, Scalar
from flytebind.v2.models.task.common import Inputs, NamedLiteral
from flytebind.v2.models.workflow.run_definition import Action, ActionMetadata

THREE, FOUR = (Literal(scalar=Scalar(primitive=Primitive(integer=size))) for size in (3, 4))


def test_identifiers_are_given_by_position_and_must_be_whole() -> None:
    run = RunIdentifier("flytesnacks", "development", "r1")
    assert (run.project, run.domain, run.name, run.org) == ("flytesnacks", "development", "r1", "")
    assert ActionIdentifier(run, "a0").run == run
    with pytest.raises(TypeError, match="name"):
        RunIdentifier("flytesnacks", "development")  # type: ignore[call-arg]


def test_values_of_enums_have_short_names_and_keep_the_long_ones() -> None:
    assert str(ActionPhase.RUNNING) == "RUNNING"
    assert ActionPhase["ACTION_PHASE_RUNNING"] is ActionPhase.RUNNING
    assert Action.from_dict({"status": {"phase": "ACTION_PHASE_RUNNING"}}).status.phase == 4


def test_inputs_are_read_by_name_whatever_their_order_is() -> None:
    pb = common_pb2.Inputs()
    pb.literals.add(name="b", value=THREE.to_pb())
    pb.literals.add(name="a", value=FOUR.to_pb())
    inputs = Inputs.from_pb(pb)
    assert inputs.literals == {"a": FOUR, "b": THREE}
    assert list(inputs.named_literals) == [NamedLiteral("b", THREE), NamedLiteral("a", FOUR)]
    assert Inputs({"b": THREE, "a": FOUR}) == inputs


def test_the_misspelt_field_has_its_right_name_too() -> None:
    metadata = ActionMetadata(function_name="square")
    assert metadata.function_name == metadata.funtion_name == "square"
    assert metadata.to_dict() == {"funtionName": "square"}


def test_services_have_one_home_whatever_their_files_are_called() -> None:
    names = ("RunService", "ClusterService", "ImageService", "CacheService", "CacheServiceV2")
    modules = [getattr(services, f"{name}Client").__module__.rpartition(".")[2] for name in names]
    assert modules == [
        "run_service",
        "cluster_service",
        "image_service",
        "cacheservice",
        "cacheservice_v2",
    ]
