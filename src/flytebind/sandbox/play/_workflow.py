"""The words that scripts are written in: tasks, and workflows of them.

They make the same messages that a client would register; ``Graph`` walks what admin compiles.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, NamedTuple, get_type_hints

from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, Operand
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.interface_pb2 import TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import (
    Binding,
    BindingData,
    BindingDataCollection,
    Literal,
    LiteralCollection,
)
from flyteidl.core.tasks_pb2 import Container, RuntimeMetadata, TaskMetadata, TaskTemplate
from flyteidl.core.types_pb2 import LiteralType, OutputReference
from flyteidl.core.workflow_pb2 import Node, WorkflowTemplate

from flytebind.runtime.homes import public_in
from flytebind.sandbox.play._values import (
    Literals,
    literal_type,
    to_literal,
    to_native,
    type_of,
)

PROJECT = "flytesnacks"
DOMAIN = "development"
VERSION = "v1"
#: What flytekit calls the only output.
OUTPUT = "o0"


class TaskError(Exception):
    """Raised in a task: its code fails, and would fail again."""


class RecoverableError(Exception):
    """Raised in a task: another attempt may succeed, if the task has one left."""


class Promise(NamedTuple):
    """A value that a node will give, or that a workflow is given."""

    node: str
    var: str
    type: LiteralType


class Task:
    """A Python function in the part of a task; its annotations are the interface.

    A parameter ``attempt`` is no input: it is the number of attempts before this one. A first
    parameter ``w`` makes the task dynamic: the function writes a workflow into it, and returns a
    promise.

    Args:
        function: What the task does; it is called when the task has "run".
        seconds: How long an attempt takes at normal speed.
        retries: How many attempts may follow the first.
        yields: The type of a dynamic task's output.
    """

    def __init__(
        self,
        function: Callable[..., object],
        seconds: float,
        retries: int,
        yields: type | None = None,
    ) -> None:
        hints = get_type_hints(function)
        given = [name for name in inspect.signature(function).parameters if name in hints]
        self.name = f"play.{function.__name__}"
        self.seconds = seconds
        self.retries = retries
        self.is_dynamic = "w" in given
        self._function = function
        self._takes_attempt = "attempt" in given
        self.inputs = {name: literal_type(hints[name]) for name in given if name not in _EXTRAS}
        self.output = literal_type(yields or hints["return"])

    @property
    def id(self) -> Identifier:
        """What it is registered as."""
        return identifier(ResourceType.TASK, self.name)

    def template(self) -> TaskTemplate:
        """What is registered."""
        template = TaskTemplate(
            id=self.id,
            type="python-task",
            metadata=TaskMetadata(
                runtime=RuntimeMetadata(
                    type=RuntimeMetadata.FLYTE_SDK, version="1.16", flavor="python"
                )
            ),
            interface=TypedInterface(
                inputs=_variables(self.inputs), outputs=_variables({OUTPUT: self.output})
            ),
            container=Container(image="flytebind/sandbox:play", args=["pyflyte-execute"]),
        )
        template.metadata.retries.retries = self.retries
        return template

    def run(self, inputs: Literals, attempt: int) -> dict[str, Literal]:
        """The outputs.

        Raises:
            TaskError: As the function says.
            RecoverableError: As the function says.
        """
        extras = {"attempt": attempt} if self._takes_attempt else {}
        return {OUTPUT: to_literal(self._function(**_natives(inputs), **extras))}

    @cached_property
    def mapped(self) -> MapTask:
        """The task that does the same for each item of lists."""
        return MapTask(self)

    def expand(self, inputs: Literals) -> Workflow:
        """The workflow that a dynamic task yields."""
        workflow = Workflow(self.name)
        promise = self._function(workflow, **_natives(inputs))
        assert isinstance(promise, Promise), f"{self.name} returned no promise"
        workflow.output(OUTPUT, promise)
        return workflow


class MapTask(Task):
    """A task that takes and gives lists, as flytekit registers what is mapped.

    Args:
        each: What is done for each item.
    """

    def __init__(self, each: Task) -> None:
        self.each = each
        self.name = each.name.replace("play.", "play.map_", 1)
        self.seconds = each.seconds
        self.retries = each.retries
        self.is_dynamic = False
        self.inputs = {
            name: LiteralType(collection_type=kind) for name, kind in each.inputs.items()
        }
        self.output = LiteralType(collection_type=each.output)

    def run(self, inputs: Literals, attempt: int) -> dict[str, Literal]:
        """The outputs, for all items; raises as they do."""
        count = max((len(literal.collection.literals) for literal in inputs.values()), default=0)
        items = [
            {name: literal.collection.literals[index] for name, literal in inputs.items()}
            for index in range(count)
        ]
        results = [self.each.run(item, attempt)[OUTPUT] for item in items]
        return {OUTPUT: Literal(collection=LiteralCollection(literals=results))}


_EXTRAS = ("w", "attempt", "return")


class Call(NamedTuple):
    """A task with its inputs, for one arm of a branch."""

    task: Task
    inputs: Mapping[str, object]


def call(task: Task, **inputs: object) -> Call:
    """What an arm of a branch does."""
    return Call(task, inputs)


class Workflow:
    """A workflow in the making; nodes are called n0, n1, ... in the order they are added.

    Inputs of nodes are promises, plain values, or lists of both. Nodes run as soon as they have
    what they wait for.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.defaults: dict[str, Literal] = {}
        self.sub_workflows: dict[str, WorkflowTemplate] = {}
        self.template = WorkflowTemplate(id=identifier(ResourceType.WORKFLOW, name))
        # Empty is something else than absent here: a workflow needs these, whatever they say.
        self.template.metadata.SetInParent()
        self.template.metadata_defaults.SetInParent()
        self.template.interface.inputs.SetInParent()
        self.template.interface.outputs.SetInParent()

    def input(self, name: str, default: object) -> Promise:
        """An input of the workflow, of the type of the default, which its launch plan has."""
        kind = type_of(default)
        self.template.interface.inputs.variables[name].type.CopyFrom(kind)
        self.defaults[name] = to_literal(default)
        return Promise("", name, kind)

    def output(self, name: str, promise: Promise) -> None:
        """An output of the workflow."""
        self.template.interface.outputs.variables[name].type.CopyFrom(promise.type)
        self.template.outputs.append(Binding(var=name, binding=_binding(promise)))

    def task(self, task: Task, /, *, after: Iterable[Promise] = (), **inputs: object) -> Promise:
        """Run a task."""
        node = self._add(task.name, inputs, after)
        _set_task(node, task)
        return Promise(node.id, OUTPUT, task.output)

    def map(self, task: Task, /, **inputs: Promise) -> Promise:
        """Run a task once for each item of lists."""
        node = self._add(f"map {task.name}", inputs)
        node.array_node.min_success_ratio = 1.0
        node.array_node.node.id = node.id
        _set_task(node.array_node.node, task.mapped)
        return Promise(node.id, OUTPUT, task.mapped.output)

    def branch(
        self,
        value: Promise,
        compare: ComparisonExpression.Operator.ValueType,
        bound: int,
        *,
        then: Call,
        otherwise: Call,
    ) -> Promise:
        """Run one of two tasks, which have outputs of the same type."""
        node = self._add("branch", {"value": value})
        block = node.branch_node.if_else
        block.case.condition.CopyFrom(
            BooleanExpression(
                comparison=ComparisonExpression(
                    operator=compare,
                    left_value=Operand(var="value"),
                    right_value=Operand(primitive=to_literal(bound).scalar.primitive),
                )
            )
        )
        arms = ((block.case.then_node, then), (block.else_node, otherwise))
        for index, (arm, (task, inputs)) in enumerate(arms):
            arm.id = f"n{index}"
            arm.metadata.name = task.name
            arm.inputs.extend(_bindings(inputs))
            _set_task(arm, task)
            # What an arm needs must be there before the branch is.
            node.upstream_node_ids.extend(
                promise.node
                for promise in inputs.values()
                if isinstance(promise, Promise) and promise.node
            )
        return Promise(node.id, OUTPUT, then.task.output)

    def subworkflow(self, workflow: Workflow, /, **inputs: object) -> Promise:
        """Run another workflow as a part of this one."""
        node = self._add(workflow.name, inputs)
        node.workflow_node.sub_workflow_ref.CopyFrom(workflow.template.id)
        self.sub_workflows |= {**workflow.sub_workflows, workflow.name: workflow.template}
        return _only_output(node, workflow)

    def launch_plan(self, script: Script, /, **inputs: object) -> Promise:
        """Run another script in an execution of its own."""
        node = self._add(script.name, inputs)
        node.workflow_node.launchplan_ref.CopyFrom(script.id)
        return _only_output(node, script.workflow)

    def approve(self, signal: str, value: Promise) -> Promise:
        """Hand a value on, once somebody has said yes to it; a no fails the workflow."""
        node = self._add(signal, {OUTPUT: value})
        node.gate_node.approve.signal_id = signal
        return Promise(node.id, OUTPUT, value.type)

    def wait_for_input(self, signal: str, kind: type, *, after: Iterable[Promise] = ()) -> Promise:
        """Wait for somebody's value."""
        node = self._add(signal, {}, after)
        condition = node.gate_node.signal
        condition.signal_id = signal
        condition.type.CopyFrom(literal_type(kind))
        condition.output_variable_name = OUTPUT
        return Promise(node.id, OUTPUT, condition.type)

    def sleep(self, seconds: float, *, after: Iterable[Promise] = ()) -> Promise:
        """Wait for a while. Gives nothing to bind."""
        node = self._add("sleep", {}, after)
        node.gate_node.sleep.duration.FromTimedelta(timedelta(seconds=seconds))
        return Promise(node.id, "", LiteralType())

    def on_failure(self, task: Task, /, **inputs: object) -> None:
        """Run a task once the workflow has failed."""
        node = self.template.failure_node
        node.id = "fn0"
        node.metadata.name = task.name
        node.inputs.extend(_bindings(inputs))
        _set_task(node, task)

    def _add(self, name: str, inputs: Mapping[str, object], after: Iterable[Promise] = ()) -> Node:
        node = self.template.nodes.add(id=f"n{len(self.template.nodes)}")
        node.metadata.name = name
        node.inputs.extend(_bindings(inputs))
        node.upstream_node_ids.extend(promise.node for promise in after)
        return node


@public_in("flytebind.sandbox.play")
@dataclass(frozen=True)
class Script:
    """A workflow that runs by itself, and the launch plan that starts it."""

    name: str
    """Of both the workflow and the launch plan."""
    offloads: bool
    """Whether its data is written to files, as a cluster does; otherwise events carry it."""
    write: Callable[[Workflow], None]
    """Writes the workflow."""

    @property
    def id(self) -> Identifier:
        """The launch plan."""
        return identifier(ResourceType.LAUNCH_PLAN, self.name)

    @property
    def summary(self) -> str:
        """What it shows, in a sentence."""
        return inspect.getdoc(self.write) or ""

    @cached_property
    def workflow(self) -> Workflow:
        """What is registered, and run."""
        workflow = Workflow(self.name)
        self.write(workflow)
        return workflow


def identifier(kind: ResourceType.ValueType, name: str) -> Identifier:
    """The id of something that scripts are made of."""
    return Identifier(
        resource_type=kind, project=PROJECT, domain=DOMAIN, name=name, version=VERSION
    )


def _set_task(node: Node, task: Task) -> None:
    node.task_node.reference_id.CopyFrom(task.id)
    node.metadata.retries.retries = task.retries


def _only_output(node: Node, workflow: Workflow) -> Promise:
    ((name, variable),) = workflow.template.interface.outputs.variables.items()
    return Promise(node.id, name, variable.type)


def _variables(types: Mapping[str, LiteralType]) -> VariableMap:
    return VariableMap(variables={name: Variable(type=kind) for name, kind in types.items()})


def _bindings(inputs: Mapping[str, object]) -> Iterable[Binding]:
    return (Binding(var=name, binding=_binding(value)) for name, value in inputs.items())


def _binding(value: object) -> BindingData:
    if isinstance(value, Promise):
        return BindingData(promise=OutputReference(node_id=value.node, var=value.var))
    if isinstance(value, list):
        return BindingData(collection=BindingDataCollection(bindings=map(_binding, value)))
    return BindingData(scalar=to_literal(value).scalar)


def _natives(inputs: Literals) -> dict[str, Any]:
    return {name: to_native(literal) for name, literal in inputs.items()}
