"""AdminService, by subject."""

from __future__ import annotations

from flytebind.sandbox.admin.attributes import Attributes
from flytebind.sandbox.admin.description_entities import DescriptionEntities
from flytebind.sandbox.admin.execution_data import ExecutionData
from flytebind.sandbox.admin.executions import Executions
from flytebind.sandbox.admin.launch_plans import LaunchPlans
from flytebind.sandbox.admin.metrics import Metrics
from flytebind.sandbox.admin.named_entities import NamedEntities
from flytebind.sandbox.admin.node_events import NodeEvents
from flytebind.sandbox.admin.node_executions import NodeExecutions
from flytebind.sandbox.admin.projects import Projects
from flytebind.sandbox.admin.registry import Registry
from flytebind.sandbox.admin.task_events import TaskEvents
from flytebind.sandbox.admin.task_executions import TaskExecutions
from flytebind.sandbox.admin.workflow_events import WorkflowEvents


class Admin(
    Projects,
    Registry,
    LaunchPlans,
    NamedEntities,
    DescriptionEntities,
    Attributes,
    Executions,
    NodeExecutions,
    TaskExecutions,
    ExecutionData,
    WorkflowEvents,
    NodeEvents,
    TaskEvents,
    Metrics,
):
    """All of AdminService."""
