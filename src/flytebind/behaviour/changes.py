"""Changes in place that flytekit's users know; ``replace`` is the way here.

Each gives the object another message and leaves the old one as it is, so that no other view of that
message changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from flyteidl.core import literals_pb2, tasks_pb2

from flytebind import models
from flytebind.runtime.entity import FlyteIdlEntity

if TYPE_CHECKING:
    from flytebind.runtime.typing import Self


class LiteralChanges(FlyteIdlEntity[literals_pb2.Literal]):
    """For ``Literal``."""

    __slots__ = ()

    if TYPE_CHECKING:

        def replace(self, *, metadata: Mapping[str, str] | None = ...) -> Self: ...  # noqa: D102

    def set_metadata(self, metadata: Mapping[str, str]) -> None:
        """Give this literal other metadata. Prefer ``literal.replace(metadata=metadata)``."""
        self._pb = self.replace(metadata=metadata)._pb


class ContainerChanges(FlyteIdlEntity[tasks_pb2.Container]):
    """For ``Container``."""

    __slots__ = ()

    def add_env(self, key: str, val: str) -> None:
        """Set an environment variable of this container. Prefer ``replace``."""
        pair = models.core.literals.KeyValuePair(key=key, value=val)._pb
        pb = self.to_pb()
        known = [each for each in pb.env if each.key == key]
        # Of several with one key, the last is the one that counts.
        (known[-1] if known else pb.env.add()).CopyFrom(pair)
        self._pb = pb
