"""Literals that change, and bindings that are literals."""

from __future__ import annotations

from collections.abc import Mapping

from flyteidl.core import literals_pb2

from flytebind import models
from flytebind.runtime.assign import assign
from flytebind.runtime.entity import FlyteIdlEntity


class ConstantBinding(FlyteIdlEntity[literals_pb2.BindingData]):
    """For ``BindingData``: the literal that it stands for."""

    __slots__ = ()

    def to_literal_model(self) -> models.core.literals.Literal:
        """The value as a literal; the empty one where nothing is bound.

        Raises:
            ValueError: If it waits for the output of a node, itself or anywhere inside.
        """
        return models.core.literals.Literal._wrap(_literal(self._pb))


class LiteralChanges(FlyteIdlEntity[literals_pb2.Literal]):
    """For ``Literal``: a change in place that flytekit has."""

    __slots__ = ()

    def set_metadata(self, metadata: Mapping[str, str]) -> None:
        """Give this literal other metadata; other views of the same message keep theirs.

        Prefer ``literal.replace(metadata=metadata)``.
        """
        pb = self.to_pb()
        assign(type(self), pb, {"metadata": metadata})
        self._pb = pb


def _literal(binding: literals_pb2.BindingData) -> literals_pb2.Literal:
    literal = literals_pb2.Literal()
    match binding.WhichOneof("value"):
        case "promise":
            promise = binding.promise
            raise ValueError(
                f"BindingData cannot become a literal: it is bound to output {promise.var!r} of"
                f" node {promise.node_id!r}, which is known only when that node has run"
            )
        case "scalar":
            literal.scalar.CopyFrom(binding.scalar)
        case "collection":
            literal.collection.SetInParent()
            literal.collection.literals.extend(map(_literal, binding.collection.bindings))
        case "map":
            literal.map.SetInParent()
            for key, item in binding.map.bindings.items():
                literal.map.literals[key].CopyFrom(_literal(item))
        case "offloaded_metadata":
            literal.offloaded_metadata.CopyFrom(binding.offloaded_metadata)
    return literal
