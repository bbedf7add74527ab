"""Annotations of types."""

from __future__ import annotations

from flyteidl.core import types_pb2

from flytebind.runtime.entity import FlyteIdlEntity
from flytebind.runtime.typing import Self


class MergedAnnotation(FlyteIdlEntity[types_pb2.TypeAnnotation]):
    """For ``TypeAnnotation``: two as one."""

    __slots__ = ()

    @classmethod
    def merge_annotations(cls, annotation: Self, other_annotation: Self) -> Self:
        """All annotations of two. Where both have a key, the second one's value is kept whole."""
        pb = annotation.to_pb()
        pb.annotations.SetInParent()
        for key, value in other_annotation._pb.annotations.fields.items():
            pb.annotations.fields[key].CopyFrom(value)
        return cls._wrap(pb)
