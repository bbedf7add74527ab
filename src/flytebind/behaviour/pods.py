"""Pods of tasks as pod templates, and back.

Neither kubernetes nor flytekit is needed, except that a pod spec made of kubernetes' own classes
needs the kubernetes that it is of.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import NamedTuple, Protocol

from flyteidl.core import tasks_pb2

from flytebind.runtime.convert import read_struct, write_struct
from flytebind.runtime.entity import FlyteIdlEntity
from flytebind.runtime.typing import JsonMapping, JsonObject, Self

PRIMARY_CONTAINER = "primary"
"""What the container of the task is called where nobody says."""


class PodTemplateLike(Protocol):
    """A pod template, such as flytekit's ``PodTemplate``."""

    @property
    def pod_spec(self) -> object:
        """A mapping of JSON values, or a ``V1PodSpec`` of kubernetes; None for none."""
        ...

    @property
    def primary_container_name(self) -> str:
        """The container that runs the task."""
        ...

    @property
    def labels(self) -> Mapping[str, str] | None:
        """Labels of the pod."""
        ...

    @property
    def annotations(self) -> Mapping[str, str] | None:
        """Annotations of the pod."""
        ...


# No dataclass: models import this, and `dataclasses` brings `inspect`, which takes 5 ms.
class PodTemplate(NamedTuple):
    """A pod template. It has the fields of flytekit's, with the pod spec as plain values."""

    pod_spec: JsonObject
    """As in Kubernetes' JSON."""
    primary_container_name: str
    """The container that runs the task."""
    labels: dict[str, str]
    """Labels of the pod."""
    annotations: dict[str, str]
    """Annotations of the pod."""


class TemplatedPod(FlyteIdlEntity[tasks_pb2.K8sPod]):
    """For ``K8sPod``: from and to pod templates."""

    __slots__ = ()

    def to_pod_template(self) -> PodTemplate:
        """The pod as a template. How data is loaded is not a part of it."""
        pb = self._pb
        return PodTemplate(
            pod_spec=read_struct(pb.pod_spec),
            primary_container_name=pb.primary_container_name or PRIMARY_CONTAINER,
            labels=dict(pb.metadata.labels),
            annotations=dict(pb.metadata.annotations),
        )

    @classmethod
    def from_pod_template(cls, pod_template: PodTemplateLike) -> Self:
        """A pod from flytekit's ``PodTemplate``, the one here, or whatever has its attributes.

        Raises:
            ImportError: If the pod spec is an object and kubernetes is not installed.
            TypeError: If the pod spec is neither a mapping nor an object of kubernetes.
        """
        pb = tasks_pb2.K8sPod(primary_container_name=pod_template.primary_container_name)
        pb.metadata.SetInParent()
        pb.metadata.labels.update(pod_template.labels or {})
        pb.metadata.annotations.update(pod_template.annotations or {})
        if pod_template.pod_spec is not None:
            write_struct(pb.pod_spec, _plain(pod_template.pod_spec))
        return cls._wrap(pb)


def _plain(pod_spec: object) -> JsonMapping:
    if isinstance(pod_spec, Mapping):
        return pod_spec
    kind = type(pod_spec).__name__
    try:
        client = import_module("kubernetes.client").ApiClient()
    except ImportError:
        raise ImportError(
            f"turning {kind} into plain values takes kubernetes: pip install kubernetes; or give"
            " the pod spec as a dict"
        ) from None
    plain: object = client.sanitize_for_serialization(pod_spec)
    if not isinstance(plain, dict):
        raise TypeError(f"a pod spec must be a mapping or a V1PodSpec, not {kind} ({pod_spec!r})")
    return plain
