"""What type checkers must refuse of those who work with executions.

The comment above each mistake holds mypy's code, pyright's rule, and a word that both must say.
"""

# pyright: standard, reportUnusedCoroutine=true, reportUnusedExpression=false

from flytebind.models.core.identifier import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flytebind.models.execution import Execution, ExecutionSpec
from flytebind.remote import (
    AsyncFlyteRemote,
    FlyteNodeExecution,
    FlyteRemote,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
    LaunchOptions,
)


def misspelt(execution: FlyteWorkflowExecution, remote: FlyteRemote) -> None:
    # E: attr-defined | reportAttributeAccessIssue | FlyteRemot
    from flytebind.remote import FlyteRemot

    # E: attr-defined | reportAttributeAccessIssue | is_sucessful
    execution.is_sucessful
    # E: attr-defined | reportAttributeAccessIssue | fetch_executions
    remote.fetch_executions


def read_only(execution: FlyteWorkflowExecution) -> None:
    # E: misc | reportAttributeAccessIssue | node_executions
    execution.node_executions = execution.node_executions
    # E: misc | reportAttributeAccessIssue | closure
    execution.closure = execution.closure


def not_for_all(node: FlyteNodeExecution, attempt: FlyteTaskExecution) -> None:
    # E: attr-defined | reportAttributeAccessIssue | sync
    node.sync()
    # E: attr-defined | reportAttributeAccessIssue | wait
    attempt.wait()
    # E: attr-defined | reportAttributeAccessIssue | is_successful
    node.is_successful


def incomplete(id: WorkflowExecutionIdentifier, spec: ExecutionSpec) -> None:
    # E: call-overload | reportCallIssue | match
    FlyteWorkflowExecution(id=id, spec=spec)


def wrong_arguments(
    remote: FlyteRemote, execution: FlyteWorkflowExecution, node: FlyteNodeExecution
) -> None:
    # E: arg-type | reportArgumentType | str
    remote.fetch_execution(7)
    # E: call-arg | reportCallIssue | retries
    remote.fetch_execution("f7a9c2", retries=3)
    # E: type-var | reportArgumentType | FlyteNodeExecution
    remote.sync(node)
    # E: arg-type | reportArgumentType | timedelta
    execution.wait(timeout="1h")
    # E: arg-type | reportArgumentType | NodeExecutionIdentifier
    remote.terminate(node.id, "enough")
    # E: call-arg | reportCallIssue | reason
    remote.terminate(execution, "enough", reason="enough")
    # E: arg-type | reportArgumentType | FlyteWorkflowExecution
    remote.execute(execution)
    # E: call-arg | reportCallIssue | overwrite
    LaunchOptions(overwrite=True)


def optional(execution: FlyteWorkflowExecution, node: FlyteNodeExecution) -> None:
    # E: union-attr | reportOptionalMemberAccess | message
    execution.error.message
    # E: union-attr | reportOptionalMemberAccess | inputs
    node.interface.inputs
    # E: operator | reportOperatorIssue | object
    execution.outputs["o0"] + 1


async def not_awaited(remote: AsyncFlyteRemote, model: Execution) -> None:
    # E: attr-defined | reportAttributeAccessIssue | outputs
    remote.fetch_execution("f7a9c2").outputs
    # E: unused-coroutine | reportUnusedCoroutine | used
    remote.list_domains()
    # E: type-var | reportArgumentType | Execution
    await remote.sync(model)
    # E: attr-defined | reportGeneralTypeIssues | __iter__
    for _ in remote.list_executions():
        pass
