"""The sandbox as a whole: started, stopped, restarted, mistreated."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from flytebind.models.admin.project import (
    GetDomainRequest,
    Project,
    ProjectListRequest,
    ProjectRegisterRequest,
)
from flytebind.models.service.auth import OAuth2MetadataRequest
from flytebind.models.service.dataproxy import CreateUploadLocationRequest
from flytebind.models.service.identity import UserInfoRequest
from flytebind.sandbox import Sandbox, Settings, StoreError
from flytebind.services import (
    AdminServiceAsyncClient,
    AdminServiceClient,
    AuthMetadataServiceClient,
    DataProxyServiceClient,
    IdentityServiceClient,
)
from tests.sandbox import runs
from tests.sandbox.support import refused

KILLED = """
import sys
from flytebind.models.admin.project import Project, ProjectRegisterRequest
from flytebind.sandbox import Sandbox
from flytebind.services import AdminServiceClient

sandbox = Sandbox(db=sys.argv[1])
client = AdminServiceClient(sandbox.channel())
number = 0
while True:
    project = Project(f"p{number}", "x", "")
    client.register_project(ProjectRegisterRequest(project=project))
    print(project.id, flush=True)
    number += 1
"""


def register(client: AdminServiceClient, id: str, description: str = "") -> None:
    project = Project(id=id, name=id, description=description)
    client.register_project(ProjectRegisterRequest(project=project), timeout=20)


def projects(client: AdminServiceClient) -> set[str]:
    answer = client.list_projects(ProjectListRequest(limit=100_000), timeout=20)
    return {project.id for project in answer.projects}


def test_it_serves_threads_and_asyncio_from_the_moment_it_is_made() -> None:
    async def count(sandbox: Sandbox) -> int:
        async with sandbox.async_channel() as channel:
            client = AdminServiceAsyncClient(channel)
            return len((await client.get_domains(GetDomainRequest(), timeout=20)).domains)

    with Sandbox() as sandbox, sandbox.channel() as channel:
        assert len(AdminServiceClient(channel).get_domains(GetDomainRequest()).domains) == 3
        assert asyncio.run(count(sandbox)) == 3
        assert sandbox.endpoint in repr(sandbox)


def test_a_stopped_sandbox_answers_no_more_and_may_be_stopped_again() -> None:
    sandbox = Sandbox()
    sandbox.stop()
    sandbox.stop()
    with sandbox.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        AdminServiceClient(channel).get_domains(GetDomainRequest(), timeout=20)
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE


def test_stopping_does_not_wait_for_calls_that_are_being_delayed() -> None:
    sandbox = Sandbox()
    sandbox.faults.latency(60)
    with sandbox.channel() as channel, ThreadPoolExecutor(1) as pool:
        pending = pool.submit(
            AdminServiceClient(channel).get_domains, GetDomainRequest(), timeout=60
        )
        while not sandbox.calls["GetDomains"]:
            time.sleep(0.001)
        started = time.monotonic()
        sandbox.stop()
        assert time.monotonic() - started < 20
        pending.exception(timeout=20)  # answered or broken, but over


def test_two_sandboxes_do_not_meet() -> None:
    with Sandbox() as one, Sandbox() as other, one.channel() as to_one, other.channel() as to_other:
        register(AdminServiceClient(to_one), "only-here")
        assert "only-here" in projects(AdminServiceClient(to_one))
        assert "only-here" not in projects(AdminServiceClient(to_other))


def test_a_port_that_is_taken_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for relay in (False, True):
            with pytest.raises(
                OSError, match=f"cannot listen on 127.0.0.1:{port}: Address already"
            ):
                Sandbox(port=port, relay=relay)


def test_nothing_is_left_open_by_a_sandbox_that_could_not_start(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="listen"):
        Sandbox(port=taken.getsockname()[1], db=db)
    with Sandbox(db=db) as sandbox:  # not: the file is open elsewhere
        assert sandbox.endpoint


def test_a_file_keeps_everything_over_a_restart(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    with Sandbox(db=db) as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        runs.register(client)
        runs.create(client)
        runs.send(client, runs.WorkflowPhase.RUNNING)
        before = runs.get(client)
        uri = sandbox.admin.blobs.write("outputs.pb", b"data")
    with Sandbox(db=db) as sandbox, sandbox.channel() as channel:
        assert runs.get(AdminServiceClient(channel)) == before
        assert sandbox.admin.blobs.read(uri, limit=100) == b"data"
    assert (tmp_path / "sandbox.db.data" / "outputs.pb").exists()


def test_a_file_loses_nothing_that_was_answered_when_the_process_is_killed(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    command = [sys.executable, "-c", KILLED, str(db)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        answered = {process.stdout.readline().strip() for _ in range(25)}
        os.kill(process.pid, signal.SIGKILL)
        answered |= {line.strip() for line in process.stdout if line.endswith("\n")}
    with Sandbox(db=db) as sandbox, sandbox.channel() as channel:
        assert answered <= projects(AdminServiceClient(channel))


def test_a_file_that_another_sandbox_has_open_is_refused(tmp_path: Path) -> None:
    db = tmp_path / "sandbox.db"
    with Sandbox(db=db), pytest.raises(StoreError, match=r"sandbox\.db: it is open elsewhere"):
        Sandbox(db=db)


def test_a_message_that_is_too_large_is_refused_and_the_connection_lives_on() -> None:
    settings = Settings(max_message_bytes=1024 * 1024)
    with Sandbox(settings=settings) as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        with refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "larger than max"):
            register(client, "large", "x" * (1024 * 1024))
        register(client, "small")
        assert "large" not in projects(client)


def test_of_concurrent_creates_of_one_name_one_wins() -> None:
    def outcome(_: int) -> grpc.StatusCode:
        try:
            register(client, "wanted")
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    with Sandbox() as sandbox, sandbox.channel() as channel, ThreadPoolExecutor(16) as pool:
        client = AdminServiceClient(channel)
        codes = list(pool.map(outcome, range(16)))
        assert codes.count(grpc.StatusCode.OK) == 1
        assert codes.count(grpc.StatusCode.ALREADY_EXISTS) == 15


def test_bytes_that_are_no_message_end_the_call_and_nothing_else() -> None:
    with Sandbox() as sandbox, sandbox.channel() as channel:
        raw: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(
            "/flyteidl.service.AdminService/RegisterProject"
        )
        with pytest.raises(grpc.RpcError) as caught:
            raw(b"\xff\xff", timeout=20)
        assert caught.value.code() is grpc.StatusCode.INTERNAL
        assert "Traceback" not in str(caught.value.details())
        assert projects(AdminServiceClient(channel)) == {"flytesnacks"}


def test_without_authentication_its_services_are_not_there() -> None:
    with Sandbox() as sandbox, sandbox.channel() as channel:
        assert sandbox.tokens is None
        with refused(grpc.StatusCode.UNIMPLEMENTED):
            AuthMetadataServiceClient(channel).get_oauth2_metadata(OAuth2MetadataRequest())
        with refused(grpc.StatusCode.UNIMPLEMENTED):
            IdentityServiceClient(channel).user_info(UserInfoRequest())


def test_with_authentication_calls_need_a_token_but_for_those_that_tell_where_to_get_one() -> None:
    with Sandbox(auth=True) as sandbox, sandbox.channel() as channel:
        assert sandbox.tokens is not None
        client = AdminServiceClient(channel)
        with refused(grpc.StatusCode.UNAUTHENTICATED):
            client.get_domains(GetDomainRequest(), timeout=20)
        metadata = [("authorization", f"Bearer {sandbox.tokens.issue_token('ada')}")]
        assert client.get_domains(GetDomainRequest(), timeout=20, metadata=metadata).domains
        who = IdentityServiceClient(channel).user_info(UserInfoRequest(), metadata=metadata)
        assert who.subject == "ada"
        auth = AuthMetadataServiceClient(channel)
        answer = auth.get_oauth2_metadata(OAuth2MetadataRequest(), timeout=20)
        assert answer.token_endpoint.startswith("http://127.0.0.1:")
    with Sandbox(auth=True) as sandbox, sandbox.engine_channel() as channel:
        assert AdminServiceClient(channel).get_domains(GetDomainRequest(), timeout=20).domains


def test_a_made_up_engine_mark_opens_no_door() -> None:
    with Sandbox(auth=True) as sandbox, sandbox.channel() as channel:
        for mark in ("", "guess"):
            with refused(grpc.StatusCode.UNAUTHENTICATED):
                AdminServiceClient(channel).get_domains(
                    GetDomainRequest(), metadata=[("flytebind-sandbox-engine", mark)], timeout=20
                )


def test_uploads_land_in_the_folder_that_was_named(tmp_path: Path) -> None:
    with Sandbox(data=tmp_path / "data") as sandbox, sandbox.channel() as channel:
        location = DataProxyServiceClient(channel).create_upload_location(
            CreateUploadLocationRequest(
                project="flytesnacks",
                domain="development",
                filename="code.zip",
                filename_root="sources",
            ),
            timeout=20,
        )
        assert location.native_url.startswith((tmp_path / "data").as_uri())
