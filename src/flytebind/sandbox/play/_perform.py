"""Plays an execution from its first event to its last."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import grpc
from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.execution_pb2 import ExecutionError, WorkflowExecution
from flyteidl.core.identifier_pb2 import Identifier, ResourceType

from flytebind.models.admin.common import ObjectGetRequest
from flytebind.models.admin.execution import (
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetRequest,
)
from flytebind.models.core.identifier import (
    Identifier as IdentifierModel,
    WorkflowExecutionIdentifier as WorkflowExecutionIdentifierModel,
)
from flytebind.sandbox.play._ending import abort_open_nodes
from flytebind.sandbox.play._graph import Graph
from flytebind.sandbox.play._run import CalledOff, Failed, Run
from flytebind.sandbox.play._scripts import SCRIPTS
from flytebind.sandbox.play._stage import log
from flytebind.sandbox.play._tasks import TASKS
from flytebind.sandbox.play._workflow import identifier

_QUEUED_SECONDS = 0.2


def is_scripted(id: Identifier) -> bool:
    """Whether this launch plan, or task, is one of those that run by themselves."""
    names = TASKS if id.resource_type == ResourceType.TASK else SCRIPTS
    return id.name in names and id == identifier(id.resource_type, id.name)


def perform(run: Run) -> None:
    """Play an execution, if it is one of a script. Raises nothing: what goes wrong is logged."""
    try:
        execution = _get(run)
        if is_scripted(execution.spec.launch_plan):
            _play(run, execution)
    except Exception:
        if not run.stage.stopping:
            log.exception("%s was given up", run.id.name)


def end(
    run: Run, phase: WorkflowExecution.Phase.ValueType, error: ExecutionError | None = None
) -> None:
    """Bring an execution to its end, and what goes on in it first."""
    abort_open_nodes(run.client, run.events, run.id)
    run.events.workflow(phase, error=error)


def system_error(code: str, message: str) -> ExecutionError:
    """An error that is none of the user's."""
    return ExecutionError(code=code, message=message, kind=ExecutionError.SYSTEM)


def _get(run: Run) -> Execution:
    request = WorkflowExecutionGetRequest(id=WorkflowExecutionIdentifierModel.from_pb(run.id))
    return run.client.get_execution(request).to_pb()


def _play(run: Run, execution: Execution) -> None:
    name = f"{execution.spec.launch_plan.name} {run.id.name}"
    started = run.stage.clock.now()
    log.info("%s starts", name)
    try:
        phase = _play_story(run, execution)
    except CalledOff:
        if run.stage.stopping:
            return  # without a word, as a process that is killed
        end(run, phase := WorkflowExecution.ABORTED)
    except Exception as error:
        log.exception("%s cannot go on", name)
        told = system_error(f"SYSTEM:{type(error).__name__}", f"the script broke off: {error!r}")
        end(run, phase := WorkflowExecution.FAILED, told)
    seconds = (run.stage.clock.now() - started).total_seconds()
    log.info("%s is %s after %.1f s", name, WorkflowExecution.Phase.Name(phase), seconds)


def _play_story(run: Run, execution: Execution) -> WorkflowExecution.Phase.ValueType:
    script = SCRIPTS.get(execution.spec.launch_plan.name)
    run.begin(execution, offloads=script is not None and script.offloads)
    request = ObjectGetRequest(id=IdentifierModel.from_pb(execution.closure.workflow_id))
    closure = run.client.get_workflow(request).to_pb().closure.compiled_workflow
    graph = Graph(run, closure, closure.primary)
    data = WorkflowExecutionGetDataRequest(id=WorkflowExecutionIdentifierModel.from_pb(run.id))
    inputs = dict(run.client.get_execution_data(data).to_pb().full_inputs.literals)

    run.check()
    _say(lambda: run.events.workflow(WorkflowExecution.QUEUED))
    run.pause(_QUEUED_SECONDS)
    _say(lambda: run.events.workflow(WorkflowExecution.RUNNING))
    try:
        outputs = graph.walk(inputs)
    except Failed as failure:
        error = failure.error
        abort_open_nodes(run.client, run.events, run.id)
        _say(lambda: run.events.workflow(WorkflowExecution.FAILING, error=error))
        run.go_on()
        with suppress(Failed):
            graph.walk_failure_node(inputs)
        _say(lambda: run.events.workflow(WorkflowExecution.FAILED, error=error))
        return WorkflowExecution.FAILED
    _say(lambda: run.events.workflow(WorkflowExecution.SUCCEEDING))
    _say(lambda: run.events.workflow(WorkflowExecution.SUCCEEDED, outputs=outputs))
    return WorkflowExecution.SUCCEEDED


def _say(send: Callable[[], None]) -> None:
    """Send an event of the workflow; that it cannot follow means that somebody asked for an end."""
    try:
        send()
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.FAILED_PRECONDITION:
            raise CalledOff from None
        raise
