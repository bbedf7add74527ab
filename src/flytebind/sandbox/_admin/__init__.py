"""AdminService, by subject."""

from __future__ import annotations

from flytebind.sandbox._admin.attributes import Attributes
from flytebind.sandbox._admin.description_entities import DescriptionEntities
from flytebind.sandbox._admin.execution_data import ExecutionData
from flytebind.sandbox._admin.executions import Executions
from flytebind.sandbox._admin.launch_plans import LaunchPlans
from flytebind.sandbox._admin.metrics import Metrics
from flytebind.sandbox._admin.named_entities import NamedEntities
from flytebind.sandbox._admin.node_events import NodeEvents
from flytebind.sandbox._admin.node_executions import NodeExecutions
from flytebind.sandbox._admin.projects import Projects
from flytebind.sandbox._admin.registry import Registry
from flytebind.sandbox._admin.task_events import TaskEvents
from flytebind.sandbox._admin.task_executions import TaskExecutions
from flytebind.sandbox._admin.workflow_events import WorkflowEvents


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
