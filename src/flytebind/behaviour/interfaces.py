"""Interfaces of tasks that run over lists."""

from __future__ import annotations

from collections.abc import Collection

from flyteidl.core import interface_pb2, types_pb2

from flytebind.runtime.entity import FlyteIdlEntity
from flytebind.runtime.typing import Self


class ListVariable(FlyteIdlEntity[interface_pb2.Variable]):
    """For ``Variable``: a list of it."""

    __slots__ = ()

    def to_flyte_idl_list(self) -> interface_pb2.Variable:
        """The message of a variable that holds a list of what this one holds."""
        pb = self.to_pb()
        _make_list(pb)
        return pb


class ListInterface(FlyteIdlEntity[interface_pb2.TypedInterface]):
    """For ``TypedInterface``: the interface of a map over it."""

    __slots__ = ()

    def transform_interface_to_list(
        self, bound_inputs: Collection[str], excluded_inputs: Collection[str]
    ) -> Self:
        """The interface of a task that runs this one for each item of its inputs.

        Args:
            bound_inputs: Inputs that stay as they are: each run gets the same value.
            excluded_inputs: Inputs that the new interface does not have.
        """
        pb = self.to_pb()
        inputs = pb.inputs.variables
        for name in excluded_inputs:
            if name in inputs:
                del inputs[name]
        for name in inputs:
            if name not in bound_inputs:
                _make_list(inputs[name])
        for name in pb.outputs.variables:
            _make_list(pb.outputs.variables[name])
        return self._wrap(pb)


def _make_list(variable: interface_pb2.Variable) -> None:
    variable.type.CopyFrom(types_pb2.LiteralType(collection_type=variable.type))
