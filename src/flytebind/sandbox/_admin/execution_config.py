"""What an execution runs with: what was asked for, then launch plan, attributes and settings."""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.admin.execution_pb2 import ExecutionSpec
from flyteidl.admin.launch_plan_pb2 import LaunchPlan, LaunchPlanSpec
from flyteidl.admin.matchable_resource_pb2 import MatchingAttributes, WorkflowExecutionConfig
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.core.security_pb2 import SecurityContext

from flytebind.models.admin.matchable_resource import MatchableResource
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._store import tables


def resolve_config(
    part: Part, id: WorkflowExecutionIdentifier, spec: ExecutionSpec, plan: LaunchPlan | None
) -> None:
    """Write the maximum parallelism and the security context into a spec.

    Args:
        part: Has the attributes and the settings.
        id: Of the execution.
        spec: As it was asked for.
        plan: The launch plan that was asked for; None for a single task.
    """
    configs: list[ExecutionSpec | LaunchPlanSpec | WorkflowExecutionConfig] = [spec]
    workflow = ""
    if plan is not None:
        configs.append(plan.spec)
        workflow = plan.spec.workflow_id.name
    configs += _attributes(part, id, workflow)
    parallelism = [config.max_parallelism for config in configs if config.max_parallelism > 0]
    if plan is not None:
        spec.max_parallelism = [*parallelism, part.settings.max_parallelism][0]
    else:
        spec.max_parallelism = max(spec.max_parallelism, 0)
    contexts = [
        config.security_context for config in configs if _names_somebody(config.security_context)
    ]
    context = SecurityContext()
    if contexts:
        context.CopyFrom(contexts[0])
    else:
        context.run_as.SetInParent()
        _take_role(context, spec, plan)
    spec.security_context.CopyFrom(context)


def _attributes(
    part: Part, id: WorkflowExecutionIdentifier, workflow: str
) -> Iterator[WorkflowExecutionConfig]:
    """What is set for the workflow, the domain or the project, the most specific first."""
    scopes = ((id.domain, workflow), (id.domain, ""), ("", ""))
    for domain, name in dict.fromkeys(scopes):
        row = part.store.find(
            tables.ATTRIBUTES,
            "model",
            resource_type=int(MatchableResource.WORKFLOW_EXECUTION_CONFIG),
            project=id.project,
            domain=domain,
            workflow=name,
            launch_plan="",
        )
        if row is not None:
            yield MatchingAttributes.FromString(row["model"]).workflow_execution_config


def _names_somebody(context: SecurityContext) -> bool:
    return bool(context.run_as.iam_role or context.run_as.k8s_service_account)


def _take_role(context: SecurityContext, spec: ExecutionSpec, plan: LaunchPlan | None) -> None:
    """Roles were written in other places once."""
    role, account = spec.auth_role.assumable_iam_role, spec.auth_role.kubernetes_service_account
    if not spec.HasField("auth_role") and plan is not None:
        auths = (plan.spec.auth_role, plan.spec.auth)
        role = next((auth.assumable_iam_role for auth in auths if auth.assumable_iam_role), "")
        accounts = [auth.kubernetes_service_account for auth in auths]
        account = next(filter(None, accounts), "")
        role = role or plan.spec.role
    context.run_as.iam_role, context.run_as.k8s_service_account = role, account
