"""Plugins that stand in for others."""

from __future__ import annotations

from typing import Literal

from flyteidl.admin import matchable_resource_pb2

from flytebind import models
from flytebind.behaviour.enums import UNKNOWN, member_of, name_of
from flytebind.runtime.entity import FlyteIdlEntity


class OverrideText(FlyteIdlEntity[matchable_resource_pb2.PluginOverride]):
    """For ``PluginOverride``, which has these helpers for its ``MissingPluginBehavior``."""

    __slots__ = ()

    @staticmethod
    def enum_to_string(value: int) -> str:
        """The name of a number, or ``<UNKNOWN>`` where it has none."""
        behavior = models.admin.matchable_resource.PluginOverride.MissingPluginBehavior
        return name_of(behavior, value, UNKNOWN)

    @staticmethod
    def string_to_enum(
        text: str,
    ) -> (
        models.admin.matchable_resource.PluginOverride.MissingPluginBehavior | Literal["<UNKNOWN>"]
    ):
        """The member of this name, or the text ``<UNKNOWN>``, as in flytekit."""
        return member_of(models.admin.matchable_resource.PluginOverride.MissingPluginBehavior, text)
