"""Containers that change."""

from __future__ import annotations

from flyteidl.core import tasks_pb2

from flytebind import models
from flytebind.runtime.entity import FlyteIdlEntity


class ContainerChanges(FlyteIdlEntity[tasks_pb2.Container]):
    """For ``Container``: a change in place that flytekit has."""

    __slots__ = ()

    def add_env(self, key: str, val: str) -> None:
        """Set an environment variable; other views of the same message keep theirs.

        Prefer ``replace``.
        """
        pair = models.core.literals.KeyValuePair(key=key, value=val)._pb
        pb = self.to_pb()
        known = [each for each in pb.env if each.key == key]
        # Of several with one key, the last is the one that counts.
        (known[-1] if known else pb.env.add()).CopyFrom(pair)
        self._pb = pb
