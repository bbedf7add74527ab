"""Pods from and to pod templates, without kubernetes and with something that acts like it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from types import ModuleType

import pytest

from flytebind.behaviour.pods import PodTemplate
from flytebind.models.core.tasks import K8sPod
from flytebind.runtime.typing import JsonObject

SPEC: JsonObject = {"containers": [{"name": "main", "image": "i", "args": ["a"]}]}


@dataclass
class Template:
    """As flytekit's: its attributes may change, and be None."""

    pod_spec: object = None
    primary_container_name: str = "main"
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = field(default_factory=lambda: {"a": "b"})


class V1PodSpec:
    """As kubernetes' own: attributes in snake case, and no mapping."""

    def __init__(self, service_account_name: str) -> None:
        self.service_account_name = service_account_name


@pytest.fixture
def kubernetes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands for kubernetes, which is large, in the one thing that is asked of it."""

    class ApiClient:
        def sanitize_for_serialization(self, obj: object) -> object:
            if isinstance(obj, V1PodSpec):
                return {"serviceAccountName": obj.service_account_name}
            return obj

    client = ModuleType("kubernetes.client")
    monkeypatch.setattr(client, "ApiClient", ApiClient, raising=False)
    monkeypatch.setitem(sys.modules, "kubernetes", ModuleType("kubernetes"))
    monkeypatch.setitem(sys.modules, "kubernetes.client", client)


def test_a_template_becomes_a_pod() -> None:
    pod = K8sPod.from_pod_template(Template(SPEC))
    assert pod.to_dict() == {
        "metadata": {"annotations": {"a": "b"}},
        "podSpec": SPEC,
        "primaryContainerName": "main",
    }


def test_a_pod_becomes_the_template_that_it_was_made_of() -> None:
    template = PodTemplate(SPEC, "main", {"l": "m"}, {"a": "b"})
    pod = K8sPod.from_pod_template(template)
    assert pod.to_pod_template() == template
    assert K8sPod.from_pod_template(pod.to_pod_template()) == pod


def test_an_empty_pod_becomes_a_template_that_names_its_container() -> None:
    assert K8sPod().to_pod_template() == PodTemplate({}, "primary", {}, {})


def test_a_template_without_a_spec_makes_a_pod_without_one() -> None:
    assert K8sPod.from_pod_template(Template()).pod_spec is None


@pytest.mark.usefixtures("kubernetes")
def test_kubernetes_turns_its_own_objects_into_plain_values() -> None:
    pod = K8sPod.from_pod_template(Template(V1PodSpec("robot")))
    assert pod.pod_spec == {"serviceAccountName": "robot"}


@pytest.mark.usefixtures("kubernetes")
def test_what_is_no_pod_spec_is_refused() -> None:
    with pytest.raises(TypeError, match=r"must be a mapping or a V1PodSpec, not int \(3\)"):
        K8sPod.from_pod_template(Template(3))


def test_without_kubernetes_its_objects_are_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "kubernetes.client", None)
    with pytest.raises(ImportError, match=r"turning V1PodSpec .* pip install kubernetes; or give"):
        K8sPod.from_pod_template(Template(V1PodSpec("robot")))
