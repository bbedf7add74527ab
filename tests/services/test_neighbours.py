"""Servicers stand beside grpcio's own health and reflection services, on either kind of server."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from flytebind.models.admin.agent import GetTaskRequest
from flytebind.services import AsyncAgentServiceClient, AsyncAgentServiceServicer
from tests.services.agents import AsyncAgent, Kind, SyncAgent, answer
from tests.services.servers import PATIENCE, Loop, async_server, sync_server
from tests.support.missing import ending

# Neither carries types.
health: Any = import_module("grpc_health.v1.health")
health_pb2: Any = import_module("grpc_health.v1.health_pb2")
health_pb2_grpc: Any = import_module("grpc_health.v1.health_pb2_grpc")
reflection: Any = import_module("grpc_reflection.v1alpha.reflection")
reflection_pb2: Any = import_module("grpc_reflection.v1alpha.reflection_pb2")
reflection_pb2_grpc: Any = import_module("grpc_reflection.v1alpha.reflection_pb2_grpc")

NAME = AsyncAgentServiceServicer.SERVICE_NAME


@pytest.fixture
def channel(server_kind: Kind, loop: Loop) -> Iterator[grpc.Channel]:
    """Connected to an agent, with health and reflection beside it."""

    def add_health(server: Any) -> None:
        servicer = health.HealthServicer() if server_kind == "sync" else health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
        done = servicer.set(NAME, health_pb2.HealthCheckResponse.SERVING)
        if done is not None:  # On asyncio it is a coroutine, which waits for nothing.
            with pytest.raises(StopIteration):
                done.send(None)

    def add_reflection(server: Any) -> None:
        reflection.enable_server_reflection((NAME, reflection.SERVICE_NAME), server)

    if server_kind == "sync":
        server = sync_server(SyncAgent().add_to_server, add_health, add_reflection)
    else:
        agent = AsyncAgent()
        server = loop.within(async_server(agent.add_to_server, add_health, add_reflection))
    with server as address, grpc.insecure_channel(address) as channel:
        yield channel


def test_health_is_answered_beside_us(channel: grpc.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    response = stub.Check(health_pb2.HealthCheckRequest(service=NAME), timeout=PATIENCE)
    assert response.status == health_pb2.HealthCheckResponse.SERVING
    request = GetTaskRequest(task_type="spark")
    assert AsyncAgentServiceClient(channel).get_task(request) == answer("spark")


def test_reflection_knows_our_services(channel: grpc.Channel) -> None:
    kind = reflection_pb2.ServerReflectionRequest
    requests = [kind(list_services=""), kind(file_containing_symbol=NAME)]
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    listed, found = stub.ServerReflectionInfo(iter(requests), timeout=PATIENCE)
    assert NAME in {service.name for service in listed.list_services_response.service}
    files = map(
        FileDescriptorProto.FromString, found.file_descriptor_response.file_descriptor_proto
    )
    assert "flyteidl/service/agent.proto" in {file.name for file in files}


@pytest.mark.parametrize(
    "statement",
    [
        "import flytebind.services.admin",
        "from flytebind.services import AdminServiceClient, AdminServiceServicer",
        "from flytebind.services import StatusError",
        "import flytebind.runtime.rpc",
    ],
)
def test_without_grpcio_services_can_be_imported(statement: str) -> None:
    """They are of use over plain HTTP; what needs grpcio says so when it is asked for."""
    assert ending("grpc", statement) == (0, [])


def test_no_module_of_flyteidl_s_own_services_is_imported() -> None:
    program = "import sys, flytebind.services as s\n[getattr(s, n) for n in s.__all__]\n"
    program += "print(*(name for name in sys.modules if name.endswith('_pb2_grpc')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.split() == []
