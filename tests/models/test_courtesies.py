"""What is there for people who come from flytekit: other forms, setters, defaults and names."""

from __future__ import annotations

import pickle
from datetime import timedelta
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.models.common import Envs
from flytebind.models.concurrency import ConcurrencyLimitBehavior, ConcurrencyPolicy
from flytebind.models.core.artifact_id import ArtifactKey, ArtifactTag
from flytebind.models.core.errors import ContainerError
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.core.tasks import Container, ExtendedResources, GPUAccelerator, Resources
from flytebind.models.core.workflow import NodeMetadata, TaskNodeOverrides
from flytebind.models.documentation import Description
from flytebind.models.execution import ExecutionMetadata, ExecutionSpec
from flytebind.models.interface import Parameter, TypedInterface, Variable
from flytebind.models.literals import Literal, LiteralCollection, Scalar
from flytebind.models.matchable_resource import PluginOverride
from flytebind.models.named_entity import NamedEntityState
from flytebind.models.project import Project
from flytebind.models.schedule import Schedule
from flytebind.models.security import OAuth2Client, OAuth2TokenRequest, Secret, SecurityContext
from flytebind.models.task import DataLoadingConfig, IOStrategy
from flytebind.models.types import LiteralType, OutputReference, SimpleType

INTEGER = Variable(LiteralType(simple=SimpleType.INTEGER), "a number")

# Other forms of fields.


def container(env: dict[str, str]) -> Container:
    return Container("image", [], [], Resources([], []), env, {})


def test_variables_are_given_and_read_without_the_message_around_them() -> None:
    interface = TypedInterface({"a": INTEGER}, {})
    assert interface.inputs == {"a": INTEGER}
    assert interface.to_flyte_idl().inputs.variables["a"].description == "a number"
    assert interface.to_flyte_idl().HasField("outputs")


def test_pairs_are_given_and_read_as_a_mapping() -> None:
    assert Envs({"a": "1", "b": "2"}).envs == {"a": "1", "b": "2"}
    assert [pair.key for pair in Envs({"b": "2", "a": "1"}).to_flyte_idl().values] == ["b", "a"]


def test_pairs_of_one_key_are_kept_and_the_last_one_is_read() -> None:
    data = {"values": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}
    envs = Envs.from_dict(data)
    assert envs.envs == {"a": "2"}
    assert [(pair.key, pair.value) for pair in envs.values] == [("a", "1"), ("a", "2")]
    assert envs.to_dict() == data


def test_a_path_is_given_and_read_as_keys_and_indices() -> None:
    reference = OutputReference("n0", "o0", ["a", 1, "", 0])
    assert reference.attr_path == ["a", 1, "", 0]
    which = [attribute.which_value for attribute in reference.attributes]
    assert which == [
        ("string_value", "a"),
        ("int_value", 1),
        ("string_value", ""),
        ("int_value", 0),
    ]


def test_other_forms_are_replaced_like_any_field() -> None:
    interface = TypedInterface({"a": INTEGER}, {"b": INTEGER}).replace(inputs={"c": INTEGER})
    assert (interface.inputs, interface.outputs) == ({"c": INTEGER}, {"b": INTEGER})
    assert container({"a": "1"}).replace(env={"b": "2"}) == container({"b": "2"})
    assert OutputReference("n0", "o0", [1]).replace(attr_path=["x"]).attr_path == ["x"]


def test_other_forms_show_in_what_people_read() -> None:
    assert "env={'a': '1'}" in repr(container({"a": "1"}))
    assert "  env:\n    a: 1" in container({"a": "1"}).verbose_string()
    assert "attr_path=['x', 1]" in repr(OutputReference("n0", "o0", ["x", 1]))


def test_other_forms_leave_their_message_when_they_are_pickled() -> None:
    assert pickle.loads(pickle.dumps(container({"a": "1"}).env)) == {"a": "1"}


@pytest.mark.parametrize(
    ("model_class", "arguments", "expected"),
    [
        (Envs, (["a"],), "Envs.envs must be a mapping of str to str, not list"),
        (Envs, ({"a": 1},), "Envs.envs must be a mapping of str to str"),
        (TypedInterface, (None, {}), "inputs must be a mapping of str to Variable, not None"),
        (Envs, (None,), "Envs.envs must be a mapping of str to str, not None"),
        (TypedInterface, ({"a": 1}, {}), "TypedInterface.inputs must be Variable"),
        (OutputReference, ("n", "o", [1.5]), "OutputReference.attr_path must be str or int, not"),
        (OutputReference, ("n", "o", "ab"), "attr_path must be a sequence of str or int, not str"),
    ],
)
def test_what_does_not_fit_another_form_is_named(
    model_class: Any, arguments: tuple[object, ...], expected: str
) -> None:
    with pytest.raises(TypeError) as caught:
        model_class(*arguments)
    assert expected in str(caught.value)


# Setters.


def test_a_setter_changes_its_own_view_alone() -> None:
    collection = LiteralCollection([Literal(hash="a")])
    first, second = collection.literals[0], collection.literals[0]
    first.hash = "b"
    assert (first.hash, second.hash, collection.literals[0].hash) == ("b", "a", "a")


def test_a_setter_takes_none_for_nothing() -> None:
    literal = Literal(hash="a")
    literal.hash = None
    assert literal.is_empty


def test_a_setter_refuses_what_the_field_refuses() -> None:
    wrong: Any = 1
    literal = Literal(hash="a")
    with pytest.raises(TypeError, match=r"Literal\.hash must be str, not int"):
        literal.hash = wrong
    assert literal.hash == "a"


# Defaults.


def test_defaults_are_set_and_not_just_read() -> None:
    assert Description().to_flyte_idl().format == Description.DescriptionFormat.RST
    assert ConcurrencyPolicy(1).to_flyte_idl().behavior == ConcurrencyLimitBehavior.SKIP
    assert DataLoadingConfig("in", "out").to_dict() == {
        "inputPath": "in",
        "outputPath": "out",
        "enabled": True,
        "format": "PROTO",
    }
    assert Project("id", "name", "about").state is Project.ProjectState.ACTIVE


def test_parts_that_flytekit_makes_unasked_are_made() -> None:
    plan = Identifier(ResourceType.LAUNCH_PLAN, "p", "d", "n", "v")
    spec = ExecutionSpec(plan, ExecutionMetadata(ExecutionMetadata.ExecutionMode.MANUAL, "", 0))
    assert spec.labels is not None
    assert spec.labels.values == {}
    assert NodeMetadata("n0").retries is not None
    assert NodeMetadata("n0", retries=None).retries is None


def test_parts_that_are_made_unasked_are_not_made_of_a_message_without_them() -> None:
    assert ExecutionSpec.from_bytes(b"").labels is None
    assert ExecutionSpec.from_bytes(b"").replace(max_parallelism=1).labels is None


# What else is taken.


def test_messages_of_protobuf_are_taken_where_flytekit_has_them() -> None:
    gpu = ExtendedResources(gpu_accelerator=GPUAccelerator(device="t4"))
    assert TaskNodeOverrides(None, gpu.to_pb()) == TaskNodeOverrides(None, gpu)
    assert (
        TaskNodeOverrides(None, None).replace(extended_resources=gpu.to_pb()).extended_resources
        == gpu
    )
    tag = ArtifactTag(artifact_key=ArtifactKey(name="a"))
    assert Variable(INTEGER.type, "", artifact_tag=tag.to_pb()).artifact_tag == tag
    moment = Timestamp(seconds=3, nanos=1)
    assert ContainerError("c", "m", 0, 0, moment).to_pb().timestamp == moment  # type: ignore[arg-type]


def test_another_message_is_refused_where_one_is_taken() -> None:
    with pytest.raises(
        TypeError, match=r"extended_resources must be ExtendedResources, not a bare"
    ):
        TaskNodeOverrides(None, Resources([], []).to_pb())  # type: ignore[arg-type]


def test_one_secret_is_a_list_of_one() -> None:
    secret = Secret("group", "key")
    assert SecurityContext(secrets=secret) == SecurityContext(secrets=[secret])
    assert SecurityContext().replace(secrets=secret).secrets == [secret]
    token = OAuth2TokenRequest("t", OAuth2Client("c", secret))
    assert SecurityContext(tokens=token).tokens == [token]


def test_a_timeout_of_zero_is_none() -> None:
    assert NodeMetadata("n", timeout=0) == NodeMetadata("n", timeout=None)
    assert NodeMetadata("n", timeout=timedelta(1)).replace(timeout=0).timeout is None
    assert NodeMetadata("n", timeout=timedelta(0)).timeout == timedelta(0)
    with pytest.raises(TypeError, match=r"NodeMetadata\.timeout must be a timedelta, not int"):
        NodeMetadata("n", timeout=60)  # type: ignore[arg-type]


def test_a_parameter_with_a_default_may_be_called_not_required() -> None:
    default = Literal(hash="a")
    for parameter in (
        Parameter(INTEGER, default=default, required=False),
        Parameter(INTEGER).replace(default=default, required=False),
    ):
        assert parameter.which_behavior == ("default", default)
    assert Parameter(INTEGER, required=False).which_behavior == ("required", False)
    with pytest.raises(ValueError, match="not both 'default' and 'required'"):
        Parameter(INTEGER, default=default, required=True)


def test_an_error_without_a_time_has_flytekits() -> None:
    assert ContainerError("c", "m", 0, 0).to_pb().HasField("timestamp")  # type: ignore[arg-type]


def test_a_model_of_another_library_is_told_by_its_module() -> None:
    class Primitive:
        def to_flyte_idl(self) -> None: ...

    with pytest.raises(TypeError) as caught:
        Scalar(Primitive())  # type: ignore[arg-type]
    assert (
        f"Scalar.primitive must be flytebind.models.core.literals.Primitive, not {__name__}."
        in str(caught.value)
    )
    assert "Primitive.from_flyte_idl(value.to_flyte_idl()) makes one" in str(caught.value)


# Names.


def test_classes_are_found_where_flytekit_nests_them() -> None:
    rate = Schedule.FixedRate(3, Schedule.FixedRateUnit.HOUR)
    assert Schedule("arg", rate=rate).schedule_expression == rate
    assert type(rate).__qualname__ == "FixedRate"


def test_constants_of_classes_are_members_of_their_enums() -> None:
    assert PluginOverride.USE_DEFAULT is PluginOverride.MissingPluginBehavior.USE_DEFAULT
    assert IOStrategy(IOStrategy.DOWNLOAD_MODE_STREAM).download_mode.name == "DOWNLOAD_STREAM"
    assert DataLoadingConfig.LITERALMAP_FORMAT_JSON.value == 0


def test_short_names_of_enum_values_are_the_long_ones() -> None:
    found = [NamedEntityState[name] for name in ("ACTIVE", "ARCHIVED")]
    assert [item.name for item in found] == ["NAMED_ENTITY_ACTIVE", "NAMED_ENTITY_ARCHIVED"]
