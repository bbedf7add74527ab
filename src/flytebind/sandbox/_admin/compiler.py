"""Turns a workflow's template into the closure that admin stores: checked, and with its graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.core.compiler_pb2 import (
    CompiledTask,
    CompiledWorkflow,
    CompiledWorkflowClosure,
    ConnectionSet,
)
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.interface_pb2 import TypedInterface, Variable, VariableMap
from flyteidl.core.workflow_pb2 import (
    IfElseBlock,
    Node,
    WorkflowTemplate,
)

from flytebind.sandbox._admin.bindings import START as START, Bindings
from flytebind.sandbox._admin.checks import invalid

END = "end-node"


def compile_workflow(
    template: WorkflowTemplate,
    sub_workflows: Sequence[WorkflowTemplate],
    find_task: Callable[[Identifier], CompiledTask | None],
    find_launch_plan: Callable[[Identifier], LaunchPlan | None],
) -> CompiledWorkflowClosure:
    """Check a workflow and everything in it, and connect its nodes.

    Every node of a workflow runs after the start node and before the end node. Nodes inside of a
    branch are named ``BRANCH-NODE``, and connected upstream only. Of two nodes with one id the
    second is left out, as a real compiler does.

    Raises:
        StatusError: INVALID_ARGUMENT, with everything that is wrong: tasks, launch plans and
            workflows that do not exist, inputs that are not bound, not known or of a wrong type,
            promises of outputs that nobody has, cycles.
    """
    entities = _Entities(sub_workflows, find_task, find_launch_plan)
    primary = _compile(template, entities)
    compiled = _compile_used(sub_workflows, entities)
    if entities.problems:
        problems = "; ".join(entities.problems)
        invalid(f"failed to compile workflow for {_show(template.id)}: {problems}")
    return CompiledWorkflowClosure(
        primary=primary,
        sub_workflows=compiled,
        tasks=sorted(entities.tasks.values(), key=lambda task: _key(task.template.id)),
    )


def _compile_used(
    templates: Sequence[WorkflowTemplate], entities: _Entities
) -> list[CompiledWorkflow]:
    """Subworkflows as they are sent, those compiled that something runs."""
    compiled = {number: CompiledWorkflow(template=one) for number, one in enumerate(templates)}
    waiting = dict(compiled)
    while used := [number for number, one in waiting.items() if entities.uses(one.template)]:
        for number in used:  # each may use others
            compiled[number] = _compile(waiting.pop(number).template, entities)
    return list(compiled.values())


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
        self._launch_plans: dict[bytes, LaunchPlan] = {}
        self._workflows: dict[bytes, WorkflowTemplate] = {}
        self._used: set[bytes] = set()
        self._find_task = find_task
        self._find_launch_plan = find_launch_plan
        for template in sub_workflows:
            if _key(template.id) in self._workflows:
                self.problems.append(f"workflow {_show(template.id)} is sent twice")
            self._workflows[_key(template.id)] = template

    def uses(self, template: WorkflowTemplate) -> bool:
        """Whether a node, looked at before, runs this workflow."""
        return _key(template.id) in self._used

    def task(self, id: Identifier) -> TypedInterface | None:
        task = self.tasks.get(_key(id)) or self._find_task(id)
        if task is None:
            self.problems.append(f"task {_show(id)} does not exist")
            return None
        self.tasks[_key(id)] = task
        return task.template.interface

    def launch_plan(self, id: Identifier, bound: set[str]) -> TypedInterface | None:
        """What must be bound, and what is: an input with a default may be left out."""
        launch_plan = self._launch_plans.get(_key(id)) or self._find_launch_plan(id)
        if launch_plan is None:
            self.problems.append(f"launch plan {_show(id)} does not exist")
            return None
        self._launch_plans[_key(id)] = launch_plan
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
        self._used.add(_key(id))
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
        self._bindings = Bindings(self._problem)

    def connect(self, connections: ConnectionSet) -> None:
        template = self._template
        given = {node.id: node for node in reversed(template.nodes)}  # the first of each id
        nodes = [node for node in template.nodes if given[node.id] is node]
        nodes = [node for node in nodes if node.id not in (START, END)]
        if not nodes:
            self._problem("has no nodes")
        start, end = Node(id=START), Node(id=END, inputs=template.outputs)
        nodes = [start, end, *nodes]
        del template.nodes[:]
        template.nodes.extend(nodes)
        template.interface.inputs.SetInParent()
        template.interface.outputs.SetInParent()

        self._bindings.interfaces[START] = TypedInterface(outputs=template.interface.inputs)
        self._bindings.interfaces[END] = TypedInterface(inputs=template.interface.outputs)
        for node in template.nodes[2:]:
            self._declare(node)
        for node in template.nodes[1:]:
            for provider in self._bindings.providers(node):
                self._edge(provider, node.id)
            for inner in _inner_nodes(node):
                self._upstream[inner.id] |= set(self._bindings.providers(inner))
        if template.HasField("failure_node"):
            self._declare(template.failure_node)
            self._upstream[template.failure_node.id] |= set(
                self._bindings.providers(template.failure_node)
            )
        for node in template.nodes[2:]:
            if not self._upstream[node.id]:
                self._edge(START, node.id)
            if not self._downstream[node.id]:
                self._edge(node.id, END)
        self._refuse_cycles()
        del template.outputs[:]
        template.outputs.extend(template.nodes[1].inputs)  # promises know their nodes by now

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
        node.upstream_node_ids.sort()
        self._bindings.nodes[node.id] = node
        if not node.id:
            self._problem("a node has no id")
            return
        bound = {binding.var for binding in node.inputs}
        interface = self._interface(node, bound)
        if interface is not None and node.output_aliases:
            interface = self._renamed(node, interface)
        self._bindings.interfaces[node.id] = interface

    def _renamed(self, node: Node, interface: TypedInterface) -> TypedInterface:
        """The interface with the outputs by their aliases."""
        renamed = TypedInterface()
        renamed.CopyFrom(interface)
        outputs = renamed.outputs.variables
        for alias in node.output_aliases:
            if alias.var not in outputs:
                self._problem(f"{node.id} has no output {alias.var} to call {alias.alias}")
            else:
                outputs[alias.alias].CopyFrom(outputs[alias.var])
                del outputs[alias.var]
        return renamed

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
            case "array_node":  # takes and gives lists as what it runs says of itself
                return self._interface(node.array_node.node, bound)
            case "gate_node":
                return self._gate_interface(node)
            case _:
                self._problem(f"node {node.id} has nothing to run")
                return None

    def _branch_interface(self, node: Node) -> TypedInterface | None:
        for inner in _cases(node.branch_node.if_else):
            inner.id = f"{node.id}-{inner.id}"
            self._declare(inner)
        interfaces = [
            self._bindings.interfaces.get(inner.id) for inner in _cases(node.branch_node.if_else)
        ]
        known = [interface for interface in interfaces if interface is not None]
        if not known or len(known) < len(interfaces):
            return None
        # Only what every case gives can be promised.
        names = set.intersection(*(set(interface.outputs.variables) for interface in known))
        variables = known[0].outputs.variables
        return TypedInterface(
            outputs=VariableMap(variables={name: variables[name] for name in names})
        )

    def _gate_interface(self, node: Node) -> TypedInterface:
        """What a gate gives; one that waits for approval hands on what it is given."""
        outputs = {}
        match node.gate_node.WhichOneof("condition"):
            case "signal":
                signal = node.gate_node.signal
                if signal.type.WhichOneof("type") is None or not signal.output_variable_name:
                    self._problem(f"the signal of {node.id} has no type, or no output's name")
                outputs[signal.output_variable_name] = Variable(type=signal.type)
            case "approve":
                outputs = {binding.var: Variable() for binding in node.inputs}
            case None:
                self._problem(f"gate {node.id} waits for nothing")
        return TypedInterface(outputs=VariableMap(variables=outputs))

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


def _interface_of(launch_plan: LaunchPlan) -> TypedInterface:
    parameters = launch_plan.closure.expected_inputs.parameters
    return TypedInterface(
        inputs=VariableMap(variables={name: p.var for name, p in parameters.items()}),
        outputs=launch_plan.closure.expected_outputs,
    )


def _key(id: Identifier) -> bytes:
    return id.SerializeToString(deterministic=True)


def _show(id: Identifier) -> str:
    return f"{id.project}:{id.domain}:{id.name}:{id.version}"
