"""Turns a workflow's template into the closure that admin stores: checked, and with its graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.core.compiler_pb2 import (
    CompiledLaunchPlan,
    CompiledTask,
    CompiledWorkflow,
    CompiledWorkflowClosure,
    ConnectionSet,
)
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.interface_pb2 import TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import Binding, BindingData
from flyteidl.core.types_pb2 import LiteralType
from flyteidl.core.workflow_pb2 import (
    IfElseBlock,
    LaunchPlanTemplate,
    Node,
    WorkflowTemplate,
)

from flytebind.sandbox.admin.checks import invalid
from flytebind.sandbox.literal_types import castable, optional, type_name, type_of_scalar

START = "start-node"
END = "end-node"


def compile_workflow(
    template: WorkflowTemplate,
    sub_workflows: Sequence[WorkflowTemplate],
    find_task: Callable[[Identifier], CompiledTask | None],
    find_launch_plan: Callable[[Identifier], LaunchPlan | None],
) -> CompiledWorkflowClosure:
    """Check a workflow and everything in it, and connect its nodes.

    Every node of a workflow runs after the start node and before the end node. Nodes inside of a
    branch are named ``BRANCH-NODE``, and connected upstream only.

    Raises:
        StatusError: INVALID_ARGUMENT, with everything that is wrong: tasks, launch plans and
            workflows that do not exist, inputs that are not bound, not known or of a wrong type,
            promises of outputs that nobody has, cycles.
    """
    entities = _Entities(sub_workflows, find_task, find_launch_plan)
    primary = _compile(template, entities)
    compiled = [_compile(sub_workflow, entities) for sub_workflow in sub_workflows]
    if entities.problems:
        invalid(f"workflow {template.id.name} does not compile: {'; '.join(entities.problems)}")
    return CompiledWorkflowClosure(
        primary=primary,
        sub_workflows=compiled,
        tasks=entities.tasks.values(),
        launch_plans=map(_compiled_launch_plan, entities.launch_plans.values()),
    )


class _Entities:
    """What nodes may refer to, and all that was found wrong."""

    def __init__(
        self,
        sub_workflows: Iterable[WorkflowTemplate],
        find_task: Callable[[Identifier], CompiledTask | None],
        find_launch_plan: Callable[[Identifier], LaunchPlan | None],
    ) -> None:
        self.problems: list[str] = []
        self.tasks: dict[bytes, CompiledTask] = {}
        self.launch_plans: dict[bytes, LaunchPlan] = {}
        self._workflows = {_key(template.id): template for template in sub_workflows}
        self._find_task = find_task
        self._find_launch_plan = find_launch_plan

    def task(self, id: Identifier) -> TypedInterface | None:
        task = self.tasks.get(_key(id)) or self._find_task(id)
        if task is None:
            self.problems.append(f"task {_show(id)} does not exist")
            return None
        self.tasks[_key(id)] = task
        return task.template.interface

    def launch_plan(self, id: Identifier, bound: set[str]) -> TypedInterface | None:
        """What must be bound, and what is: an input with a default may be left out."""
        launch_plan = self.launch_plans.get(_key(id)) or self._find_launch_plan(id)
        if launch_plan is None:
            self.problems.append(f"launch plan {_show(id)} does not exist")
            return None
        self.launch_plans[_key(id)] = launch_plan
        interface = _interface_of(launch_plan)
        for name, parameter in launch_plan.closure.expected_inputs.parameters.items():
            if not parameter.required and name not in bound:
                del interface.inputs.variables[name]
        return interface

    def workflow(self, id: Identifier) -> TypedInterface | None:
        template = self._workflows.get(_key(id))
        if template is None:
            self.problems.append(f"workflow {_show(id)} is not among the subworkflows")
            return None
        return template.interface


def _compile(template: WorkflowTemplate, entities: _Entities) -> CompiledWorkflow:
    compiled = CompiledWorkflow(template=template)
    _Workflow(compiled.template, entities).connect(compiled.connections)
    return compiled


class _Workflow:
    """One template in the making."""

    def __init__(self, template: WorkflowTemplate, entities: _Entities) -> None:
        self._template = template
        self._entities = entities
        self._upstream: dict[str, set[str]] = defaultdict(set)
        self._downstream: dict[str, set[str]] = defaultdict(set)
        self._interfaces: dict[str, TypedInterface | None] = {}

    def connect(self, connections: ConnectionSet) -> None:
        template = self._template
        given = [node for node in template.nodes if node.id not in (START, END)]
        if not given:
            self._problem("has no nodes")
        start, end = Node(id=START), Node(id=END, inputs=template.outputs)
        nodes = [start, end, *given]
        del template.nodes[:]
        template.nodes.extend(nodes)

        self._interfaces[START] = TypedInterface(outputs=template.interface.inputs)
        self._interfaces[END] = TypedInterface(inputs=template.interface.outputs)
        for node in template.nodes[2:]:
            self._declare(node)
        for node in template.nodes[1:]:
            for provider in self._providers(node):
                self._edge(provider, node.id)
            for inner in _inner_nodes(node):
                self._upstream[inner.id] |= {node.id, *self._providers(inner)}
        if template.HasField("failure_node"):
            self._declare(template.failure_node)
            self._upstream[template.failure_node.id] |= set(self._providers(template.failure_node))
        for node in template.nodes[2:]:
            if not self._upstream[node.id]:
                self._edge(START, node.id)
            if not self._downstream[node.id]:
                self._edge(node.id, END)
        self._refuse_cycles()

        for ids, edges in (
            (connections.upstream, self._upstream),
            (connections.downstream, self._downstream),
        ):
            for id, others in edges.items():
                if others:
                    ids[id].ids.extend(sorted(others))

    def _problem(self, text: str) -> None:
        self._entities.problems.append(f"{self._template.id.name}: {text}")

    def _edge(self, provider: str, consumer: str) -> None:
        self._downstream[provider].add(consumer)
        self._upstream[consumer].add(provider)

    def _declare(self, node: Node) -> None:
        if not node.id:
            self._problem("a node has no id")
        elif node.id in self._interfaces:
            self._problem(f"two nodes are called {node.id}")
        else:
            bound = {binding.var for binding in node.inputs}
            self._interfaces[node.id] = self._interface(node, bound)

    def _interface(self, node: Node, bound: set[str]) -> TypedInterface | None:
        """What a node takes and gives; None when that cannot be told, and is not checked."""
        match node.WhichOneof("target"):
            case "task_node":
                return self._entities.task(node.task_node.reference_id)
            case "workflow_node" if node.workflow_node.HasField("launchplan_ref"):
                return self._entities.launch_plan(node.workflow_node.launchplan_ref, bound)
            case "workflow_node":
                return self._entities.workflow(node.workflow_node.sub_workflow_ref)
            case "branch_node":
                return self._branch_interface(node)
            case "array_node":
                return self._array_interface(node, bound)
            case "gate_node":
                return _gate_interface(node)
            case _:
                self._problem(f"node {node.id} has nothing to run")
                return None

    def _branch_interface(self, node: Node) -> TypedInterface | None:
        for inner in _cases(node.branch_node.if_else):
            inner.id = f"{node.id}-{inner.id}"
            self._declare(inner)
        interfaces = [self._interfaces.get(inner.id) for inner in _cases(node.branch_node.if_else)]
        known = [interface for interface in interfaces if interface is not None]
        if not known or len(known) < len(interfaces):
            return None
        # Only what every case gives can be promised.
        names = set.intersection(*(set(interface.outputs.variables) for interface in known))
        variables = known[0].outputs.variables
        return TypedInterface(
            outputs=VariableMap(variables={name: variables[name] for name in names})
        )

    def _array_interface(self, node: Node, bound: set[str]) -> TypedInterface | None:
        inner = self._interface(node.array_node.node, bound)
        if inner is None:
            return None
        whole = set(node.array_node.bound_inputs)
        return TypedInterface(
            inputs=VariableMap(
                variables={
                    name: variable if name in whole else _list_of(variable)
                    for name, variable in inner.inputs.variables.items()
                }
            ),
            outputs=VariableMap(
                variables={
                    name: _list_of(variable) for name, variable in inner.outputs.variables.items()
                }
            ),
        )

    def _providers(self, node: Node) -> Iterator[str]:
        """The nodes that one waits for; checks its inputs on the way."""
        for id in node.upstream_node_ids:
            if self._known(node, id):
                yield id
        interface = self._interfaces.get(node.id)
        # A branch and a gate take what their cases and conditions need; nothing declares it.
        closed = interface is not None and node.WhichOneof("target") not in (
            "branch_node",
            "gate_node",
        )
        expected = dict(interface.inputs.variables) if interface is not None else {}
        for binding in node.inputs:
            variable = expected.pop(binding.var, None)
            if variable is None and closed:
                self._problem(f"{node.id} has no input {binding.var}, or it is bound twice")
            yield from self._promised(
                node, binding, binding.binding, variable.type if variable is not None else None
            )
        for name, variable in expected.items():
            if closed and not optional(variable.type):
                self._problem(f"input {name} of {node.id} is not bound")

    def _known(self, node: Node, id: str) -> bool:
        if id not in self._interfaces:
            self._problem(f"{node.id} waits for {id}, which is not a node")
            return False
        return True

    def _promised(
        self, node: Node, binding: Binding, data: BindingData, expected: LiteralType | None
    ) -> Iterator[str]:
        match data.WhichOneof("value"):
            case "promise":
                data.promise.node_id = data.promise.node_id or START
                if self._known(node, data.promise.node_id):
                    self._check_promise(node, binding, data, expected)
                    yield data.promise.node_id
            case "collection":
                inner = _inside(expected, "collection_type")
                for item in data.collection.bindings:
                    yield from self._promised(node, binding, item, inner)
            case "map":
                inner = _inside(expected, "map_value_type")
                for item in data.map.bindings.values():
                    yield from self._promised(node, binding, item, inner)
            case "scalar":
                given = type_of_scalar(data.scalar)
                if expected is not None and (given is None or not castable(given, expected)):
                    self._mismatch(node, binding, given, expected)
            case None:
                self._problem(f"input {binding.var} of {node.id} is bound to nothing")

    def _check_promise(
        self, node: Node, binding: Binding, data: BindingData, expected: LiteralType | None
    ) -> None:
        interface = self._interfaces[data.promise.node_id]
        if interface is None:
            return
        variable = interface.outputs.variables.get(data.promise.var)
        if variable is None:
            self._problem(f"{data.promise.node_id} has no output {data.promise.var}")
        elif (
            expected is not None
            and not data.promise.attr_path
            and not castable(variable.type, expected)
        ):
            self._mismatch(node, binding, variable.type, expected)

    def _mismatch(
        self, node: Node, binding: Binding, given: LiteralType | None, expected: LiteralType
    ) -> None:
        self._problem(
            f"input {binding.var} of {node.id} is {type_name(expected)}, not {type_name(given)}"
        )

    def _refuse_cycles(self) -> None:
        try:
            TopologicalSorter(self._upstream).prepare()
        except CycleError as error:
            self._problem(f"nodes wait for each other: {', '.join(sorted(set(error.args[1])))}")


def _cases(block: IfElseBlock) -> Iterator[Node]:
    yield block.case.then_node
    for other in block.other:
        yield other.then_node
    if block.HasField("else_node"):
        yield block.else_node


def _inner_nodes(node: Node) -> Iterator[Node]:
    """The nodes in a branch, to any depth."""
    if node.HasField("branch_node"):
        for inner in _cases(node.branch_node.if_else):
            yield inner
            yield from _inner_nodes(inner)


def _gate_interface(node: Node) -> TypedInterface:
    gate = node.gate_node
    outputs = {}
    if gate.HasField("signal"):
        outputs[gate.signal.output_variable_name] = Variable(type=gate.signal.type)
    return TypedInterface(outputs=VariableMap(variables=outputs))


def _interface_of(launch_plan: LaunchPlan) -> TypedInterface:
    parameters = launch_plan.closure.expected_inputs.parameters
    return TypedInterface(
        inputs=VariableMap(variables={name: p.var for name, p in parameters.items()}),
        outputs=launch_plan.closure.expected_outputs,
    )


def _compiled_launch_plan(launch_plan: LaunchPlan) -> CompiledLaunchPlan:
    return CompiledLaunchPlan(
        template=LaunchPlanTemplate(
            id=launch_plan.id,
            interface=_interface_of(launch_plan),
            fixed_inputs=launch_plan.spec.fixed_inputs,
        )
    )


def _list_of(variable: Variable) -> Variable:
    return Variable(
        type=LiteralType(collection_type=variable.type), description=variable.description
    )


def _inside(expected: LiteralType | None, field: str) -> LiteralType | None:
    """The type of the items; None, which is not checked, when a union leaves more than one way."""
    if expected is None or expected.WhichOneof("type") != field:
        return None
    return expected.collection_type if field == "collection_type" else expected.map_value_type


def _key(id: Identifier) -> bytes:
    return id.SerializeToString(deterministic=True)


def _show(id: Identifier) -> str:
    return f"{id.project}:{id.domain}:{id.name}:{id.version}"
