"""Identifiers as one line of text."""

from __future__ import annotations

from flyteidl.core import identifier_pb2

from flytebind import models
from flytebind.runtime.entity import FlyteIdlEntity


class IdentifierText(FlyteIdlEntity[identifier_pb2.Identifier]):
    """For ``Identifier``: prints as ``TASK:project:domain:name:version``."""

    __slots__ = ()

    def resource_type_name(self) -> str:
        """The name of the kind of thing: ``TASK``, ``WORKFLOW``, ``LAUNCH_PLAN``."""
        kinds = models.core.identifier.ResourceType
        return kinds.from_number(self._pb.resource_type).name

    def __str__(self) -> str:
        pb = self._pb
        return ":".join((self.resource_type_name(), pb.project, pb.domain, pb.name, pb.version))
