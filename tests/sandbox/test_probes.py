"""What monitors and tools ask of the sandbox."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from flytebind.models.admin.project import GetDomainRequest
from flytebind.sandbox import Sandbox
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.support import refused

# Neither carries types.
health: Any = import_module("grpc_health.v1.health_pb2")
health_grpc: Any = import_module("grpc_health.v1.health_pb2_grpc")
reflection: Any = import_module("grpc_reflection.v1alpha.reflection_pb2")
reflection_grpc: Any = import_module("grpc_reflection.v1alpha.reflection_pb2_grpc")


@pytest.fixture(params=[False, True], ids=["open", "authenticated"])
def channel(request: pytest.FixtureRequest) -> Iterator[grpc.Channel]:
    with Sandbox(auth=request.param) as sandbox, sandbox.channel() as channel:
        yield channel


@pytest.mark.parametrize("service", ["", "flyteadmin"])
def test_the_sandbox_says_that_it_is_well(channel: grpc.Channel, service: str) -> None:
    stub = health_grpc.HealthStub(channel)
    answer = stub.Check(health.HealthCheckRequest(service=service), timeout=20)
    assert answer.status == health.HealthCheckResponse.SERVING
    with refused(grpc.StatusCode.NOT_FOUND):
        stub.Check(health.HealthCheckRequest(service="propeller"), timeout=20)


def talk(channel: grpc.Channel, **question: str) -> Any:
    requests = [reflection.ServerReflectionRequest(**question)]
    stub = reflection_grpc.ServerReflectionStub(channel)
    (answer,) = stub.ServerReflectionInfo(iter(requests), timeout=20)
    return answer


def test_tools_learn_what_is_served(channel: grpc.Channel) -> None:
    listed = {each.name for each in talk(channel, list_services="").list_services_response.service}
    assert {
        "flyteidl.service.AdminService",
        "flyteidl.service.DataProxyService",
        "flyteidl.service.SignalService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1alpha.ServerReflection",
    } <= listed
    for service in listed:
        found = talk(channel, file_containing_symbol=service).file_descriptor_response
        files = map(FileDescriptorProto.FromString, found.file_descriptor_proto)
        names = {f"{file.package}.{each.name}" for file in files for each in file.service}
        assert service in names


def test_tools_that_keep_talking_hold_nobody_up() -> None:
    over: SimpleQueue[None] = SimpleQueue()

    def question() -> Iterator[Any]:
        yield reflection.ServerReflectionRequest(list_services="")
        over.get()

    with Sandbox() as sandbox, sandbox.channel() as channel:
        stub = reflection_grpc.ServerReflectionStub(channel)
        streams = [stub.ServerReflectionInfo(question(), timeout=60) for _ in range(4)]
        for stream in streams:
            next(stream)
        assert AdminServiceClient(channel).get_domains(GetDomainRequest(), timeout=20).domains
        for _ in streams:
            over.put(None)
        assert [list(stream) for stream in streams] == [[]] * len(streams)


ALONE = """
import json, logging, sys
for name in {missing}:
    sys.modules[name] = None
logging.basicConfig(level=logging.INFO, format="%(message)s")
import grpc
from flytebind.sandbox import Sandbox
with Sandbox() as sandbox, sandbox.channel() as channel:
    codes = []
    for method in (
        "/flyteidl.service.AdminService/GetDomains", "/grpc.health.v1.Health/Check",
    ):
        try:
            channel.unary_unary(method)(b"", timeout=20)
            codes.append("OK")
        except grpc.RpcError as error:
            codes.append(error.code().name)
print(json.dumps(codes))
"""


@pytest.mark.parametrize(
    ("missing", "codes", "words"),
    [
        (["grpc_health", "grpc_reflection"], ["OK", "UNIMPLEMENTED"], "no health: grpc_health"),
        (["grpc_reflection"], ["OK", "OK"], "no reflection: grpc_reflection"),
    ],
)
def test_without_their_packages_it_starts_and_says_what_is_not_there(
    missing: list[str], codes: list[str], words: str
) -> None:
    program = ALONE.format(missing=missing)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == codes
    assert words in done.stderr
    assert "flytebind[sandbox]" in done.stderr


def test_with_packages_that_are_too_new_for_grpcio_it_starts_and_says_so(tmp_path: Path) -> None:
    broken = tmp_path / "grpc_health" / "v1"
    broken.mkdir(parents=True)
    (broken / "__init__.py").touch()
    (broken.parent / "__init__.py").touch()
    (broken / "health.py").write_text("raise RuntimeError('depends on grpcio>=9.0')")
    done = subprocess.run(
        [sys.executable, "-c", ALONE.format(missing=[])],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["OK", "UNIMPLEMENTED"]
    assert "no health or reflection: depends on grpcio>=9.0" in done.stderr


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS, PING, GO_AWAY, ACKNOWLEDGED = 4, 6, 7, 1
PINGS = 20


def frame(kind: int, payload: bytes = b"", flags: int = 0) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + bytes(4) + payload


def frames(connection: socket.socket) -> Iterator[tuple[int, int]]:
    """The kinds and flags of what the server sends."""
    with connection.makefile("rb") as stream:
        while len(head := stream.read(9)) == 9:
            stream.read(int.from_bytes(head[:3], "big"))
            yield head[3], head[4]


def test_clients_may_ping_as_often_as_they_like() -> None:
    with Sandbox() as sandbox:
        host, _, port = sandbox.endpoint.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(PREFACE + frame(SETTINGS))
            received = frames(connection)
            for number in range(PINGS):
                connection.sendall(frame(PING, struct.pack(">Q", number)))
                for kind, flags in received:
                    assert kind != GO_AWAY, f"after {number} pings"
                    if (kind, flags) == (PING, ACKNOWLEDGED):
                        break
                else:
                    pytest.fail(f"the connection ended after {number} pings")
