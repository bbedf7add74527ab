"""The commands ``flytebind execution start``, ``relaunch`` and ``recover``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flytebind.cli._connect import connect, execution_id, place
from flytebind.cli._executions import wait_for
from flytebind.cli._exits import DONE
from flytebind.cli._inputs import given_inputs, typed
from flytebind.cli._options import Call
from flytebind.cli._printing import print_document
from flytebind.looks._labels import label
from flytebind.looks._words import harmless
from flytebind.models.core.types import LiteralType
from flytebind.remote import (
    FlyteLaunchPlan,
    FlyteRemote,
    FlyteTask,
    FlyteWorkflow,
    FlyteWorkflowExecution,
)


def start(
    call: Call,
    *,
    name: str,
    kind: str,
    version: str | None,
    execution_name: str | None,
    inputs_file: str | None,
    wait: bool,
    timeout: float | None,
    inputs: Sequence[str],
) -> int:
    """Start an execution, with inputs by name."""
    given = given_inputs(inputs, inputs_file)
    with connect(call) as (remote, config):
        project, domain = place(config)
        entity = fetch(remote, kind, name, version, project, domain)
        values = typed(given, input_types(entity))
        started = remote.execute(entity, values, execution_name=execution_name)
        return _started(call, started, wait, timeout)


def relaunch(
    call: Call,
    *,
    execution: str,
    execution_name: str | None,
    overwrite_cache: bool,
    wait: bool,
    timeout: float | None,
) -> int:
    """Run the same again, with the same inputs."""
    with connect(call) as (remote, config):
        id = execution_id(execution, config)
        started = remote.relaunch(id, name=execution_name, overwrite_cache=overwrite_cache)
        return _started(call, started, wait, timeout)


def recover(
    call: Call,
    *,
    execution: str,
    execution_name: str | None,
    wait: bool,
    timeout: float | None,
) -> int:
    """Run a failed execution again, without the nodes that have succeeded."""
    with connect(call) as (remote, config):
        id = execution_id(execution, config)
        started = remote.recover(id, name=execution_name)
        return _started(call, started, wait, timeout)


def fetch(
    remote: FlyteRemote, kind: str, name: str, version: str | None, project: str, domain: str
) -> FlyteLaunchPlan | FlyteWorkflow | FlyteTask:
    """What a name is the name of.

    Raises:
        FlyteNotFoundError: If there is none.
    """
    match kind:
        case "task":
            return remote.fetch_task(name, version, project=project, domain=domain)
        case "workflow":
            return remote.fetch_workflow(name, version, project=project, domain=domain)
        case _:
            return remote.fetch_launch_plan(name, version, project=project, domain=domain)


def input_types(entity: FlyteLaunchPlan | FlyteWorkflow | FlyteTask) -> Mapping[str, LiteralType]:
    """The types of inputs that may be given, by name."""
    if isinstance(entity, FlyteLaunchPlan):
        parameters = entity.closure.expected_inputs.parameters if entity.closure else {}
        return {name: parameter.var.type for name, parameter in parameters.items()}
    variables = entity.interface.inputs if entity.interface is not None else {}
    return {name: variable.type for name, variable in variables.items()}


def _started(
    call: Call, execution: FlyteWorkflowExecution, wait: bool, timeout: float | None
) -> int:
    if wait:
        return wait_for(call, execution, timeout)
    if not call.is_for_people:
        print_document(call, execution, name=label(execution.id))
    else:
        print(harmless(label(execution.id)))
        if execution.execution_url and not call.quiet:
            print(harmless(execution.execution_url))
    return DONE
