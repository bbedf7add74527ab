"""What a task must be to be registered: complete, and within the resources that there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

import grpc
from flyteidl.core.tasks_pb2 import K8sPod, Resources, TaskTemplate
from google.protobuf.struct_pb2 import Struct

from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import invalid, required

_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?"
)
_SUFFIXES = {
    **{suffix: Decimal(10) ** power for suffix, power in zip("num", (-9, -6, -3), strict=True)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Decimal(1024) ** power for power, suffix in enumerate("KMGTPE", start=1)},
}
#: What a pod's specification calls resources.
_IN_PODS = {"cpu": "CPU", "memory": "MEMORY", "nvidia.com/gpu": "GPU"}


def check_template(template: TaskTemplate, limits: Mapping[str, str]) -> None:
    """Refuse a task that could never run.

    Args:
        template: The task.
        limits: The most that a task may ask for, by the names of ``Resources.ResourceName``.

    Raises:
        StatusError: INVALID_ARGUMENT, naming what is missing or too much; INTERNAL for a pod
            that is none, as with flyteadmin.
    """
    required(template.type, "type")
    if not template.HasField("metadata"):
        invalid("missing metadata")
    if template.metadata.HasField("runtime"):
        required(template.metadata.runtime.version, "runtime version")
    if not template.HasField("interface"):
        invalid("missing typed interface")
    if template.HasField("container") or template.type == "sidecar":
        container = template.container
        required(container.image, "image")
        named = template.interface.inputs.variables or template.interface.outputs.variables
        if named and not (container.command or container.args):
            invalid("the container has neither a command nor arguments")
        _check_resources(
            _named(container.resources.requests), _named(container.resources.limits), limits
        )
    elif template.HasField("k8s_pod"):
        _check_pod(template.k8s_pod, limits)


def quantity(text: str) -> Decimal | None:
    """A quantity as Kubernetes writes it, such as ``500m`` or ``2Gi``; None for another text."""
    form = _QUANTITY.fullmatch(text)
    if form is None:
        return None
    number, suffix = Decimal(form[1]), form[2] or ""
    if suffix[:1] in ("e", "E") and suffix[1:]:
        return number * Decimal(10) ** int(suffix[1:]) if suffix != "Ei" else number * 1024**6
    return number * _SUFFIXES.get(suffix, Decimal(1))


def _check_pod(pod: K8sPod, limits: Mapping[str, str]) -> None:
    if not pod.HasField("pod_spec"):
        invalid("a pod's task needs a pod_spec")
    if "containers" not in pod.pod_spec.fields:
        return
    containers = pod.pod_spec.fields["containers"]
    if not containers.HasField("list_value"):
        raise StatusError(grpc.StatusCode.INTERNAL, "the pod_spec's containers are no list")
    for container in containers.list_value.values:
        resources = _object(container.struct_value, "resources")
        requests, most = _object(resources, "requests"), _object(resources, "limits")
        _check_resources(_in_pod(requests), _in_pod(most), limits)


def _object(struct: Struct, key: str) -> Struct:
    return struct.fields[key].struct_value if key in struct.fields else Struct()


def _in_pod(struct: Struct) -> dict[str, Decimal]:
    found = {}
    for key, value in struct.fields.items():
        text = value.string_value or f"{value.number_value:g}"
        found[_IN_PODS.get(key, key)] = _quantity(key, text)
    return found


def _named(entries: Iterable[Resources.ResourceEntry]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for entry in entries:
        known = Resources.ResourceName.DESCRIPTOR.values_by_number.get(entry.name)
        name = known.name if known else str(entry.name)
        if name in found:
            invalid(f"{name} is there more than once")
        found[name] = _quantity(name, entry.value)
    return found


def _quantity(name: str, text: str) -> Decimal:
    found = quantity(text)
    if found is None:
        invalid(f"{name}: {text!r} is not a quantity")
    return found


def _check_resources(
    requests: Mapping[str, Decimal], most: Mapping[str, Decimal], limits: Mapping[str, str]
) -> None:
    """Requests within their limits, and both within the server's. A limit alone is free."""
    for name, wanted in requests.items():
        limit = most.get(name)
        if limit is not None and wanted > limit:
            invalid(f"requested {name} {wanted} is greater than the limit {limit}")
        if name == "GPU":
            if wanted % 1:
                invalid(f"{name} must be a whole number, not {wanted}")
            if limit is not None and wanted != limit:
                invalid(f"requested {name} {wanted} is not the limit {limit}")
        if name in limits:
            greatest = quantity(limits[name])
            if greatest is not None and max(wanted, limit or wanted) > greatest:
                invalid(f"{name} {max(wanted, limit or wanted)} is more than {limits[name]}")
