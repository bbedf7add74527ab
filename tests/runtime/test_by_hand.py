"""Entities that people write by hand, in the shape of flytekit's plugins for ray and spark."""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass
from typing import Any

import pytest
from flyteidl.core import literals_pb2
from flyteidl.plugins import ray_pb2, spark_pb2

from flytebind.models.common import FlyteCustomIdlEntity, FlyteIdlEntity
from flytebind.models.execution import Execution
from flytebind.models.literals import Literal
from flytebind.models.plugins.ray import RayCluster as GeneratedCluster
from flytebind.models.task import K8sPod


class Workers(FlyteIdlEntity):  # type: ignore[type-arg]  # as untyped plugins write it
    """A plugin's class: attributes with underscores, properties of the fields' names."""

    def __init__(self, group_name: str, replicas: int, k8s_pod: K8sPod | None = None) -> None:
        self._group_name = group_name
        self._replicas = replicas
        self._k8s_pod = k8s_pod

    @property
    def group_name(self) -> str:
        return self._group_name

    @property
    def replicas(self) -> int:
        return self._replicas

    def to_flyte_idl(self) -> ray_pb2.WorkerGroupSpec:
        pod = self._k8s_pod.to_flyte_idl() if self._k8s_pod else None
        return ray_pb2.WorkerGroupSpec(
            group_name=self.group_name, replicas=self.replicas, k8s_pod=pod
        )

    @classmethod
    def from_flyte_idl(cls, proto: ray_pb2.WorkerGroupSpec, /) -> Workers:
        pod = K8sPod.from_flyte_idl(proto.k8s_pod) if proto.HasField("k8s_pod") else None
        return cls(proto.group_name, proto.replicas, pod)


class Cluster(FlyteIdlEntity):  # type: ignore[type-arg]
    """One that holds others, and has something that its message does not."""

    def __init__(self, groups: list[Workers], note: str = "") -> None:
        self.worker_group_spec = groups
        self.note = note

    def to_flyte_idl(self) -> ray_pb2.RayCluster:
        groups = [group.to_flyte_idl() for group in self.worker_group_spec]
        return ray_pb2.RayCluster(worker_group_spec=groups)

    @classmethod
    def from_flyte_idl(cls, proto: ray_pb2.RayCluster, /) -> Cluster:
        return cls([Workers.from_flyte_idl(group) for group in proto.worker_group_spec])


@dataclass
class SparkJob(FlyteIdlEntity):  # type: ignore[type-arg]
    """One that is a dataclass, with other names than its message."""

    main: str

    def to_flyte_idl(self) -> spark_pb2.SparkJob:
        return spark_pb2.SparkJob(mainClass=self.main)

    @classmethod
    def from_flyte_idl(cls, proto: spark_pb2.SparkJob, /) -> SparkJob:
        return cls(proto.mainClass)


class Custom(FlyteCustomIdlEntity):  # type: ignore[type-arg]
    """One that travels as a struct."""

    def __init__(self, size: int) -> None:
        self.size = size

    def to_dict(self) -> dict[str, Any]:  # type: ignore[override]
        return {"size": self.size}

    @classmethod
    def from_dict(cls, idl_dict: dict[str, Any], /) -> Custom:  # type: ignore[override]
        return cls(idl_dict["size"])


POD = K8sPod(primary_container_name="main")
EVERY = [Workers("w", 3, POD), Cluster([Workers("w", 3)], "n"), SparkJob("a.B"), Custom(3)]
each = pytest.mark.parametrize("entity", EVERY, ids=lambda entity: type(entity).__name__)


@each
def test_it_equals_hashes_and_comes_back(entity: Any) -> None:
    again = type(entity).from_flyte_idl(entity.to_flyte_idl())
    assert again == entity
    assert entity != Workers("other", 1)
    if not isinstance(entity, SparkJob):  # a dataclass that can change has no hash
        assert hash(again) == hash(entity)
    assert entity.serialize_to_string() == entity.to_flyte_idl().SerializeToString()
    assert not entity.is_empty


@each
def test_it_is_pickled_and_copied_as_what_it_keeps(entity: Any) -> None:
    for again in (pickle.loads(pickle.dumps(entity)), copy.copy(entity), copy.deepcopy(entity)):
        assert type(again) is type(entity)
        assert again == entity
        assert vars(again).keys() == vars(entity).keys()


def test_a_copy_has_what_no_message_has() -> None:
    cluster = Cluster([Workers("w", 3)], "n")
    assert copy.copy(cluster).note == "n"
    deep = copy.deepcopy(cluster)
    deep.worker_group_spec[0]._replicas = 4
    assert cluster.worker_group_spec[0].replicas == 3


def test_it_reads_well() -> None:
    assert repr(Workers("w", 3)) == "Workers(group_name='w', replicas=3)"
    assert repr(Workers("", 0, POD)) == "Workers(k8s_pod={'primary_container_name': 'main'})"
    assert repr(SparkJob("a.B")) == "SparkJob(main='a.B')"
    assert str(Cluster([Workers("w", 3)])) == (
        "Flyte Serialized object (Cluster):\n"
        "  worker_group_spec:\n    - group_name: w\n      replicas: 3"
    )
    assert "group_name: w" in Workers("w", 3)._repr_html_()
    assert Workers("w", 3).to_json() == '{"groupName": "w", "replicas": 3}'


def test_it_is_as_good_as_a_generated_one() -> None:
    assert Cluster([]) == GeneratedCluster(worker_group_spec=[])
    made = GeneratedCluster(worker_group_spec=[Workers("w", 3)])  # type: ignore[list-item]
    assert made.worker_group_spec[0].group_name == "w"


def test_what_it_does_not_say_is_refused_in_a_sentence() -> None:
    for call in (Workers.from_bytes, Workers.from_json, Workers.from_dict):
        with pytest.raises(TypeError, match="Workers is written by hand, and known to be made"):
            call(b"")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Workers is written by hand"):
        Workers("w", 3).replace()  # type: ignore[attr-defined]


def test_an_entity_without_a_message_says_so() -> None:
    class Abstract(FlyteIdlEntity):  # type: ignore[type-arg]
        pass

    with pytest.raises(TypeError, match="Abstract has no message: it is neither generated nor"):
        hash(Abstract())

    class Made(Abstract, Workers):
        pass

    assert Made("w", 3) == Workers("w", 3)


def test_one_may_keep_its_message_under_our_name() -> None:
    class Kept(FlyteIdlEntity):  # type: ignore[type-arg]
        def __init__(self, pb: ray_pb2.RayCluster) -> None:
            self._pb = pb

        def to_flyte_idl(self) -> ray_pb2.RayCluster:
            found: ray_pb2.RayCluster = self._pb
            return found

    kept = Kept(ray_pb2.RayCluster(enable_autoscaling=True))
    assert kept == copy.deepcopy(kept)
    assert kept.to_json() == '{"enableAutoscaling": true}'


def test_a_mixin_without_a_message_leaves_a_generated_model_its_own() -> None:
    class Loud(FlyteIdlEntity[literals_pb2.Literal]):
        def shout(self) -> str:
            return self.short_string().upper()

    class Mine(Loud, Literal):
        pass

    assert Mine(hash="a").shout().endswith("HASH: A")


def test_one_half_by_hand_and_half_generated_is_refused_when_it_is_made() -> None:
    with pytest.raises(TypeError, match="Both is a generated model, and its base has a to_flyte"):

        class Both(Workers, Execution):
            pass
