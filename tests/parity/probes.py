"""What models do beyond their fields: each probe does it with the classes of one library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from functools import partial
from typing import Any, TypeAlias, get_type_hints

from flyteidl.admin import launch_plan_pb2
from flyteidl.core import (
    execution_pb2,
    identifier_pb2,
    literals_pb2,
    security_pb2,
    types_pb2,
    workflow_pb2,
)
from flytekit import PodTemplate
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from kubernetes.client import V1Container, V1EnvVar, V1PodSpec

from tests.parity.discovery import constants, enums, here, methods
from tests.support.fill import UNKNOWN_FIELDS

#: Finds a class by its name below ``models``.
Find: TypeAlias = Callable[[str], Any]
Probe: TypeAlias = Callable[[Find], object]


def _identifier(find: Find, kind: int = 2) -> Any:
    return find("core.identifier.Identifier")(kind, "project", "domain", "name", "v1")


def _variable(find: Find, number: int) -> Any:
    kind = find("types.LiteralType")(simple=number)
    return find("interface.Variable")(kind, f"the variable {number}")


def _scalar(find: Find, number: int = 1) -> Any:
    return find("literals.Scalar")(primitive=find("literals.Primitive")(integer=number))


def _each(call: Callable[[Any], Any], inputs: Iterable[object]) -> list[object]:
    """What a call gives for each input; where it raises, whether that is a ValueError."""
    return [_or_error(call, item) for item in inputs]


def _or_error(call: Callable[[Any], Any], item: object) -> object:
    try:
        return call(item)
    except Exception as error:
        return "ValueError" if isinstance(error, ValueError) else type(error).__name__


def _sort(find: Find) -> object:
    texts = ("asc(name)", "desc(created_at)", " asc( name ) ", "asc(name", "up(name)")
    return _each(find("admin.common.Sort").from_python_std, texts)


def _merge_annotations(find: Find) -> object:
    annotation = find("annotation.TypeAnnotation")
    first, second = annotation({"a": 1, "b": {"x": 1}}), annotation({"b": {"y": 2}, "c": "z"})
    return annotation.merge_annotations(first, second)


def _transform_interface(find: Find) -> object:
    inputs = {name: _variable(find, number) for number, name in enumerate("abc", 1)}
    interface = find("interface.TypedInterface")(inputs, {"o": _variable(find, 4)})
    return interface.transform_interface_to_list({"a"}, {"b"})


def _to_literal(find: Find) -> object:
    data = find("literals.BindingData")
    leaf = data(scalar=_scalar(find))
    some = (
        leaf,
        data(collection=find("literals.BindingDataCollection")([leaf, leaf])),
        data(map=find("literals.BindingDataMap")({"k": leaf})),
    )
    return _each(lambda item: item.to_literal_model(), some)


def _to_literal_of_a_promise(find: Find) -> object:
    promise = find("types.OutputReference")("n0", "o0")
    return find("literals.BindingData")(promise=promise).to_literal_model()


def _set_metadata(find: Find) -> object:
    literal = find("literals.Literal")(scalar=_scalar(find), metadata={"a": "1"})
    literal.set_metadata({"b": "2"})
    return literal


def _add_env(find: Find) -> object:
    resources = find("task.Resources")([], [])
    container = find("task.Container")("image", [], [], resources, {"A": "1"}, {})
    container.add_env("B", "2")
    return container


def _missing_plugin_behavior(find: Find) -> object:
    override = find("matchable_resource.PluginOverride")
    return _each(override.string_to_enum, ("FAIL", "USE_DEFAULT", "else"))


def _array_job(find: Find) -> object:
    made = [
        find("array_job.ArrayJob")(parallelism=2, size=5, min_successes=3),
        find("array_job.ArrayJob")(parallelism=2, size=5, min_success_ratio=0.5),
    ]
    return [job.to_dict() for job in made]


def _array_job_back(find: Find) -> object:
    job = find("array_job.ArrayJob").from_dict(
        {"parallelism": "2", "size": "5", "minSuccesses": "3"}
    )
    return [job.parallelism, job.size, job.min_successes, job.min_success_ratio]


def _auto_activate(find: Find) -> object:
    interface = find("interface.ParameterMap")({}), find("interface.VariableMap")({})
    closure = find("launch_plan.LaunchPlanClosure")(0, *interface)
    spec = find("launch_plan.LaunchPlanSpec")
    nothing = find("launch_plan.LaunchPlanMetadata")(None, [])
    made = spec(
        _identifier(find), nothing, find("interface.ParameterMap")({}),
        find("literals.LiteralMap")({}), find("common.Labels")({}),
        find("common.Annotations")({}), None, find("common.RawOutputDataConfig")("s3://b"),
    )  # fmt: skip
    plan = find("launch_plan.LaunchPlan")
    plans = (plan(_identifier(find), made, closure, on) for on in (True, False))
    return [item.should_auto_activate for item in plans]


def _pod(find: Find) -> object:
    metadata = find("task.K8sObjectMetadata")({"l": "1"}, {"a": "2"})
    pod = find("task.K8sPod")(metadata, {"containers": [{"name": "c"}]})
    return _pod_template(pod.to_pod_template())


def _named_pod(find: Find) -> object:
    metadata = find("task.K8sObjectMetadata")({}, {})
    pod = find("task.K8sPod")(metadata, {}, primary_container_name="main")
    return _pod_template(pod.to_pod_template())


def _pod_template(template: Any) -> object:
    names = ("labels", "annotations", "pod_spec", "primary_container_name")
    return [getattr(template, name) for name in names]


def _pod_back(find: Find) -> object:
    container = V1Container(name="main", image="i", env=[V1EnvVar(name="A", value="1")])
    template = PodTemplate(V1PodSpec(containers=[container]), "main", {"l": "1"}, {"a": "2"})
    return find("task.K8sPod").from_pod_template(template)


def _override(find: Find) -> object:
    template = PodTemplate({"containers": [{"name": "c"}]}, "main", {"l": "1"}, {"a": "2"})
    overrides = find("core.workflow.TaskNodeOverrides")
    return overrides(find("task.Resources")([], []), None, pod_template=template)


def _unknown_field(find: Find) -> object:
    identifier = identifier_pb2.Identifier.FromString(UNKNOWN_FIELDS)
    return _again(find, "core.identifier.Identifier", identifier)


def _nanoseconds(find: Find) -> object:
    return _again(find, "core.execution.TaskLog", execution_pb2.TaskLog(ttl=Duration(nanos=1)))


def _read_error(find: Find) -> object:
    return _again(find, "literals.Scalar", literals_pb2.Scalar(error=types_pb2.Error(message="m")))


def _again(find: Find, name: str, message: Message) -> object:
    return find(name).from_flyte_idl(message).to_flyte_idl()


def _secret_with_any_name(find: Find) -> object:
    return _again(find, "security.Secret", security_pb2.Secret(group="g", env_var="lower"))


def _overrides_without_resources(find: Find) -> object:
    overrides = workflow_pb2.TaskNodeOverrides(container_image="i")
    node = find("core.workflow.TaskNode").from_flyte_idl(workflow_pb2.TaskNode(overrides=overrides))
    return node.overrides


def _deprecated_auth(find: Find) -> object:
    spec = launch_plan_pb2.LaunchPlanSpec(auth=launch_plan_pb2.Auth(assumable_iam_role="role"))
    role = find("launch_plan.LaunchPlanSpec").from_flyte_idl(spec).auth_role
    return role and role.assumable_iam_role


def _change(find: Find) -> object:
    identity = find("security.Identity")("role")
    identity.iam_role = "another"
    return identity.iam_role


def _enum_methods() -> Iterator[tuple[str, Probe]]:
    for name, kit in enums().items():
        known = constants(kit)
        for method in methods(kit):
            if method == "string_to_enum":
                yield f"{name}.{method}", partial(_enum_method, name, method, [*known, "else"])
            else:
                numbers = {*known.values()}
                more = [*{int(member) for member in here(name)} - numbers]
                yield f"{name}.{method}", partial(_enum_method, name, method, [*numbers, 77])
                if more:
                    yield f"{name}.{method} (more)", partial(_enum_method, name, method, more)


def _enum_method(name: str, method: str, inputs: Iterable[object], find: Find) -> object:
    return _each(getattr(find(name), method), inputs)


def answer(name: str, find: Find) -> object:
    """What a probe gives with the classes of one library, in a form that both have in common."""
    return _simple(PROBES[name](find))


def _simple(value: Any) -> object:
    if isinstance(value, list):
        return [_simple(item) for item in value]
    if hasattr(value, "to_flyte_idl"):
        return _simple(value.to_flyte_idl())
    return value.SerializeToString(deterministic=True) if hasattr(value, "DESCRIPTOR") else value


#: By the name of the method; what is not one says what it does in parentheses.
PROBES: Mapping[str, Probe] = {
    "admin.common.Sort.from_python_std": _sort,
    "admin.common.Sort.from_python_std (no key)": lambda find: find(
        "admin.common.Sort"
    ).from_python_std("asc()"),
    "annotation.TypeAnnotation (whole number)": lambda find: type(
        find("annotation.TypeAnnotation")
        .from_flyte_idl(find("annotation.TypeAnnotation")({"a": 3}).to_flyte_idl())
        .annotations["a"]
    ).__name__,
    "annotation.TypeAnnotation.merge_annotations": _merge_annotations,
    "array_job.ArrayJob.from_dict": _array_job_back,
    "array_job.ArrayJob.to_dict": _array_job,
    "common.EmailNotification (text for a list)": lambda find: find("common.EmailNotification")(
        "ab"
    ),
    "core.execution.TaskLog (nanoseconds)": _nanoseconds,
    "core.identifier.Identifier (unknown field)": _unknown_field,
    "core.identifier.Identifier.serialize_to_string (annotation)": lambda find: str(
        get_type_hints(find("core.identifier.Identifier").serialize_to_string)["return"]
    ),
    "core.identifier.Identifier.__str__": lambda find: [
        str(_identifier(find, kind)) for kind in range(5)
    ],
    "core.identifier.Identifier.resource_type_name": lambda find: [
        _identifier(find, kind).resource_type_name() for kind in range(5)
    ],
    "core.workflow.TaskNode (overrides without resources)": _overrides_without_resources,
    "core.workflow.TaskNodeOverrides (pod template)": _override,
    "filters.Contains (two values)": lambda find: find("filters.Contains")("k", ["a", "b"]),
    "filters.Equal (comma)": lambda find: find("filters.Equal")("k", "a,b"),
    "filters.Equal (no value)": lambda find: find("filters.Equal")("k", ""),
    "filters.GreaterThan (time)": lambda find: find("filters.GreaterThan")(
        "k", datetime(2026, 1, 2, tzinfo=timezone.utc)
    ),
    "filters.GreaterThan (naive time)": lambda find: find("filters.GreaterThan")(
        "k", datetime(2026, 1, 2)
    ),
    "interface.TypedInterface.transform_interface_to_list": _transform_interface,
    "interface.Variable.to_flyte_idl_list": lambda find: _variable(find, 3).to_flyte_idl_list(),
    "launch_plan.LaunchPlan.auto_activate": _auto_activate,
    "launch_plan.LaunchPlanSpec (deprecated auth)": _deprecated_auth,
    "literals.BindingData.to_literal_model": _to_literal,
    "literals.BindingData.to_literal_model (promise)": _to_literal_of_a_promise,
    "literals.Literal.set_metadata": _set_metadata,
    "literals.Primitive (number for a bool)": lambda find: find("literals.Primitive")(boolean=7),
    "literals.Scalar (error that was read)": _read_error,
    "matchable_resource.PluginOverride.string_to_enum": _missing_plugin_behavior,
    "project.Project.active_project": lambda find: find("project.Project").active_project("p"),
    "project.Project.archived_project": lambda find: find("project.Project").archived_project("p"),
    "security.Secret (name that was read)": _secret_with_any_name,
    "security.Secret (name that is no variable's)": lambda find: find("security.Secret")(
        "g", env_var="lower"
    ),
    "security.Identity (assignment)": _change,
    "task.K8sPod.from_pod_template": _pod_back,
    "task.K8sPod.to_pod_template": _pod,
    "task.K8sPod.to_pod_template (name of the container)": _named_pod,
    "task.Container.add_env": _add_env,
    **dict(_enum_methods()),
}
