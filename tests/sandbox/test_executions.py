from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from flytebind.models.admin.common import NamedEntityIdentifier, ResourceListRequest, Sort
from flytebind.models.admin.execution import (
    ExecutionCreateRequest,
    ExecutionMetadata,
    ExecutionRelaunchRequest,
    ExecutionSpec,
    ExecutionTerminateRequest,
    WorkflowExecutionGetDataRequest,
)
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.identifier import ResourceType, WorkflowExecutionIdentifier
from flytebind.models.core.literals import LiteralMap
from flytebind.sandbox._clock import Clock
from flytebind.sandbox.auth import Tokens
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.runs import (
    ID,
    LAUNCH_PLAN,
    WorkflowPhase,
    create,
    create_launch_plan,
    get,
    integers,
    register,
    send,
)
from tests.sandbox.support import DOMAIN, PROJECT, Server, identifier, refused

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND

BY_ID = Sort(key="id", direction=Sort.Direction.ASCENDING)
BROKEN = ExecutionError("E", "broken", "", ExecutionError.ErrorKind.USER)


@pytest.fixture
def client(server: Server) -> AdminServiceClient:
    register(server.client)
    return server.client


def listed(client: AdminServiceClient, filters: str = "", limit: int = 100) -> list[str]:
    request = ResourceListRequest(
        id=NamedEntityIdentifier(PROJECT, DOMAIN, ""),
        limit=limit,
        filters=filters,
        sort_by=BY_ID,
    )
    return [each.id.name for each in client.list_executions(request).executions if each.id]


def test_an_empty_name_is_made_by_the_server(client: AdminServiceClient) -> None:
    names = {create(client, "").name for _ in range(3)}
    assert len(names) == 3
    assert all(re.fullmatch(r"a[a-z0-9]{19}", name) for name in names)


def test_of_concurrent_creates_of_one_name_one_wins(client: AdminServiceClient) -> None:
    def attempt(_: int) -> grpc.StatusCode:
        try:
            create(client)
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(attempt, range(8)))
    assert sorted(code.name for code in codes) == ["ALREADY_EXISTS"] * 7 + ["OK"]
    assert listed(client) == [ID.name]


def inputs_of(client: AdminServiceClient, id: WorkflowExecutionIdentifier = ID) -> LiteralMap:
    return client.get_execution_data(WorkflowExecutionGetDataRequest(id=id)).full_inputs


def test_defaults_and_fixed_inputs_fill_in(client: AdminServiceClient) -> None:
    launch_plan = identifier(ResourceType.LAUNCH_PLAN, "half")
    create_launch_plan(client, launch_plan, defaults={"a": 5}, fixed=integers(b=7))
    create(client, launch_plan=launch_plan, inputs=LiteralMap({}))
    assert inputs_of(client) == integers(a=5, b=7)
    with refused(INVALID, "b", "fixed"):
        create(client, "other", launch_plan=launch_plan, inputs=integers(b=8))


def test_who_starts_and_stops_an_execution_is_kept(tmp_path: Path) -> None:
    tokens = Tokens(Clock())
    guarded = Server(tmp_path, tokens=tokens)
    # The same admin, where nobody asks for tokens.
    unguarded = grpc.server(ThreadPoolExecutor(1))
    guarded.admin.add_to_server(unguarded)
    port = unguarded.add_insecure_port("127.0.0.1:0")
    unguarded.start()
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            client = AdminServiceClient(channel)
            register(client)
            create(client)
            metadata = (("authorization", f"Bearer {tokens.issue_token('somebody')}"),)
            again = guarded.client.relaunch_execution(
                ExecutionRelaunchRequest(id=ID, name="again"), metadata=metadata
            )
            guarded.client.terminate_execution(
                ExecutionTerminateRequest(id=again.id), metadata=metadata
            )
            first, second = get(client), get(client, ID.replace(name="again"))
    finally:
        unguarded.stop(None).wait()
        guarded.close()
    assert (first.spec.metadata.principal, second.spec.metadata.principal) == ("", "somebody")
    assert second.closure.abort_metadata is not None
    assert second.closure.abort_metadata.principal == "somebody"


def test_inputs_within_the_spec_are_taken_too(client: AdminServiceClient) -> None:
    spec = ExecutionSpec(
        LAUNCH_PLAN, ExecutionMetadata(ExecutionMetadata.ExecutionMode.MANUAL, "", 0)
    ).replace(inputs=integers(a=3, b=4))
    client.create_execution(
        ExecutionCreateRequest(project=PROJECT, domain=DOMAIN, name=ID.name, spec=spec)
    )
    assert inputs_of(client) == integers(a=3, b=4)


def test_listeners_hear_of_new_executions_that_are_stored_and_cannot_break_them(
    server: Server, client: AdminServiceClient
) -> None:
    phases = []

    def fail(id: WorkflowExecutionIdentifier) -> None:
        raise RuntimeError("a listener's own trouble")

    server.admin.created_listeners += [
        fail,
        lambda id: phases.append(get(client, id).closure.phase),
    ]
    create(client)
    assert phases == [WorkflowPhase.UNDEFINED]


def test_listeners_hear_of_executions_that_are_asked_to_end(
    server: Server, client: AdminServiceClient
) -> None:
    create(client)
    told = []
    server.admin.terminated_listeners.append(
        lambda id: told.append((id, get(client, id).closure.phase))
    )
    client.terminate_execution(ExecutionTerminateRequest(id=ID, cause="enough"))
    with refused(NOT_FOUND):
        client.terminate_execution(ExecutionTerminateRequest(id=ID.replace(name="nobody")))
    assert told == [(ID, WorkflowPhase.ABORTING)]


def test_relaunch_takes_the_given_inputs_and_names_its_source(client: AdminServiceClient) -> None:
    launch_plan = identifier(ResourceType.LAUNCH_PLAN, "fixed")
    create_launch_plan(client, launch_plan, fixed=integers(b=7))
    create(client, launch_plan=launch_plan, inputs=integers(a=9))
    request = ExecutionRelaunchRequest(id=ID, name="again", overwrite_cache=True)
    response = client.relaunch_execution(request)
    again = get(client, response.id or ID)
    assert again.id == ID.replace(name="again")
    assert inputs_of(client, again.id) == integers(a=9, b=7)
    assert again.spec.metadata.mode == ExecutionMetadata.ExecutionMode.RELAUNCH
    assert again.spec.metadata.reference_execution == ID
    assert again.spec.overwrite_cache


def test_lists_cut_error_messages_to_100_bytes(
    client: AdminServiceClient,
) -> None:
    create(client)
    message = "x" * 99 + "é" + "y" * 100
    send(client, WorkflowPhase.FAILED, error=BROKEN.replace(message=message))
    request = ResourceListRequest(id=NamedEntityIdentifier(PROJECT, DOMAIN, ID.name), limit=1)
    [execution] = client.list_executions(request).executions
    assert execution.closure.error is not None
    assert execution.closure.error.message == "x" * 99
    whole = get(client).closure
    assert whole.error is not None
    assert whole.error.message == message


def test_pages_are_told_apart_by_tokens(client: AdminServiceClient) -> None:
    for name in ("a", "b", "c"):
        create(client, name)

    def pages() -> Iterator[list[str]]:
        token = ""
        while True:
            request = ResourceListRequest(
                id=NamedEntityIdentifier(PROJECT, DOMAIN, ""),
                limit=1,
                token=token,
                sort_by=BY_ID,
            )
            page = client.list_executions(request)
            yield [each.id.name for each in page.executions if each.id]
            if not (token := page.token):
                return

    # The third page is full, so nobody knows yet that the fourth is empty.
    assert list(pages()) == [["a"], ["b"], ["c"], []]
