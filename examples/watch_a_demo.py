"""Start an admin without a cluster, let a workflow run in it, and watch until it is done.

The client is the one that you would point at a real admin.

    python examples/watch_a_demo.py
"""

from __future__ import annotations

import time

from flytebind.models.admin.common import Sort
from flytebind.models.admin.execution import (
    Execution,
    WorkflowExecutionGetDataRequest,
    WorkflowExecutionGetRequest,
)
from flytebind.models.admin.node_execution import NodeExecutionListRequest
from flytebind.models.core.execution import WorkflowExecutionPhase
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.sandbox import Sandbox
from flytebind.services import AdminServiceClient

DONE = {
    WorkflowExecutionPhase.SUCCEEDED,
    WorkflowExecutionPhase.FAILED,
    WorkflowExecutionPhase.TIMED_OUT,
    WorkflowExecutionPhase.ABORTED,
}
IN_ORDER = Sort(key="id", direction=Sort.Direction.ASCENDING)


def watch(client: AdminServiceClient, id: WorkflowExecutionIdentifier) -> Execution:
    """Show each phase of each node as it comes, and return the execution when it is done."""
    shown = set[str]()
    while True:
        execution = client.get_execution(WorkflowExecutionGetRequest(id=id), timeout=5)
        nodes = client.list_node_executions(
            NodeExecutionListRequest(workflow_execution_id=id, limit=100, sort_by=IN_ORDER),
            timeout=5,
        )
        for node in nodes.node_executions:
            state = f"{node.id.node_id} is {node.closure.phase.name}"
            if state not in shown:
                print(f"  {state}")
            shown.add(state)
        if execution.closure.phase in DONE:
            return execution
        time.sleep(0.02)


def main() -> None:
    """Start, watch, and show what came out."""
    with Sandbox() as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        id = sandbox.engine(speed=10).launch("map")
        print(f"{id.name} runs on {sandbox.endpoint}")
        execution = watch(client, id)
        print(f"{id.name} is {execution.closure.phase.name}\n")
        data = client.get_execution_data(WorkflowExecutionGetDataRequest(id=id), timeout=5)
        print(data.full_outputs)


if __name__ == "__main__":
    main()
