"""A server that means harm: it answers every call, and tells of things that have no end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeAlias

import grpc
from flyteidl.admin import (
    common_pb2,
    execution_pb2,
    launch_plan_pb2,
    node_execution_pb2,
    project_pb2,
    signal_pb2,
    task_execution_pb2,
    task_pb2,
    workflow_pb2,
)
from flyteidl.core import execution_pb2 as core_execution_pb2, identifier_pb2
from google.protobuf.message import Message

NAME = identifier_pb2.WorkflowExecutionIdentifier(
    project="flytesnacks", domain="development", name="hostile"
)
_VERSION = identifier_pb2.Identifier(
    resource_type=identifier_pb2.TASK,
    project=NAME.project,
    domain=NAME.domain,
    name="hostile",
    version="v1",
)

Answer: TypeAlias = Callable[[Any], Message]
"""What a server says to a request."""


def execution(name: str) -> execution_pb2.Execution:
    """An execution of this name, which is done."""
    message = execution_pb2.Execution(
        id=identifier_pb2.WorkflowExecutionIdentifier(
            project=NAME.project, domain=NAME.domain, name=name
        )
    )
    message.closure.phase = core_execution_pb2.WorkflowExecution.SUCCEEDED
    message.closure.created_at.seconds = 1_700_000_000
    message.closure.workflow_id.CopyFrom(_VERSION)
    return message


def _workflow() -> workflow_pb2.Workflow:
    message = workflow_pb2.Workflow(id=_VERSION)
    message.closure.compiled_workflow.primary.template.id.CopyFrom(_VERSION)
    return message


def _task() -> task_pb2.Task:
    message = task_pb2.Task(id=_VERSION)
    message.closure.compiled_task.template.id.CopyFrom(_VERSION)
    return message


def node(
    request: node_execution_pb2.NodeExecutionListRequest, name: str, *, parent: bool = False
) -> node_execution_pb2.NodeExecution:
    """A node of the execution that is asked for."""
    message = node_execution_pb2.NodeExecution()
    message.id.node_id = name
    message.id.execution_id.CopyFrom(request.workflow_execution_id)
    message.metadata.spec_node_id = name
    message.metadata.is_parent_node = parent
    message.closure.phase = core_execution_pb2.NodeExecution.SUCCEEDED
    return message


#: By name of the RPC, the request, and a page with something on it.
LISTS: Mapping[str, tuple[type[Message], Message]] = {
    "ListExecutions": (
        common_pb2.ResourceListRequest,
        execution_pb2.ExecutionList(executions=[execution("one")]),
    ),
    "ListProjects": (
        project_pb2.ProjectListRequest,
        project_pb2.Projects(projects=[project_pb2.Project(id="one")]),
    ),
    "ListSignals": (
        signal_pb2.SignalListRequest,
        signal_pb2.SignalList(
            signals=[
                signal_pb2.Signal(
                    id=identifier_pb2.SignalIdentifier(signal_id="one", execution_id=NAME)
                )
            ]
        ),
    ),
    "ListTasks": (
        common_pb2.ResourceListRequest,
        task_pb2.TaskList(tasks=[_task()]),
    ),
    "ListWorkflows": (
        common_pb2.ResourceListRequest,
        workflow_pb2.WorkflowList(workflows=[workflow_pb2.Workflow(id=_VERSION)]),
    ),
    "ListLaunchPlans": (
        common_pb2.ResourceListRequest,
        launch_plan_pb2.LaunchPlanList(launch_plans=[launch_plan_pb2.LaunchPlan(id=_VERSION)]),
    ),
    "ListTaskIds": (
        common_pb2.NamedEntityIdentifierListRequest,
        common_pb2.NamedEntityIdentifierList(
            entities=[
                common_pb2.NamedEntityIdentifier(
                    project=NAME.project, domain=NAME.domain, name="one"
                )
            ]
        ),
    ),
    "ListTaskExecutions": (
        task_execution_pb2.TaskExecutionListRequest,
        task_execution_pb2.TaskExecutionList(
            task_executions=[
                task_execution_pb2.TaskExecution(
                    id=identifier_pb2.TaskExecutionIdentifier(task_id=_VERSION)
                )
            ]
        ),
    ),
    "ListNodeExecutions": (
        node_execution_pb2.NodeExecutionListRequest,
        node_execution_pb2.NodeExecutionList(
            node_executions=[
                node(node_execution_pb2.NodeExecutionListRequest(workflow_execution_id=NAME), "one")
            ]
        ),
    ),
}


def _page(page: Any, token: str) -> Message:
    answer: Any = type(page)()
    answer.CopyFrom(page)
    answer.token = token
    assert isinstance(answer, Message)
    return answer


def same_token(page: Message) -> Answer:
    """The same page again and again, as a proxy has it that drops what it does not know."""
    return lambda request: _page(page, "1")


def new_tokens(page: Message) -> Answer:
    """The same page, and each time a token that has not been there."""
    tokens = count(1)
    return lambda request: _page(page, str(next(tokens)))


def two_tokens(page: Message) -> Answer:
    """Two tokens that lead to each other."""
    tokens = count(1)
    return lambda request: _page(page, str(next(tokens) % 2))


def empty_pages(page: Message) -> Answer:
    """Nothing, and a token for more of it."""
    return new_tokens(type(page)())


ENDLESS = (same_token, new_tokens, two_tokens, empty_pages)


class HostileAdmin(grpc.GenericRpcHandler):
    """All services of an admin, as far as somebody says what they answer."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[type[Message], Answer]] = {}
        self.calls = 0
        self.tell(
            "GetExecution",
            execution_pb2.WorkflowExecutionGetRequest,
            lambda request: execution(request.id.name),
        )
        self.tell(
            "GetExecutionData",
            execution_pb2.WorkflowExecutionGetDataRequest,
            lambda request: execution_pb2.WorkflowExecutionGetDataResponse(),
        )
        self.tell("GetWorkflow", common_pb2.ObjectGetRequest, lambda request: _workflow())
        self.tell(
            "GetNodeExecutionData",
            node_execution_pb2.NodeExecutionGetDataRequest,
            lambda request: node_execution_pb2.NodeExecutionGetDataResponse(),
        )

    def tell(self, call: str, request: type[Message], answer: Answer) -> None:
        """Answer a call in this way from now on."""
        self.answers[call] = request, answer

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """See gRPC."""
        known = self.answers.get(details.method.rpartition("/")[2])
        if known is None:
            return None
        request, answer = known

        def reply(asked: Any, context: grpc.ServicerContext) -> Message:
            self.calls += 1
            return answer(asked)

        return grpc.unary_unary_rpc_method_handler(
            reply,
            request_deserializer=request.FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )


@contextmanager
def serving(admin: HostileAdmin) -> Iterator[str]:
    """Such a server; gives its address."""
    pool = ThreadPoolExecutor(4)
    server = grpc.server(pool, handlers=[admin], options=[("grpc.so_reuseport", 0)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait(10)
        pool.shutdown()
