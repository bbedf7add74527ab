"""What is bound to the inputs of nodes: there, known, and of a type that fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from flyteidl.core.interface_pb2 import TypedInterface
from flyteidl.core.literals_pb2 import Binding, BindingData, Scalar
from flyteidl.core.types_pb2 import LiteralType, OutputReference
from flyteidl.core.workflow_pb2 import Node

from flytebind.sandbox._admin.conditions import problems_of_branch
from flytebind.sandbox._literal_types import castable, optional, type_name, type_of_scalar

START = "start-node"


class Bindings:
    """The bindings of one workflow.

    Args:
        report: Called with each thing that is wrong.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self.interfaces: dict[str, TypedInterface | None] = {}
        """What nodes take and give, by their ids; None where that cannot be told."""
        self.nodes: dict[str, Node] = {}

    def providers(self, node: Node) -> Iterator[str]:
        """The nodes that one waits for; checks its inputs on the way."""
        yield from (id for id in node.upstream_node_ids if id in self.interfaces)
        interface = self.interfaces.get(node.id)
        # A branch and a gate take what their cases and conditions need; nothing declares it.
        closed = interface is not None and node.WhichOneof("target") not in (
            "branch_node",
            "gate_node",
        )
        expected = dict(interface.inputs.variables) if interface is not None else {}
        for binding in node.inputs:
            variable = expected.pop(binding.var, None)
            if variable is None and closed:
                self._report(f"{node.id} has no input {binding.var}, or it is bound twice")
            yield from self._promised(
                node, binding, binding.binding, variable.type if variable is not None else None
            )
        for name, variable in expected.items():
            if closed and not optional(variable.type):
                self._report(f"input {name} of {node.id} is not bound")
        if node.HasField("branch_node"):
            inputs = {binding.var: self._type(binding.binding) for binding in node.inputs}
            for problem in problems_of_branch(node.branch_node.if_else, inputs):
                self._report(f"branch {node.id} {problem}")

    def _promised(
        self, node: Node, binding: Binding, data: BindingData, expected: LiteralType | None
    ) -> Iterator[str]:
        kind = data.WhichOneof("value")
        if kind is None:
            self._report(f"input {binding.var} of {node.id} is bound to nothing")
        elif kind == "promise":
            data.promise.node_id = data.promise.node_id or START
            if data.promise.node_id in self.interfaces:
                self._check_promise(node, binding, data.promise, expected)
                yield data.promise.node_id
            else:
                self._report(f"{node.id} waits for {data.promise.node_id}, which is not a node")
        elif kind == "scalar":
            if expected is not None and not _takes(expected, data.scalar):
                self._mismatch(node, binding, type_of_scalar(data.scalar), expected)
        else:
            inner, fits = self._inside(data, expected)
            if not fits and expected is not None:
                self._mismatch(node, binding, None, expected)
                return
            for item in _items(data):
                yield from self._promised(node, binding, item, inner)

    def _inside(
        self, data: BindingData, expected: LiteralType | None
    ) -> tuple[LiteralType | None, bool]:
        """The type of a list's or map's items, and whether such a thing is expected at all."""
        if expected is not None and expected.HasField("union_type"):
            variants = [one for one in expected.union_type.variants if self._fits(data, one)]
            if len(variants) != 1:
                return None, False
            expected = variants[0]
        if expected is None:
            return None, True
        if data.HasField("collection"):
            return expected.collection_type, expected.HasField("collection_type")
        return expected.map_value_type, expected.HasField("map_value_type")

    def _fits(self, data: BindingData, expected: LiteralType) -> bool:
        """Whether a binding may go where a type is expected; nothing is reported."""
        match data.WhichOneof("value"):
            case "scalar":
                return _takes(expected, data.scalar)
            case "collection" | "map":
                inner, fits = self._inside(data, expected)
                return fits and all(
                    inner is None or self._fits(item, inner) for item in _items(data)
                )
            case _:
                given = self._type(data)
                return given is None or castable(given, expected)

    def _check_promise(
        self, node: Node, binding: Binding, promise: OutputReference, expected: LiteralType | None
    ) -> None:
        interface = self.interfaces[promise.node_id]
        if interface is None:
            return
        if promise.var not in interface.outputs.variables:
            self._report(f"{promise.node_id} has no output {promise.var}")
            return
        given = self._type_of_promise(promise)
        if expected is not None and given is not None and not castable(given, expected):
            self._mismatch(node, binding, given, expected)

    def _type(self, data: BindingData) -> LiteralType | None:
        """The type of what is bound, where it can be told."""
        match data.WhichOneof("value"):
            case "scalar":
                return type_of_scalar(data.scalar)
            case "promise":
                return self._type_of_promise(data.promise)
            case _:
                return None

    def _type_of_promise(
        self, promise: OutputReference, seen: frozenset[str] = frozenset()
    ) -> LiteralType | None:
        id = promise.node_id or START
        interface = self.interfaces.get(id)
        if interface is None or promise.var not in interface.outputs.variables:
            return None
        found: LiteralType | None = interface.outputs.variables[promise.var].type
        node = self.nodes.get(id)
        if node is not None and node.gate_node.HasField("approve") and id not in seen:
            found = self._approved(node, promise.var, seen | {id})
        for attribute in promise.attr_path:
            found = found and _attribute(found, attribute.string_value)
        return found

    def _approved(self, gate: Node, var: str, seen: frozenset[str]) -> LiteralType | None:
        """The type of what a gate hands on when it is approved."""
        for binding in gate.inputs:
            if binding.var == var and binding.binding.HasField("promise"):
                return self._type_of_promise(binding.binding.promise, seen)
            if binding.var == var:
                return self._type(binding.binding)
        return None

    def _mismatch(
        self, node: Node, binding: Binding, given: LiteralType | None, expected: LiteralType
    ) -> None:
        found = "" if given is None else f", not {type_name(given)}"
        self._report(f"input {binding.var} of {node.id} is {type_name(expected)}{found}")


def _items(data: BindingData) -> Iterable[BindingData]:
    """What is bound inside of a list or map."""
    if data.HasField("collection"):
        return data.collection.bindings
    return data.map.bindings.values()


def _takes(expected: LiteralType, scalar: Scalar) -> bool:
    """Whether a constant may go where a type is expected; an enum takes its own values only."""
    if expected.HasField("enum_type"):
        return scalar.primitive.string_value in expected.enum_type.values
    given = type_of_scalar(scalar)
    return given is not None and castable(given, expected)


def _attribute(of: LiteralType, name: str) -> LiteralType | None:
    """The type of an item or field; what has neither is itself. None for a field that is not."""
    if of.HasField("collection_type"):
        return of.collection_type
    if of.HasField("map_value_type"):
        return of.map_value_type
    if of.structure.dataclass_type:
        fields = of.structure.dataclass_type
        return fields.get(name)
    return of
