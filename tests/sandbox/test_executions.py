from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Literal as TypingLiteral

import grpc
import pytest

from flytebind.models.admin.common import NamedEntityIdentifier, ResourceListRequest, Sort
from flytebind.models.admin.execution import (
    ExecutionCreateRequest,
    ExecutionMetadata,
    ExecutionRecoverRequest,
    ExecutionRelaunchRequest,
    ExecutionSpec,
    ExecutionState,
    ExecutionTerminateRequest,
    ExecutionUpdateRequest,
    WorkflowExecutionGetRequest,
)
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.identifier import ResourceType, WorkflowExecutionIdentifier
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.sandbox.auth import Tokens
from flytebind.sandbox.clock import Clock
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.runs import (
    ID,
    LAUNCH_PLAN,
    TASK,
    WORKFLOW,
    NodePhase,
    WorkflowPhase,
    at,
    create,
    create_launch_plan,
    failure_reason,
    get,
    integers,
    node_event,
    node_id,
    register,
    send,
    send_node,
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


def test_a_new_execution_is_undefined_and_tells_when_and_of_what_it_was_made(
    server: Server, client: AdminServiceClient
) -> None:
    now = server.clock.freeze(at(0))
    assert create(client) == ID
    execution = get(client)
    closure = execution.closure
    assert closure.phase == WorkflowPhase.UNDEFINED
    assert (closure.created_at, closure.updated_at) == (now, now)
    assert closure.started_at is None
    assert closure.workflow_id == WORKFLOW
    assert closure.computed_inputs == integers(a=1, b=2)
    assert closure.state_change_details is not None
    assert closure.state_change_details.state == ExecutionState.EXECUTION_ACTIVE
    assert closure.state_change_details.occurred_at == now
    assert execution.spec.launch_plan == LAUNCH_PLAN
    assert execution.spec.metadata.system_metadata is not None
    assert execution.spec.metadata.system_metadata.namespace == f"{PROJECT}-{DOMAIN}"


def test_an_empty_name_is_made_by_the_server(client: AdminServiceClient) -> None:
    names = {create(client, "").name for _ in range(3)}
    assert len(names) == 3
    assert all(re.fullmatch(r"a[a-z0-9]{19}", name) for name in names)


@pytest.mark.parametrize("name", ["a" * 63, "a-1", "Run"])
def test_a_good_name_is_kept(client: AdminServiceClient, name: str) -> None:
    assert create(client, name).name == name


@pytest.mark.parametrize("name", ["a" * 64, "1a", "-a", "a_b", "a.b", "a\n", "é"])
def test_a_bad_name_is_refused(client: AdminServiceClient, name: str) -> None:
    with refused(INVALID, "name"):
        create(client, name)


def test_a_taken_name_is_refused(client: AdminServiceClient) -> None:
    create(client)
    with refused(grpc.StatusCode.ALREADY_EXISTS, ID.name):
        create(client)


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


def test_an_unknown_project_or_domain_is_refused(client: AdminServiceClient) -> None:
    with refused(INVALID, "nowhere"):
        create(client, project="nowhere")
    with refused(INVALID, "nowhere"):
        create(client, domain="nowhere")


@pytest.mark.parametrize("field", ["project", "domain", "spec"])
def test_a_missing_field_is_named(
    client: AdminServiceClient, field: TypingLiteral["project", "domain", "spec"]
) -> None:
    request = ExecutionCreateRequest(
        project=PROJECT,
        domain=DOMAIN,
        spec=ExecutionSpec(
            LAUNCH_PLAN, ExecutionMetadata(ExecutionMetadata.ExecutionMode.MANUAL, "", 0)
        ),
    )
    pb = request.to_pb()
    pb.ClearField(field)
    with refused(INVALID, f"missing {field}"):
        client.create_execution(ExecutionCreateRequest.from_pb(pb))


def test_an_incomplete_launch_plan_is_refused(client: AdminServiceClient) -> None:
    with refused(INVALID, "missing spec.launch_plan.version"):
        create(client, launch_plan=LAUNCH_PLAN.replace(version=""))


def test_an_unknown_launch_plan_is_not_found(client: AdminServiceClient) -> None:
    with refused(NOT_FOUND, "other"):
        create(client, launch_plan=identifier(ResourceType.LAUNCH_PLAN, "other"))


def test_only_launch_plans_and_tasks_can_be_launched(client: AdminServiceClient) -> None:
    with refused(INVALID, "resource_type"):
        create(client, launch_plan=WORKFLOW)


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (integers(a=1, b=2, c=3), "no input c"),
        (integers(a=1), "input b is missing"),
        (
            LiteralMap(
                {
                    **integers(a=1).literals,
                    "b": Literal(scalar=Scalar(primitive=Primitive(string_value="2"))),
                }
            ),
            "input b is string, not integer",
        ),
        (LiteralMap({**integers(a=1).literals, "b": Literal()}), "input b"),
    ],
    ids=["unknown", "missing", "wrong type", "empty"],
)
def test_wrong_inputs_are_refused_by_name(
    client: AdminServiceClient, inputs: LiteralMap, words: str
) -> None:
    with refused(INVALID, words):
        create(client, inputs=inputs)


def test_defaults_and_fixed_inputs_fill_in(client: AdminServiceClient) -> None:
    launch_plan = identifier(ResourceType.LAUNCH_PLAN, "half")
    create_launch_plan(client, launch_plan, defaults={"a": 5}, fixed=integers(b=7))
    create(client, launch_plan=launch_plan, inputs=LiteralMap({}))
    assert get(client).closure.computed_inputs == integers(a=5, b=7)
    with refused(INVALID, "b", "fixed"):
        create(client, "other", launch_plan=launch_plan, inputs=integers(b=8))


def test_a_single_task_runs_in_a_workflow_made_up_around_it(client: AdminServiceClient) -> None:
    for name in ("first", "second"):
        id = create(client, name, launch_plan=TASK)
        workflow_id = get(client, id).closure.workflow_id
        assert workflow_id is not None
        assert workflow_id.name == f".flytegen.{TASK.name}"
    with refused(INVALID, "b is missing"):
        create(client, "third", launch_plan=TASK, inputs=integers(a=1))


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
    assert get(client).closure.computed_inputs == integers(a=3, b=4)


def test_a_child_names_its_parent_and_nests_one_deeper(
    server: Server, client: AdminServiceClient
) -> None:
    create(client)
    send_node(client, node_event("n0", NodePhase.RUNNING))
    mode = ExecutionMetadata.ExecutionMode.CHILD_WORKFLOW
    parent = ExecutionMetadata(mode, "", 0, parent_node_execution=node_id("n0"))
    child = get(client, create(client, "child", metadata=parent))
    assert child.spec.metadata.nesting == 1
    assert child.spec.metadata.parent_node_execution == node_id("n0")
    orphan = ExecutionMetadata(mode, "", 0, parent_node_execution=node_id("n7"))
    with refused(NOT_FOUND, "n7"):
        create(client, "orphan", metadata=orphan)


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


def test_an_unknown_or_incomplete_id_is_refused(client: AdminServiceClient) -> None:
    with refused(NOT_FOUND, f"{PROJECT}/{DOMAIN}/run"):
        get(client)
    with refused(INVALID, "missing id"):
        client.get_execution(WorkflowExecutionGetRequest())
    for field in ("project", "domain", "name"):
        with refused(INVALID, f"missing id.{field}"):
            get(client, ID.replace(**{field: ""}))


def test_relaunch_takes_the_given_inputs_and_names_its_source(client: AdminServiceClient) -> None:
    launch_plan = identifier(ResourceType.LAUNCH_PLAN, "fixed")
    create_launch_plan(client, launch_plan, fixed=integers(b=7))
    create(client, launch_plan=launch_plan, inputs=integers(a=9))
    request = ExecutionRelaunchRequest(id=ID, name="again", overwrite_cache=True)
    response = client.relaunch_execution(request)
    again = get(client, response.id or ID)
    assert again.id == ID.replace(name="again")
    assert again.closure.computed_inputs == integers(a=9, b=7)
    assert again.spec.metadata.mode == ExecutionMetadata.ExecutionMode.RELAUNCH
    assert again.spec.metadata.reference_execution == ID
    assert again.spec.overwrite_cache


def test_recover_is_a_new_execution_in_recovered_mode(client: AdminServiceClient) -> None:
    create(client)
    send(client, WorkflowPhase.FAILED, 1, error=BROKEN)
    client.recover_execution(ExecutionRecoverRequest(id=ID, name="again"))
    again = get(client, ID.replace(name="again"))
    assert again.closure.phase == WorkflowPhase.UNDEFINED
    assert again.spec.metadata.mode == ExecutionMetadata.ExecutionMode.RECOVERED
    assert again.spec.metadata.reference_execution == ID


def test_what_does_not_exist_is_neither_relaunched_nor_recovered(
    client: AdminServiceClient,
) -> None:
    with refused(NOT_FOUND, ID.name):
        client.relaunch_execution(ExecutionRelaunchRequest(id=ID))
    with refused(NOT_FOUND, ID.name):
        client.recover_execution(ExecutionRecoverRequest(id=ID))
    with refused(INVALID, "missing id"):
        client.recover_execution(ExecutionRecoverRequest())


def test_terminate_makes_it_aborting_until_an_event_says_aborted(
    client: AdminServiceClient,
) -> None:
    create(client)
    client.terminate_execution(ExecutionTerminateRequest(id=ID, cause="enough"))
    closure = get(client).closure
    assert closure.phase == WorkflowPhase.ABORTING
    assert closure.abort_metadata is not None
    assert closure.abort_metadata.cause == "enough"
    with refused(grpc.StatusCode.FAILED_PRECONDITION, "ABORTING"):
        send(client, WorkflowPhase.RUNNING)
    send(client, WorkflowPhase.ABORTED, 5)
    closure = get(client).closure
    assert closure.phase == WorkflowPhase.ABORTED
    assert closure.abort_metadata is not None
    assert closure.abort_metadata.cause == "enough"


def test_what_has_ended_cannot_be_terminated(client: AdminServiceClient) -> None:
    create(client)
    send(client, WorkflowPhase.SUCCEEDED)
    with pytest.raises(grpc.RpcError) as caught:
        client.terminate_execution(ExecutionTerminateRequest(id=ID))
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    reason = failure_reason(caught.value)
    assert reason.already_in_terminal_state is not None
    assert reason.already_in_terminal_state.current_phase == "SUCCEEDED"


def test_archived_executions_are_listed_only_when_a_filter_names_the_state(
    server: Server, client: AdminServiceClient
) -> None:
    create(client)
    create(client, "other")
    server.clock.freeze(at(60))
    archived = ExecutionState.EXECUTION_ARCHIVED
    client.update_execution(ExecutionUpdateRequest(id=ID, state=archived))
    details = get(client).closure.state_change_details
    assert details is not None
    assert (details.state, details.occurred_at) == (archived, at(60))
    assert listed(client) == ["other"]
    assert listed(client, f"eq(state,{int(archived)})") == [ID.name]
    assert listed(client, f"eq(execution.state,{int(archived)})") == [ID.name]
    assert listed(client, "value_in(state,0;1)") == [ID.name, "other"]
    with refused(INVALID, "7"):
        client.update_execution(ExecutionUpdateRequest(id=ID, state=ExecutionState(7)))


def test_lists_leave_out_inputs_and_cut_error_messages_to_100_bytes(
    client: AdminServiceClient,
) -> None:
    create(client)
    message = "x" * 99 + "é" + "y" * 100
    send(client, WorkflowPhase.FAILED, error=BROKEN.replace(message=message))
    request = ResourceListRequest(id=NamedEntityIdentifier(PROJECT, DOMAIN, ID.name), limit=1)
    [execution] = client.list_executions(request).executions
    assert execution.closure.error is not None
    assert execution.closure.error.message == "x" * 99
    assert execution.closure.computed_inputs is None
    whole = get(client).closure
    assert whole.error is not None
    assert whole.error.message == message
    assert whole.computed_inputs == integers(a=1, b=2)


def test_lists_filter_by_columns_of_executions_and_of_what_they_run(
    client: AdminServiceClient,
) -> None:
    create(client)
    create(client, "task", launch_plan=TASK)
    send(client, WorkflowPhase.RUNNING)
    assert listed(client, "eq(phase,RUNNING)") == [ID.name]
    assert listed(client, f"eq(launch_plan.name,{LAUNCH_PLAN.name})") == [ID.name]
    assert listed(client, f"eq(task.name,{TASK.name})") == ["task"]
    assert listed(client, "contains(workflow.name,flytegen)") == ["task"]
    assert listed(client, "value_in(phase,RUNNING;UNDEFINED)+ne(execution_name,run)") == ["task"]


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


LIST = ResourceListRequest(id=NamedEntityIdentifier(PROJECT, DOMAIN, ""), limit=10)


@pytest.mark.parametrize(
    "request_",
    [
        LIST.replace(limit=0),
        LIST.replace(token="x"),
        LIST.replace(filters="eq(phase"),
        LIST.replace(filters="eq(nothing,1)"),
        LIST.replace(id=None),
        LIST.replace(id=NamedEntityIdentifier(PROJECT, "", "")),
    ],
    ids=["limit", "token", "malformed filter", "unknown field", "no id", "no domain"],
)
def test_bad_lists_are_refused(client: AdminServiceClient, request_: ResourceListRequest) -> None:
    with refused(INVALID):
        client.list_executions(request_)


def test_started_at_comes_with_running_and_duration_with_the_end(
    client: AdminServiceClient,
) -> None:
    create(client)
    send(client, WorkflowPhase.QUEUED, 1)
    assert get(client).closure.started_at is None
    send(client, WorkflowPhase.RUNNING, 2)
    assert get(client).closure.started_at == at(2)
    assert get(client).closure.duration is None
    send(client, WorkflowPhase.SUCCEEDED, 5.5)
    closure = get(client).closure
    assert closure.duration == timedelta(seconds=3.5)
    assert closure.updated_at == at(5.5)
    assert listed(client, "gte(duration,3)+eq(phase,SUCCEEDED)") == [ID.name]
