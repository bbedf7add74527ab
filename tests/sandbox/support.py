"""A running server for the tests of its parts, and the few messages that most of them need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import grpc
import pytest
from flyteidl.admin import task_pb2, workflow_pb2
from flyteidl.core.interface_pb2 import TypedInterface, Variable, VariableMap
from flyteidl.core.literals_pb2 import Binding, BindingData
from flyteidl.core.tasks_pb2 import Container, TaskMetadata, TaskTemplate
from flyteidl.core.types_pb2 import LiteralType, OutputReference, SimpleType
from flyteidl.core.workflow_pb2 import Node, TaskNode, WorkflowTemplate

from flytebind.models.admin.launch_plan import LaunchPlanCreateRequest, LaunchPlanSpec
from flytebind.models.admin.task import TaskCreateRequest, TaskSpec
from flytebind.models.admin.workflow import WorkflowCreateRequest, WorkflowSpec
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.sandbox._admin import Admin
from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._dataproxy import DataProxy
from flytebind.sandbox._http import HttpServer
from flytebind.sandbox._settings import Settings
from flytebind.sandbox._signals import Signals
from flytebind.sandbox._store import Store
from flytebind.sandbox.auth import (
    Authentication,
    AuthMetadata,
    AuthorizationServer,
    Identity,
    Tokens,
)
from flytebind.services.admin import AdminServiceClient
from flytebind.services.auth import AuthMetadataServiceClient
from flytebind.services.dataproxy import DataProxyServiceClient
from flytebind.services.identity import IdentityServiceClient
from flytebind.services.signal import SignalServiceClient

PROJECT = "flytesnacks"
DOMAIN = "development"


class Server:
    """Every service on one port of this machine, and a client for each."""

    def __init__(
        self, folder: Path, settings: Settings | None = None, tokens: Tokens | None = None
    ) -> None:
        self.settings = settings or Settings()
        self.clock = tokens.clock if tokens else Clock()
        self.tokens = tokens
        self.store = Store(now=self.clock.now)
        self.blobs = BlobStore(folder)
        provider = AuthorizationServer(tokens) if tokens else None
        self.http = HttpServer(self.blobs, self.clock, provider)
        self.admin = Admin(self.store, self.blobs, self.http, self.clock, self.settings)
        self.signals = Signals(self.store)
        self._grpc = grpc.server(
            ThreadPoolExecutor(16), interceptors=[Authentication(tokens)] if tokens else []
        )
        self.admin.add_to_server(self._grpc)
        self.signals.add_to_server(self._grpc)
        DataProxy(self.admin, self.blobs, self.clock, self.http).add_to_server(self._grpc)
        if provider:
            AuthMetadata(self.http.url, provider).add_to_server(self._grpc)
            Identity().add_to_server(self._grpc)
        self.port = self._grpc.add_insecure_port("127.0.0.1:0")
        self._grpc.start()
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")

    @cached_property
    def client(self) -> AdminServiceClient:
        return AdminServiceClient(self.channel)

    @cached_property
    def signal_client(self) -> SignalServiceClient:
        return SignalServiceClient(self.channel)

    @cached_property
    def dataproxy_client(self) -> DataProxyServiceClient:
        return DataProxyServiceClient(self.channel)

    @cached_property
    def auth_client(self) -> AuthMetadataServiceClient:
        return AuthMetadataServiceClient(self.channel)

    @cached_property
    def identity_client(self) -> IdentityServiceClient:
        return IdentityServiceClient(self.channel)

    def close(self) -> None:
        self.channel.close()
        self._grpc.stop(None).wait()
        self.http.close()
        self.blobs.close()
        self.store.close()


@contextmanager
def refused(code: grpc.StatusCode, *words: str) -> Iterator[None]:
    """The call inside must end with this status, and a message that has all of ``words``."""
    with pytest.raises(grpc.RpcError) as caught:
        yield
    assert caught.value.code() == code, caught.value
    for word in words:
        assert word in (caught.value.details() or "")


def identifier(
    kind: ResourceType, name: str, version: str = "v1", project: str = PROJECT
) -> Identifier:
    return Identifier(kind, project, DOMAIN, name, version)


def variables(**types: SimpleType.ValueType) -> VariableMap:
    return VariableMap(
        variables={name: Variable(type=LiteralType(simple=kind)) for name, kind in types.items()}
    )


def interface() -> TypedInterface:
    """An integer ``x`` goes in, an integer ``y`` comes out."""
    return TypedInterface(
        inputs=variables(x=SimpleType.INTEGER), outputs=variables(y=SimpleType.INTEGER)
    )


def promise(var: str, node: str, output: str) -> Binding:
    return Binding(var=var, binding=BindingData(promise=OutputReference(node_id=node, var=output)))


def task_request(name: str, version: str = "v1", image: str = "python:3") -> TaskCreateRequest:
    """A task with an integer ``x`` that gives an integer ``y``."""
    template = TaskTemplate(
        type="python-task",
        metadata=TaskMetadata(),
        interface=interface(),
        container=Container(image=image, args=["pyflyte-execute"]),
    )
    return TaskCreateRequest(
        id=identifier(ResourceType.TASK, name, version),
        spec=TaskSpec.from_pb(task_pb2.TaskSpec(template=template)),
    )


def task_node(id: str, task: str, *inputs: Binding) -> Node:
    reference = identifier(ResourceType.TASK, task).to_pb()
    return Node(id=id, inputs=inputs, task_node=TaskNode(reference_id=reference))


def workflow_template(name: str, *nodes: Node, version: str = "v1") -> WorkflowTemplate:
    """A workflow with an integer ``x`` that gives the ``y`` of its last node."""
    return WorkflowTemplate(
        id=identifier(ResourceType.WORKFLOW, name, version).to_pb(),
        interface=interface(),
        nodes=nodes,
        outputs=[promise("y", node.id, "y") for node in nodes[-1:]],
    )


def workflow_request(
    name: str,
    *nodes: Node,
    version: str = "v1",
    sub_workflows: Sequence[WorkflowTemplate] = (),
) -> WorkflowCreateRequest:
    """The workflow of these nodes; without any, of one node that runs the task ``square``."""
    nodes = nodes or (task_node("n0", "square", promise("x", "", "x")),)
    spec = workflow_pb2.WorkflowSpec(
        template=workflow_template(name, *nodes, version=version), sub_workflows=sub_workflows
    )
    return WorkflowCreateRequest(
        id=identifier(ResourceType.WORKFLOW, name, version), spec=WorkflowSpec.from_pb(spec)
    )


def launch_plan_request(
    name: str, version: str = "v1", spec: LaunchPlanSpec | None = None
) -> LaunchPlanCreateRequest:
    """A launch plan of the workflow ``flow``, unless ``spec`` says otherwise."""
    if spec is None:
        workflow = identifier(ResourceType.WORKFLOW, "flow")
        spec = LaunchPlanSpec.from_dict({"workflowId": workflow.to_dict()})
    return LaunchPlanCreateRequest(
        id=identifier(ResourceType.LAUNCH_PLAN, name, version), spec=spec
    )


def register(client: AdminServiceClient) -> None:
    """The task ``square``, the workflow ``flow`` of it, and its launch plan ``flow``."""
    client.create_task(task_request("square"))
    client.create_workflow(workflow_request("flow"))
    client.create_launch_plan(launch_plan_request("flow"))
