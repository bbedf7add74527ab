from __future__ import annotations

from datetime import timedelta

import grpc
import pytest

from flytebind.models.admin.event import (
    NodeExecutionEventRequest,
    TaskExecutionEventRequest,
    WorkflowExecutionEventRequest,
)
from flytebind.models.admin.execution import ExecutionTerminateRequest
from flytebind.models.core.catalog import CatalogArtifactTag, CatalogCacheStatus, CatalogMetadata
from flytebind.models.core.execution import ExecutionError, TaskLog
from flytebind.models.core.identifier import ResourceType
from flytebind.models.event.event import (
    EventReason,
    ExternalResourceInfo,
    NodeExecutionEvent,
    ParentNodeExecutionMetadata,
    TaskExecutionEvent,
    TaskExecutionMetadata,
    TaskNodeMetadata,
    WorkflowExecutionEvent,
    WorkflowNodeMetadata,
)
from flytebind.sandbox.settings import Settings
from flytebind.sandbox.store import tables
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.runs import (
    ID,
    TASK,
    NodePhase,
    TaskPhase,
    WorkflowPhase,
    at,
    create,
    failure_reason,
    get,
    get_node,
    get_task,
    integers,
    node_event,
    node_id,
    register,
    send,
    send_node,
    send_task,
    task_event,
    task_id,
    text,
)
from tests.sandbox.support import Server, identifier, refused

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
ALREADY_EXISTS = grpc.StatusCode.ALREADY_EXISTS
FAILED_PRECONDITION = grpc.StatusCode.FAILED_PRECONDITION
RESOURCE_EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED

BROKEN = ExecutionError("E", "broken " * 50, "s3://error", ExecutionError.ErrorKind.USER)
TOO_LARGE = text(o0="x" * Settings().max_inline_bytes)


@pytest.fixture
def client(server: Server) -> AdminServiceClient:
    """An admin that has one execution."""
    register(server.client)
    create(server.client)
    return server.client


def terminal_state(error: grpc.RpcError) -> str:
    assert error.code() == FAILED_PRECONDITION
    reason = failure_reason(error)
    assert reason.already_in_terminal_state is not None
    return reason.already_in_terminal_state.current_phase


def incompatible_cluster(error: grpc.RpcError) -> str:
    assert error.code() == FAILED_PRECONDITION
    reason = failure_reason(error)
    assert reason.incompatible_cluster is not None
    return reason.incompatible_cluster.cluster


# ---- Workflow events ---------------------------------------------------------------------------


def test_workflow_the_same_phase_again_already_exists(client: AdminServiceClient) -> None:
    send(client, WorkflowPhase.RUNNING)
    with refused(ALREADY_EXISTS, "RUNNING"):
        send(client, WorkflowPhase.RUNNING)


def test_workflow_queued_may_repeat(client: AdminServiceClient) -> None:
    send(client, WorkflowPhase.QUEUED)
    send(client, WorkflowPhase.QUEUED)
    assert get(client).closure.phase == WorkflowPhase.QUEUED


@pytest.mark.parametrize(
    "end",
    [
        WorkflowPhase.SUCCEEDED,
        WorkflowPhase.FAILED,
        WorkflowPhase.TIMED_OUT,
        WorkflowPhase.ABORTED,
    ],
)
def test_workflow_nothing_follows_a_terminal_phase(
    client: AdminServiceClient, end: WorkflowPhase
) -> None:
    send(client, end)
    for phase in (WorkflowPhase.RUNNING, WorkflowPhase.QUEUED):
        with pytest.raises(grpc.RpcError) as caught:
            send(client, phase)
        assert terminal_state(caught.value) == end.name
    with refused(ALREADY_EXISTS):
        send(client, end)


def test_workflow_running_does_not_go_back_to_queued(client: AdminServiceClient) -> None:
    send(client, WorkflowPhase.RUNNING)
    with refused(FAILED_PRECONDITION, "RUNNING", "QUEUED"):
        send(client, WorkflowPhase.QUEUED)


def test_workflow_aborting_leads_to_terminal_phases_alone(client: AdminServiceClient) -> None:
    client.terminate_execution(ExecutionTerminateRequest(id=ID))
    with refused(FAILED_PRECONDITION, "ABORTING"):
        send(client, WorkflowPhase.FAILING)
    send(client, WorkflowPhase.FAILED, error=BROKEN)
    assert get(client).closure.error == BROKEN


def test_workflow_a_queued_event_names_the_cluster_that_later_ones_must_come_from(
    client: AdminServiceClient,
) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        send(client, WorkflowPhase.RUNNING, producer="one")
    assert incompatible_cluster(caught.value) == ""
    send(client, WorkflowPhase.QUEUED, producer="one")
    metadata = get(client).spec.metadata.system_metadata
    assert metadata is not None
    assert metadata.execution_cluster == "one"
    with pytest.raises(grpc.RpcError) as caught:
        send(client, WorkflowPhase.RUNNING, producer="other")
    assert incompatible_cluster(caught.value) == "one"
    send(client, WorkflowPhase.RUNNING, producer="one")
    send(client, WorkflowPhase.SUCCEEDING, producer="propeller")
    send(client, WorkflowPhase.SUCCEEDED, producer="")


def test_workflow_the_error_is_kept_whole(client: AdminServiceClient) -> None:
    send(client, WorkflowPhase.FAILED, error=BROKEN)
    assert get(client).closure.error == BROKEN


def test_workflow_outputs_are_kept_as_they_come(client: AdminServiceClient) -> None:
    other = create(client, "other")
    send(client, WorkflowPhase.SUCCEEDED, output_uri="s3://outputs")
    send(client, WorkflowPhase.SUCCEEDED, id=other, output_data=integers(o0=3))
    outputs = get(client).closure.outputs
    assert outputs is not None
    assert outputs.uri == "s3://outputs"
    assert get(client, other).closure.output_data == integers(o0=3)


def test_workflow_large_inline_outputs_are_refused(client: AdminServiceClient) -> None:
    with refused(RESOURCE_EXHAUSTED, "output_data"):
        send(client, WorkflowPhase.SUCCEEDED, output_data=TOO_LARGE)
    assert get(client).closure.phase == WorkflowPhase.UNDEFINED


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (None, "missing event"),
        (WorkflowExecutionEvent(occurred_at=at(0)), "missing event.execution_id"),
        (WorkflowExecutionEvent(execution_id=ID), "missing event.occurred_at"),
        (
            WorkflowExecutionEvent(execution_id=ID, occurred_at=at(0), phase=WorkflowPhase(17)),
            "no phase 17",
        ),
    ],
)
def test_workflow_bad_events_are_refused(
    client: AdminServiceClient, event: WorkflowExecutionEvent | None, words: str
) -> None:
    with refused(INVALID, words):
        client.create_workflow_event(WorkflowExecutionEventRequest(event=event))


def test_a_time_out_of_range_is_refused(client: AdminServiceClient) -> None:
    pb = WorkflowExecutionEvent(execution_id=ID, occurred_at=at(0)).to_pb()
    pb.occurred_at.seconds = 10**15
    event = WorkflowExecutionEvent.from_pb(pb)
    with refused(INVALID, "occurred_at"):
        client.create_workflow_event(WorkflowExecutionEventRequest(event=event))


def test_a_duration_ends_where_64_bits_of_nanoseconds_do(client: AdminServiceClient) -> None:
    send_node(
        client, node_event("n0", NodePhase.RUNNING).replace(occurred_at=at(0).replace(year=1))
    )
    end = at(0).replace(year=9999)
    send_node(client, node_event("n0", NodePhase.SUCCEEDED).replace(occurred_at=end))
    duration = get_node(client, "n0").closure.duration
    assert duration is not None
    assert duration.days == 106_751


def test_events_of_unknown_executions_are_not_found(client: AdminServiceClient) -> None:
    unknown = ID.replace(name="unknown")
    with refused(NOT_FOUND, "unknown"):
        send(client, WorkflowPhase.RUNNING, id=unknown)
    with refused(NOT_FOUND, "unknown"):
        send_node(client, node_event("n0", NodePhase.QUEUED).replace(id=node_id("n0", unknown)))
    with refused(NOT_FOUND, "unknown"):
        event = task_event("n0", TaskPhase.QUEUED)
        send_task(client, event.replace(parent_node_execution_id=node_id("n0", unknown)))


# ---- Node events -------------------------------------------------------------------------------


def test_node_the_first_event_makes_it(client: AdminServiceClient) -> None:
    event = node_event("n0", NodePhase.QUEUED, 1)
    with refused(NOT_FOUND, "n0"):
        get_node(client, "n0")
    send_node(client, event.replace(retry_group="1", input_uri="s3://inputs", is_array=True))
    node = get_node(client, "n0")
    assert node.id == node_id("n0")
    assert node.input_uri == "s3://inputs"
    assert node.metadata.spec_node_id == "n0"
    assert node.metadata.retry_group == "1"
    assert node.metadata.is_array
    assert not node.metadata.is_parent_node
    assert (node.closure.created_at, node.closure.updated_at) == (at(1), at(1))
    assert node.closure.started_at is None


def test_node_the_same_phase_again_already_exists(client: AdminServiceClient) -> None:
    send_node(client, node_event("n0", NodePhase.RUNNING))
    with refused(ALREADY_EXISTS, "RUNNING"):
        send_node(client, node_event("n0", NodePhase.RUNNING))


@pytest.mark.parametrize(
    "end",
    [
        NodePhase.SUCCEEDED,
        NodePhase.FAILED,
        NodePhase.TIMED_OUT,
        NodePhase.ABORTED,
        NodePhase.SKIPPED,
        NodePhase.RECOVERED,
    ],
)
def test_node_nothing_follows_a_terminal_phase(client: AdminServiceClient, end: NodePhase) -> None:
    send_node(client, node_event("n0", end))
    with pytest.raises(grpc.RpcError) as caught:
        send_node(client, node_event("n0", NodePhase.RUNNING))
    assert terminal_state(caught.value) == end.name


def test_node_started_at_comes_with_running_and_duration_with_the_end(
    client: AdminServiceClient,
) -> None:
    send_node(client, node_event("n0", NodePhase.QUEUED, 1))
    send_node(client, node_event("n0", NodePhase.RUNNING, 2))
    assert get_node(client, "n0").closure.started_at == at(2)
    send_node(client, node_event("n0", NodePhase.SUCCEEDED, 6).replace(output_uri="s3://outputs"))
    closure = get_node(client, "n0").closure
    assert closure.duration == timedelta(seconds=4)
    assert closure.output_uri == "s3://outputs"


def test_node_updated_at_is_when_the_event_was_reported(client: AdminServiceClient) -> None:
    event = node_event("n0", NodePhase.RUNNING, 2)
    send_node(client, event.replace(reported_at=at(3)))
    closure = get_node(client, "n0").closure
    assert (closure.started_at, closure.updated_at) == (at(2), at(3))
    send_node(client, node_event("n0", NodePhase.SUCCEEDED, 4))
    assert get_node(client, "n0").closure.updated_at == at(4)


def test_node_flags_once_set_stay(client: AdminServiceClient) -> None:
    send_node(client, node_event("n0", NodePhase.RUNNING))
    dynamic = node_event("n0", NodePhase.DYNAMIC_RUNNING)
    send_node(client, dynamic.replace(is_parent=True, is_dynamic=True))
    send_node(client, node_event("n0", NodePhase.SUCCEEDED))
    metadata = get_node(client, "n0").metadata
    assert metadata.is_parent_node
    assert metadata.is_dynamic


def test_node_the_deck_is_that_of_the_last_running_or_terminal_event(
    client: AdminServiceClient,
) -> None:
    send_node(client, node_event("n0", NodePhase.RUNNING).replace(deck_uri="s3://deck"))
    assert get_node(client, "n0").closure.deck_uri == "s3://deck"
    send_node(client, node_event("n0", NodePhase.SUCCEEDED).replace(deck_uri="s3://deck2"))
    assert get_node(client, "n0").closure.deck_uri == "s3://deck2"


def test_node_the_error_is_kept_whole(client: AdminServiceClient) -> None:
    send_node(client, node_event("n0", NodePhase.FAILED).replace(error=BROKEN))
    assert get_node(client, "n0").closure.error == BROKEN


def test_node_large_inline_outputs_are_taken(client: AdminServiceClient) -> None:
    send_node(client, node_event("n0", NodePhase.SUCCEEDED).replace(output_data=TOO_LARGE))
    assert get_node(client, "n0").closure.phase == NodePhase.SUCCEEDED


def test_node_the_parent_must_exist(client: AdminServiceClient) -> None:
    child = node_event("n0-0-n1", NodePhase.QUEUED).replace(
        parent_node_metadata=ParentNodeExecutionMetadata(node_id="n0")
    )
    with refused(NOT_FOUND, "n0"):
        send_node(client, child)
    send_node(client, node_event("n0", NodePhase.RUNNING))
    send_node(client, child)
    assert get_node(client, "n0-0-n1").closure.phase == NodePhase.QUEUED


@pytest.mark.parametrize("version", [0, 1])
def test_node_having_children_makes_a_parent_for_events_of_version_0(
    client: AdminServiceClient, version: int
) -> None:
    send_node(client, node_event("n0", NodePhase.RUNNING).replace(event_version=version))
    child = node_event("n0-0-n1", NodePhase.QUEUED).replace(
        event_version=version, parent_node_metadata=ParentNodeExecutionMetadata(node_id="n0")
    )
    send_node(client, child)
    assert get_node(client, "n0").metadata.is_parent_node == (version == 0)


def test_node_an_execution_that_it_launched_must_exist(client: AdminServiceClient) -> None:
    child = ID.replace(name="child")
    running = node_event("n0", NodePhase.RUNNING).replace(
        workflow_node_metadata=WorkflowNodeMetadata(execution_id=child)
    )
    send_node(client, node_event("n0", NodePhase.QUEUED))
    with refused(NOT_FOUND, "child"):
        send_node(client, running)
    create(client, "child")
    send_node(client, running)
    metadata = get_node(client, "n0").closure.workflow_node_metadata
    assert metadata is not None
    assert metadata.executionId == child


def test_node_the_cache_status_comes_with_its_key(client: AdminServiceClient) -> None:
    key = CatalogMetadata(
        identifier(ResourceType.DATASET, "data"),
        CatalogArtifactTag("artifact", "tag"),
        task_id("n1"),
    )
    hit = TaskNodeMetadata(
        cache_status=CatalogCacheStatus.CACHE_HIT, catalog_key=key, checkpoint_uri="s3://check"
    )
    send_node(client, node_event("n0", NodePhase.RUNNING))
    event = node_event("n0", NodePhase.SUCCEEDED)
    send_node(client, event.replace(task_node_metadata=hit))
    metadata = get_node(client, "n0").closure.task_node_metadata
    assert metadata is not None
    assert metadata.cache_status == CatalogCacheStatus.CACHE_HIT
    assert metadata.catalog_key == key
    assert metadata.checkpoint_uri == "s3://check"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (None, "missing event"),
        (NodeExecutionEvent(occurred_at=at(0)), "missing event.id"),
        (
            NodeExecutionEvent(id=node_id(""), occurred_at=at(0)),
            "missing event.id.node_id",
        ),
        (
            NodeExecutionEvent(id=node_id("n0", ID.replace(project="")), occurred_at=at(0)),
            "missing event.id.execution_id.project",
        ),
        (NodeExecutionEvent(id=node_id("n0")), "missing event.occurred_at"),
        (
            NodeExecutionEvent(id=node_id("n0"), occurred_at=at(0), phase=NodePhase(17)),
            "no phase 17",
        ),
    ],
)
def test_node_bad_events_are_refused(
    client: AdminServiceClient, event: NodeExecutionEvent | None, words: str
) -> None:
    with refused(INVALID, words):
        client.create_node_event(NodeExecutionEventRequest(event=event))


# ---- Task events -------------------------------------------------------------------------------


@pytest.fixture
def running_node(client: AdminServiceClient) -> str:
    send_node(client, node_event("n0", NodePhase.RUNNING))
    return "n0"


def test_task_the_node_must_exist(client: AdminServiceClient) -> None:
    with refused(NOT_FOUND, "n0"):
        send_task(client, task_event("n0", TaskPhase.QUEUED))


def test_task_the_task_need_not_be_registered(
    client: AdminServiceClient, running_node: str
) -> None:
    unknown = identifier(ResourceType.TASK, "unknown")
    send_task(client, task_event(running_node, TaskPhase.QUEUED).replace(task_id=unknown))


def test_task_a_version_taken_already_exists_and_a_later_one_updates(
    client: AdminServiceClient, running_node: str
) -> None:
    send_task(client, task_event(running_node, TaskPhase.RUNNING, 1, version=1))
    for version in (0, 1):
        with refused(ALREADY_EXISTS, "version 1"):
            send_task(client, task_event(running_node, TaskPhase.RUNNING, 2, version=version))
    send_task(client, task_event(running_node, TaskPhase.RUNNING, 3, version=2))
    closure = get_task(client, running_node).closure
    assert (closure.started_at, closure.updated_at) == (at(1), at(3))


@pytest.mark.parametrize("end", [TaskPhase.SUCCEEDED, TaskPhase.FAILED, TaskPhase.ABORTED])
def test_task_nothing_follows_a_terminal_phase(
    client: AdminServiceClient, running_node: str, end: TaskPhase
) -> None:
    send_task(client, task_event(running_node, end))
    for event in (
        task_event(running_node, TaskPhase.RUNNING),
        task_event(running_node, end, version=1),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            send_task(client, event)
        assert terminal_state(caught.value) == end.name


def test_task_each_attempt_is_on_its_own(client: AdminServiceClient, running_node: str) -> None:
    failed = task_event(running_node, TaskPhase.FAILED, 1)
    send_task(client, failed.replace(error=BROKEN))
    send_task(client, task_event(running_node, TaskPhase.RUNNING, 2, attempt=1))
    assert get_task(client, running_node).closure.error == BROKEN
    assert get_task(client, running_node, 1).closure.phase == TaskPhase.RUNNING


def test_task_a_retryable_failure_is_not_the_end(
    client: AdminServiceClient, running_node: str
) -> None:
    send_task(client, task_event(running_node, TaskPhase.RETRYABLE_FAILED))
    send_task(client, task_event(running_node, TaskPhase.FAILED))


def test_task_duration_runs_from_running_to_the_end(
    client: AdminServiceClient, running_node: str
) -> None:
    send_task(client, task_event(running_node, TaskPhase.QUEUED, 1))
    send_task(client, task_event(running_node, TaskPhase.RUNNING, 2))
    end = task_event(running_node, TaskPhase.SUCCEEDED, 4)
    send_task(client, end.replace(output_data=integers(o0=1), reported_at=at(5)))
    closure = get_task(client, running_node).closure
    assert (closure.created_at, closure.started_at) == (at(1), at(2))
    assert closure.duration == timedelta(seconds=2)
    assert closure.updated_at == at(5)
    assert closure.output_data == integers(o0=1)


def test_task_reasons_add_up(client: AdminServiceClient, running_node: str) -> None:
    def send_reasons(version: int, *reasons: str, reason: str = "") -> None:
        send_task(
            client,
            task_event(running_node, TaskPhase.RUNNING, version, version=version).replace(
                reasons=[EventReason(reason=each, occurred_at=at(version)) for each in reasons],
                reason=reason,
            ),
        )

    send_reasons(0, "pulling", "pulled")
    send_reasons(1, reason="started")
    send_reasons(2, reason="started")
    closure = get_task(client, running_node).closure
    assert [(each.message, each.occurred_at) for each in closure.reasons] == [
        ("pulling", at(0)),
        ("pulled", at(0)),
        ("started", at(1)),
    ]
    assert closure.reason == "started"


def test_task_logs_are_replaced_by_uri_or_name_and_shown_by_phase(
    client: AdminServiceClient, running_node: str
) -> None:
    def names() -> list[str]:
        return [log.name for log in get_task(client, running_node).closure.logs]

    def send_logs(phase: TaskPhase, *logs: TaskLog) -> None:
        send_task(client, task_event(running_node, phase).replace(logs=logs))

    send_logs(TaskPhase.QUEUED, TaskLog("u0", "a"))
    send_logs(TaskPhase.INITIALIZING, TaskLog("u1", "b"), TaskLog("u2", "c", ShowWhilePending=True))
    assert names() == ["c"]
    send_logs(
        TaskPhase.RUNNING,
        TaskLog("u2", "d"),
        TaskLog("u3", "e", HideOnceFinished=True),
        TaskLog("u4", "f"),
    )
    assert names() == ["d", "e", "f"]
    send_logs(TaskPhase.SUCCEEDED, TaskLog("u5", "f"))
    assert names() == ["f", "d"]


def test_task_custom_info_and_external_resources_are_merged(
    client: AdminServiceClient, running_node: str
) -> None:
    def resource(index: int, phase: TaskPhase, id: str = "") -> ExternalResourceInfo:
        return ExternalResourceInfo(index=index, phase=phase, external_id=id)

    send_task(
        client,
        task_event(running_node, TaskPhase.RUNNING).replace(
            custom_info={"a": 1, "b": {"c": 2, "d": 3}},
            metadata=TaskExecutionMetadata(
                [resource(2, TaskPhase.QUEUED, "two"), resource(0, TaskPhase.RUNNING, "zero")],
                generated_name="pod",
            ),
        ),
    )
    send_task(
        client,
        task_event(running_node, TaskPhase.RUNNING, version=1).replace(
            custom_info={"a": None, "b": {"c": 4}, "e": {}},
            metadata=TaskExecutionMetadata(
                [resource(2, TaskPhase.SUCCEEDED), resource(1, TaskPhase.QUEUED, "one")]
            ),
        ),
    )
    closure = get_task(client, running_node).closure
    assert closure.custom_info == {"b": {"c": 4, "d": 3}, "e": {}}
    assert closure.metadata is not None
    assert closure.metadata.generated_name == "pod"
    assert [
        (each.index, each.phase, each.external_id) for each in closure.metadata.external_resources
    ] == [
        (0, TaskPhase.RUNNING, "zero"),
        (1, TaskPhase.QUEUED, "one"),
        (2, TaskPhase.SUCCEEDED, "two"),
    ]


def test_task_large_inline_outputs_are_refused(
    client: AdminServiceClient, running_node: str
) -> None:
    end = task_event(running_node, TaskPhase.SUCCEEDED)
    with refused(RESOURCE_EXHAUSTED, "output_data"):
        send_task(client, end.replace(output_data=TOO_LARGE))


_TASK_EVENT = task_event("n0", TaskPhase.QUEUED)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (None, "missing event"),
        (_TASK_EVENT.replace(occurred_at=None), "missing event.occurred_at"),
        (
            _TASK_EVENT.replace(parent_node_execution_id=None),
            "missing event.parent_node_execution_id",
        ),
        (_TASK_EVENT.replace(task_id=None), "missing event.task_id"),
        (_TASK_EVENT.replace(task_id=TASK.replace(version="")), "event.task_id.version"),
        (
            _TASK_EVENT.replace(task_id=TASK.replace(resource_type=ResourceType.WORKFLOW)),
            "event.task_id.resource_type",
        ),
        (_TASK_EVENT.replace(phase=TaskPhase(17)), "no phase 17"),
    ],
)
def test_task_bad_events_are_refused(
    client: AdminServiceClient, event: TaskExecutionEvent | None, words: str
) -> None:
    with refused(INVALID, words):
        client.create_task_event(TaskExecutionEventRequest(event=event))


# ---- All of them -------------------------------------------------------------------------------


def test_nodes_and_tasks_refuse_events_of_another_cluster(client: AdminServiceClient) -> None:
    send(client, WorkflowPhase.QUEUED, producer="one")
    send_node(client, node_event("n0", NodePhase.RUNNING).replace(producer_id="one"))
    with pytest.raises(grpc.RpcError) as caught:
        send_node(client, node_event("n0", NodePhase.SUCCEEDED).replace(producer_id="other"))
    assert incompatible_cluster(caught.value) == "one"
    with pytest.raises(grpc.RpcError) as caught:
        send_task(client, task_event("n0", TaskPhase.QUEUED).replace(producer_id="other"))
    assert incompatible_cluster(caught.value) == "one"


def test_events_that_were_taken_are_kept_and_refused_ones_are_not(
    server: Server, client: AdminServiceClient
) -> None:
    send(client, WorkflowPhase.RUNNING)
    send_node(client, node_event("n0", NodePhase.RUNNING))
    send_task(client, task_event("n0", TaskPhase.RUNNING))
    with refused(ALREADY_EXISTS):
        send_node(client, node_event("n0", NodePhase.RUNNING))
    rows = server.store.rows(tables.EVENTS)
    assert [(row["kind"], row["node_id"]) for row in rows] == [
        ("workflow", ""),
        ("node", "n0"),
        ("task", "n0"),
    ]
    assert NodeExecutionEvent.from_bytes(rows[1]["model"]) == node_event("n0", NodePhase.RUNNING)
