"""How nodes of each kind run, once they are queued."""

from __future__ import annotations

import hashlib
from pathlib import Path
from textwrap import indent
from traceback import extract_tb

from flyteidl.core.execution_pb2 import (
    ExecutionError,
    NodeExecution,
    TaskExecution,
    WorkflowExecution,
)
from flyteidl.core.identifier_pb2 import (
    Identifier,
    NodeExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.literals_pb2 import Literal, LiteralCollection
from flyteidl.core.types_pb2 import LiteralType, SimpleType
from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import ExternalResourceInfo

from flytebind.models.admin.execution import (
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetRequest,
)
from flytebind.models.core.identifier import (
    WorkflowExecutionIdentifier as WorkflowExecutionIdentifierModel,
)
from flytebind.sandbox.play._events import Attempt, NodeFacts
from flytebind.sandbox.play._launching import child_spec, create_execution, create_signal
from flytebind.sandbox.play._run import Failed, Run
from flytebind.sandbox.play._stage import log
from flytebind.sandbox.play._tasks import TASKS
from flytebind.sandbox.play._values import Literals
from flytebind.sandbox.play._workflow import OUTPUT, MapTask, RecoverableError, Task, TaskError

_ITEM_SECONDS = 0.3


def find_task(id: Identifier) -> Task:
    """The task of this name.

    Raises:
        LookupError: If scripts have none.
    """
    if id.name not in TASKS:
        raise LookupError(f"scripts have no task {id.name!r}")
    return TASKS[id.name]


def play_task(run: Run, node: Node, facts: NodeFacts, inputs: Literals) -> Literals:
    """Try a task until it succeeds, or has no attempt left."""
    reference = node.task_node.reference_id
    task = find_task(reference)
    number = 0
    while True:
        attempt = Attempt(facts.id, reference, number)
        run.events.begin_attempt(facts, attempt, inputs)
        run.events.task(attempt, TaskExecution.RUNNING)
        run.pause(task.seconds)
        try:
            outputs = task.run(inputs, number)
        except (TaskError, RecoverableError) as error:
            told = _error(error, attempt.generated_name)
            run.events.task(attempt, TaskExecution.FAILED, error=told, reason=told.message)
            if isinstance(error, TaskError) or number == node.metadata.retries.retries:
                raise Failed(told) from None
            number += 1
        else:
            run.events.task(attempt, TaskExecution.SUCCEEDED, outputs=outputs)
            return outputs


def play_array(run: Run, node: Node, facts: NodeFacts, inputs: Literals) -> Literals:
    """Run a map task: one attempt, whose items end one after the other."""
    inner = node.array_node.node
    reference = inner.task_node.reference_id
    task = find_task(reference)
    assert isinstance(task, MapTask), f"{task.name} is not one for lists"
    attempt = Attempt(facts.id, reference, 0, task_type="k8s-array", plugin="k8s-array")
    size = max((len(literal.collection.literals) for literal in inputs.values()), default=0)

    def items(phase: TaskExecution.Phase.ValueType, *indices: int) -> list[ExternalResourceInfo]:
        return [
            ExternalResourceInfo(external_id=f"{facts.id}-n{index}-0", index=index, phase=phase)
            for index in indices
        ]

    queued, started = (
        items(phase, *range(size)) for phase in (TaskExecution.QUEUED, TaskExecution.RUNNING)
    )
    run.events.begin_attempt(facts, attempt, inputs, queued)
    run.events.task(attempt, TaskExecution.RUNNING, resources=started)
    results: list[Literal] = []
    for index in range(size):
        run.pause(_ITEM_SECONDS)
        item = {name: literal.collection.literals[index] for name, literal in inputs.items()}
        try:
            results.append(task.each.run(item, 0)[OUTPUT])
        except (TaskError, RecoverableError) as error:
            told = _error(error, attempt.generated_name)
            failed = items(TaskExecution.FAILED, index)
            run.events.task(attempt, TaskExecution.FAILED, error=told, resources=failed)
            raise Failed(told) from None
        ended = items(TaskExecution.SUCCEEDED, index)
        run.events.task(attempt, TaskExecution.RUNNING, version=index + 1, resources=ended)
    outputs = {OUTPUT: Literal(collection=LiteralCollection(literals=results))}
    run.events.task(attempt, TaskExecution.SUCCEEDED, outputs=outputs)
    return outputs


def play_launch_plan(run: Run, node: Node, facts: NodeFacts, inputs: Literals) -> Literals:
    """Start another execution, and end as it does."""
    child = WorkflowExecutionIdentifier(
        project=run.id.project, domain=run.id.domain, name=_child_name(run, facts)
    )
    parent = NodeExecutionIdentifier(node_id=facts.id, execution_id=run.id)
    spec = child_spec(node.workflow_node.launchplan_ref, parent)
    create_execution(run.client, spec, inputs, child)
    run.events.node(facts, NodeExecution.RUNNING, child=child)
    run.wait_for_end(child)

    id = WorkflowExecutionIdentifierModel.from_pb(child)
    closure = run.client.get_execution(WorkflowExecutionGetRequest(id=id)).to_pb().closure
    if closure.phase != WorkflowExecution.SUCCEEDED:
        phase = WorkflowExecution.Phase.Name(closure.phase)
        cause = closure.error.message or closure.abort_metadata.cause
        raise Failed(
            ExecutionError(
                code="LaunchPlanFailed",
                message=f"execution {child.name} ended as {phase}: {cause}",
                kind=closure.error.kind,
            )
        )
    data = run.client.get_execution_data(WorkflowExecutionGetDataRequest(id=id)).to_pb()
    return dict(data.full_outputs.literals)


def play_gate(run: Run, node: Node, facts: NodeFacts, inputs: Literals) -> Literals:
    """Wait for a signal, or for a while. What is approved is handed on."""
    gate = node.gate_node
    if gate.HasField("sleep"):
        run.events.node(facts, NodeExecution.RUNNING)
        run.pause(gate.sleep.duration.ToTimedelta().total_seconds())
        return {}
    if gate.HasField("signal"):
        value = _signal(run, facts, gate.signal.signal_id, gate.signal.type)
        return {gate.signal.output_variable_name: value}
    kind = LiteralType(simple=SimpleType.BOOLEAN)
    approval = _signal(run, facts, gate.approve.signal_id, kind)
    if not approval.scalar.primitive.boolean:
        raise Failed(
            ExecutionError(
                code="ReceivedRejectSignal",
                message="received a reject signal to disapprove the node input values",
                kind=ExecutionError.USER,
            )
        )
    return inputs


def _signal(run: Run, facts: NodeFacts, name: str, kind: LiteralType) -> Literal:
    # The signal comes first: whoever sees the node wait can set it.
    signal = create_signal(run.signals, run.id, name, kind)
    run.events.node(facts, NodeExecution.RUNNING)
    if signal.HasField("value"):
        return signal.value
    log.info("%s waits for the signal %s", run.id.name, name)
    return run.wait_for_signal(signal.id)


def _error(error: Exception, worker: str) -> ExecutionError:
    """An error as flytekit reports it: the traceback first, the message last."""
    recoverable = isinstance(error, RecoverableError)
    frame = extract_tb(error.__traceback__)[-1]
    said = f"{type(error).__name__}: {error}"
    trace = (
        "Traceback (most recent call last):\n"
        f'  File "{Path(frame.filename).name}", line {frame.lineno}, in {frame.name}\n'
        f"    {frame.line}\n{said}"
    )
    return ExecutionError(
        code="USER:Recoverable" if recoverable else "USER:RuntimeError",
        message=f"Trace:\n\n{indent(trace, '    ')}\n\nMessage:\n\n{indent(said, '    ')}",
        kind=ExecutionError.USER,
        worker=worker,
    )


def _child_name(run: Run, facts: NodeFacts) -> str:
    """The same for the same node, so that it cannot start two executions."""
    digest = hashlib.sha256(f"{run.id.name} {facts.id}".encode()).hexdigest()
    return f"f{digest[:19]}"
