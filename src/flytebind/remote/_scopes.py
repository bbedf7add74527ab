"""Where the nodes of one level are described, and the types that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from flytebind.looks._labels import title
from flytebind.looks._nodes import spec_id
from flytebind.models.admin.node_execution import NodeExecution, NodeExecutionGetDataResponse
from flytebind.models.core.interface import TypedInterface, Variable
from flytebind.models.core.types import LiteralType
from flytebind.models.core.workflow import ArrayNode, GateNode, Node, WorkflowTemplate
from flytebind.remote._loaded import Loaded
from flytebind.remote.entities import FlyteTask, FlyteWorkflow
from flytebind.remote.errors import FlyteDataError
from flytebind.runtime.typing import Self


class Scope(NamedTuple):
    """Where the nodes of one level are described."""

    workflow: FlyteWorkflow
    """The compiled workflow, with everything that its nodes refer to."""
    template: WorkflowTemplate
    """The workflow in it whose nodes these are."""
    array: ArrayNode | None = None
    """The array whose items they are, if they are no nodes of the workflow itself."""

    @classmethod
    def of(cls, workflow: FlyteWorkflow) -> Self:
        """That of the first level of a workflow."""
        return cls(workflow, workflow.template)

    def find(self, node: NodeExecution) -> Node | None:
        """What the compiled workflow says of a node; None if it does not know it."""
        if self.array is not None:
            return self.array.node
        return self.workflow.node(spec_id(node), self.template)

    def get(self, node: NodeExecution) -> Node:
        """What the compiled workflow says of a node.

        Raises:
            FlyteDataError: If it does not know the node.
        """
        spec = self.find(node)
        if spec is None:
            raise FlyteDataError(
                f"{title(node)}: there is no node {spec_id(node)!r} in workflow"
                f" {self.template.id.name}"
            )
        return spec

    def below(self, outer: Node) -> Scope | None:
        """Where the nodes below a node are described; None if nothing says."""
        if outer.branch_node is not None:
            return self  # its arms belong to the same level
        if outer.array_node is not None:
            return self._replace(array=outer.array_node)
        runs = outer.workflow_node
        reference = None if runs is None else runs.sub_workflow_ref
        template = None if reference is None else self.workflow.sub_workflow(reference)
        return None if template is None else Scope(self.workflow, template)

    def content(self, node: NodeExecution) -> tuple[Node, int | None, FlyteTask | None]:
        """What the compiled workflow says of a node, its place there, and the task that it runs.

        A workflow that does not know the node says of it as much as an empty node does.
        """
        spec = self.find(node)
        if spec is None:
            return Node(spec_id(node), None, [], [], []), None, None
        reference = None if spec.task_node is None else spec.task_node.reference_id
        task = None if reference is None else self.workflow.task(reference)
        return spec, self.workflow.place(spec_id(node), self.template), task


def yielded(loaded: Loaded[Any, Any, Any]) -> FlyteWorkflow | None:
    """What a dynamic node has yielded, as far as its data are here, with which it comes."""
    answer = loaded.data.answer
    if loaded.workflow is None and isinstance(answer, NodeExecutionGetDataResponse):
        dynamic = answer.dynamic_workflow
        if dynamic is not None:
            loaded.workflow = FlyteWorkflow.promote_from_model(dynamic.compiled_workflow)
    return loaded.workflow


def for_array(interface: TypedInterface, array: ArrayNode) -> TypedInterface:
    """That of an array whose items have an interface of their own."""
    return TypedInterface(
        _lists(interface.inputs, except_for=array.bound_inputs),
        _lists(interface.outputs, except_for=()),
    )


def for_item(interface: TypedInterface | None, array: ArrayNode | None) -> TypedInterface | None:
    """That of one item of an array, where what it runs declares lists."""
    if interface is None or array is None or array.is_original_sub_node_interface:
        return interface
    return TypedInterface(
        _items(interface.inputs, except_for=array.bound_inputs),
        _items(interface.outputs, except_for=()),
    )


def _items(variables: Mapping[str, Variable], except_for: Iterable[str]) -> dict[str, Variable]:
    kept = frozenset(except_for)
    return {
        name: (
            variable.replace(type=variable.type.collection_type)
            if name not in kept and variable.type.collection_type is not None
            else variable
        )
        for name, variable in variables.items()
    }


def _lists(variables: Mapping[str, Variable], except_for: Iterable[str]) -> dict[str, Variable]:
    kept = frozenset(except_for)
    return {
        name: (
            variable
            if name in kept
            else variable.replace(type=LiteralType(collection_type=variable.type))
        )
        for name, variable in variables.items()
    }


def gate_interface(gate: GateNode) -> TypedInterface:
    """What comes out of a gate is what it waits for."""
    outputs = {}
    if gate.signal is not None and gate.signal.type is not None:
        outputs[gate.signal.output_variable_name] = Variable(gate.signal.type, "")
    return TypedInterface({}, outputs)
