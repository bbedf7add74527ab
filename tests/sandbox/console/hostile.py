"""An execution whose names and errors would do something, if they were not taken for text."""

from __future__ import annotations

from flytebind.models.core.execution import ExecutionError, TaskLog
from flytebind.models.core.identifier import ResourceType, WorkflowExecutionIdentifier
from flytebind.services.admin import AdminServiceClient
from tests.sandbox import runs
from tests.sandbox.runs import NodePhase, TaskPhase, WorkflowPhase
from tests.sandbox.support import identifier

#: Breaks out of text, of an attribute, of a style and of a script.
TEXT = "'\"></pre></style></script><script>document.title = 'hurt'</script><img src=x onerror=hurt>"
COLOUR = "\x1b[31mred\x1b[0m"
LOGS = ("javascript:document.title='hurt'", 'https://logs.example/"><script>hurt</script>')


def tell(client: AdminServiceClient) -> WorkflowExecutionIdentifier:
    """Let it fail."""
    runs.register(client)
    plan = identifier(ResourceType.LAUNCH_PLAN, TEXT)
    runs.create_launch_plan(client, plan)
    id = runs.create(client, launch_plan=plan)
    error = ExecutionError(TEXT, f"{TEXT}\n{COLOUR}", "", ExecutionError.ErrorKind.USER)
    runs.send(client, WorkflowPhase.RUNNING)
    runs.send_node(client, runs.node_event("n0", NodePhase.RUNNING))
    logs = [TaskLog(uri, TEXT, TaskLog.MessageFormat.UNKNOWN, None) for uri in LOGS]
    running = runs.task_event("n0", TaskPhase.RUNNING)
    runs.send_task(client, running.replace(logs=logs))
    runs.send_task(client, runs.task_event("n0", TaskPhase.FAILED, 1).replace(error=error))
    runs.send_node(client, runs.node_event("n0", NodePhase.FAILED, 1).replace(error=error))
    strange = runs.node_event("n0", NodePhase.RUNNING).replace(
        id=runs.node_id(TEXT), spec_node_id=TEXT, node_name=TEXT
    )
    runs.send_node(client, strange)
    runs.send(client, WorkflowPhase.FAILED, 1, error=error)
    return id
