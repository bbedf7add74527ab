"""Walks the nodes of a workflow, each as soon as it has what it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from graphlib import TopologicalSorter
from queue import SimpleQueue

from flyteidl.core.compiler_pb2 import CompiledWorkflow, CompiledWorkflowClosure
from flyteidl.core.execution_pb2 import NodeExecution, TaskExecution
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.workflow_pb2 import IfElseBlock, Node

from flytebind.sandbox._admin.compiler import END, START
from flytebind.sandbox.play._events import Attempt, NodeFacts
from flytebind.sandbox.play._nodes import (
    find_task,
    play_array,
    play_gate,
    play_launch_plan,
    play_task,
)
from flytebind.sandbox.play._registration import compile_yielded
from flytebind.sandbox.play._run import Failed, Run
from flytebind.sandbox.play._values import Literals, bind, holds

_WORKERS = 32
_QUEUED_SECONDS = 0.2


class Graph:
    """One workflow with its nodes, at the top of an execution or inside of a node.

    Args:
        run: The execution.
        closure: Everything that nodes may refer to.
        workflow: Which of the closure's workflows.
        parent: The id of the node that the workflow is a part of; empty at the top.
    """

    def __init__(
        self,
        run: Run,
        closure: CompiledWorkflowClosure,
        workflow: CompiledWorkflow,
        parent: str = "",
    ) -> None:
        self._run = run
        self._closure = closure
        self._workflow = workflow
        self._parent = parent

    def walk(self, inputs: Literals) -> Literals:
        """Play the nodes, side by side where they do not wait for each other.

        Returns:
            The outputs of the workflow.

        Raises:
            Failed: If a node fails; those that run beside it are called off.
            CalledOff: If the run is.
        """
        template = self._workflow.template
        events = self._run.events
        events.start_node(inputs, self._parent)
        outputs = {START: inputs}
        self._walk_inner_nodes(outputs)
        results = bind(template.outputs, outputs)
        events.end_node(results, self._parent)
        return results

    def walk_failure_node(self, inputs: Literals) -> None:
        """Play the failure node, if there is one.

        Raises:
            Failed: If it fails as well.
            CalledOff: If the run is.
        """
        if self._workflow.template.HasField("failure_node"):
            self._play(self._workflow.template.failure_node, {START: inputs})

    def _walk_inner_nodes(self, outputs: dict[str, Literals]) -> None:
        nodes = {node.id: node for node in self._workflow.template.nodes}
        del nodes[START], nodes[END]
        upstream = dict(self._workflow.connections.upstream)
        sorter = TopologicalSorter({id: set(upstream[id].ids) - {START} for id in nodes})
        sorter.prepare()
        ids: dict[Future[Literals], str] = {}
        ended: SimpleQueue[Future[Literals]] = SimpleQueue()
        pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"sandbox-{self._run.id.name}")
        try:
            while sorter.is_active():
                for id in sorter.get_ready():
                    future = pool.submit(self._play, nodes[id], outputs)
                    ids[future] = id
                    future.add_done_callback(ended.put)
                future = ended.get()
                if future.exception() is not None:
                    break
                outputs[ids[future]] = future.result()
                sorter.done(ids[future])
        finally:
            pool.shutdown(cancel_futures=True)
        _raise_cause(ids)

    def _play(self, node: Node, outputs: Mapping[str, Literals]) -> Literals:
        """Play a node from its first event to its last; answers its outputs."""
        run, facts = self._run, self._facts(node)
        inputs = bind(node.inputs, outputs)
        run.check()
        if (recovered := run.recovered(facts.id)) is not None:
            run.events.node(
                facts,
                NodeExecution.RECOVERED,
                inputs=inputs,
                outputs=recovered.outputs,
                child=recovered.child,
            )
            return recovered.outputs
        run.events.node(facts, NodeExecution.QUEUED, inputs=inputs)
        run.pause(_QUEUED_SECONDS)
        try:
            results = self._play_target(node, facts, inputs, outputs)
        except Failed as failure:
            run.call_off()
            run.events.node(facts, NodeExecution.FAILED, error=failure.error)
            raise
        run.events.node(facts, NodeExecution.SUCCEEDED, outputs=results)
        return results

    def _play_target(
        self, node: Node, facts: NodeFacts, inputs: Literals, outputs: Mapping[str, Literals]
    ) -> Literals:
        match node.WhichOneof("target"):
            case "task_node" if find_task(node.task_node.reference_id).is_dynamic:
                return self._play_dynamic(node, facts, inputs)
            case "task_node":
                return play_task(self._run, node, facts, inputs)
            case "array_node":
                return play_array(self._run, node, facts, inputs)
            case "gate_node":
                return play_gate(self._run, node, facts, inputs)
            case "branch_node":
                self._run.events.node(facts, NodeExecution.RUNNING)
                arm = _chosen_arm(node.branch_node.if_else, inputs)
                return self._below(facts)._play(arm, outputs)
            case "workflow_node" if node.workflow_node.HasField("launchplan_ref"):
                return play_launch_plan(self._run, node, facts, inputs)
            case "workflow_node":
                self._run.events.node(facts, NodeExecution.RUNNING)
                workflow = self._sub_workflow(node.workflow_node.sub_workflow_ref)
                return Graph(self._run, self._closure, workflow, facts.id).walk(inputs)
            case other:
                raise NotImplementedError(f"nothing plays {node.id}, a {other}")

    def _play_dynamic(self, node: Node, facts: NodeFacts, inputs: Literals) -> Literals:
        """The task yields a workflow, whose outputs are the node's."""
        run = self._run
        task = find_task(node.task_node.reference_id)
        attempt = Attempt(facts.id, node.task_node.reference_id, 0)
        run.events.begin_attempt(facts, attempt, inputs)
        run.events.task(attempt, TaskExecution.RUNNING)
        run.pause(task.seconds)
        closure = compile_yielded(run.client, task.expand(inputs))
        run.events.unfold(facts, closure)
        results = Graph(run, closure, closure.primary, facts.id).walk({})
        run.events.task(attempt, TaskExecution.SUCCEEDED, outputs=results)
        return results

    def _below(self, facts: NodeFacts) -> Graph:
        return Graph(self._run, self._closure, self._workflow, facts.id)

    def _sub_workflow(self, id: Identifier) -> CompiledWorkflow:
        return next(each for each in self._closure.sub_workflows if each.template.id == id)

    def _facts(self, node: Node) -> NodeFacts:
        return replace(
            NodeFacts.of(node.id, self._parent, node.metadata.name),
            is_parent=node.HasField("branch_node")
            or node.workflow_node.HasField("sub_workflow_ref"),
            is_array=node.HasField("array_node"),
        )


def _chosen_arm(block: IfElseBlock, inputs: Literals) -> Node:
    for case in (block.case, *block.other):
        if holds(case.condition, inputs):
            return case.then_node
    return block.else_node


def _raise_cause(futures: Iterable[Future[Literals]]) -> None:
    """Raise what ended the nodes: the failure, rather than what it did to the others."""
    errors = [
        error
        for future in futures
        if not future.cancelled() and (error := future.exception()) is not None
    ]
    if errors:
        raise min(errors, key=lambda error: not isinstance(error, Failed))
