"""How an RPC that fails looks from the other side: a proper status, never a hang."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Any, cast

import grpc
import pytest

from flytebind.models.admin.agent import GetTaskLogsRequest, GetTaskLogsResponse, GetTaskRequest
from flytebind.models.admin.event import EventErrorAlreadyInTerminalState, EventFailureReason
from flytebind.models.core.errors import ContainerError
from flytebind.models.core.execution import ExecutionError
from flytebind.services import StatusError, status_details
from tests.services.agents import Agents, Caller, Kind, answer, lines
from tests.services.rpcs import SERVICES, Rpc, every_rpc
from tests.services.servers import PATIENCE, Loop, async_server, sync_server

REQUEST = GetTaskRequest(task_type="spark")
LOGS_REQUEST = GetTaskLogsRequest(token="t")

REASON = EventFailureReason(
    already_in_terminal_state=EventErrorAlreadyInTerminalState(current_phase="SUCCEEDED")
)
CAUSE = ContainerError(
    "USER",
    "out of memory",
    ContainerError.Kind.NON_RECOVERABLE,
    ExecutionError.ErrorKind.UNKNOWN,
)


def failure_of(caller: Caller) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        caller.get_task(REQUEST, timeout=PATIENCE)
    return caught.value


@pytest.fixture(scope="module", params=["sync", "async"], ids=lambda kind: f"{kind}-server")
def bare_channel(request: pytest.FixtureRequest, loop: Loop) -> Iterator[grpc.Channel]:
    """Connected to a server with every service, none of whose methods is overridden."""
    if request.param == "sync":
        server = sync_server(*(service.servicer().add_to_server for service in SERVICES))
    else:
        adders = (service.async_servicer().add_to_server for service in SERVICES)
        server = loop.within(async_server(*adders))
    with server as address, grpc.insecure_channel(address) as channel:
        yield channel


@every_rpc
def test_what_is_not_overridden_is_unimplemented(rpc: Rpc, bare_channel: grpc.Channel) -> None:
    call = getattr(rpc.service.client(bare_channel), rpc.python_name)
    with pytest.raises(grpc.RpcError) as caught:
        list(call(rpc.requests if rpc.streams_requests else rpc.requests[0], timeout=PATIENCE))
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert rpc.method.path[1:] in (caught.value.details() or "")


def test_a_status_error_arrives_with_its_details(agents: Agents) -> None:
    def refuse(request: GetTaskRequest, context: Any) -> Any:
        raise StatusError(
            grpc.StatusCode.FAILED_PRECONDITION, "too late: 100 % dón€ 🚀\n", [REASON, CAUSE]
        )

    error = failure_of(agents.start(refuse))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error.details() == "too late: 100 % dón€ 🚀\n"
    first, second = status_details(error)
    assert first.unpack(EventFailureReason) == REASON
    assert second.unpack(ContainerError) == CAUSE


def test_a_status_error_without_details_has_none(agents: Agents) -> None:
    def refuse(request: GetTaskRequest, context: Any) -> Any:
        raise StatusError(grpc.StatusCode.NOT_FOUND, "no such task")

    error = failure_of(agents.start(refuse))
    assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "no such task")
    assert status_details(error) == ()


def test_details_that_nobody_can_read_are_no_details(agents: Agents) -> None:
    def refuse(request: GetTaskRequest, context: Any) -> Any:
        context.set_trailing_metadata((("grpc-status-details-bin", b"\xff"),))
        return context.abort(grpc.StatusCode.ABORTED, "garbled")

    error = failure_of(agents.start(refuse))
    assert error.code() is grpc.StatusCode.ABORTED
    assert status_details(error) == ()


def test_a_message_that_is_no_unicode_arrives_mended(agents: Agents) -> None:
    def refuse(request: GetTaskRequest, context: Any) -> Any:
        raise StatusError(grpc.StatusCode.NOT_FOUND, "no file \udcff here", [CAUSE])

    error = failure_of(agents.start(refuse))
    assert (error.code(), error.details()) == (grpc.StatusCode.NOT_FOUND, "no file ? here")
    assert status_details(error)[0].unpack(ContainerError) == CAUSE


@pytest.mark.parametrize("character", ["x", "é", "🚀", "%"])
def test_a_message_too_long_for_the_headers_arrives_cut(agents: Agents, character: str) -> None:
    def refuse(request: GetTaskRequest, context: Any) -> Any:
        raise StatusError(grpc.StatusCode.INVALID_ARGUMENT, character * 100_000, [REASON])

    error = failure_of(agents.start(refuse))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    arrived = error.details() or ""
    assert arrived.endswith("...")
    assert set(arrived.removesuffix("...")) == {character}
    assert len(arrived) > 100
    assert status_details(error)[0].unpack(EventFailureReason) == REASON


def test_trailing_metadata_and_details_arrive_together(agents: Agents) -> None:
    def refuse(request: GetTaskRequest, context: Any) -> Any:
        context.set_trailing_metadata((("retry-after", "3"),))
        raise StatusError(grpc.StatusCode.UNAVAILABLE, "busy", [CAUSE])

    error = failure_of(agents.start(refuse))
    pairs = cast("Iterable[tuple[str, object]]", error.trailing_metadata())
    assert ("retry-after", "3") in list(pairs)
    assert status_details(error)[0].unpack(ContainerError) == CAUSE


def test_any_other_exception_is_logged_and_not_told(
    agents: Agents, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(request: GetTaskRequest, context: Any) -> Any:
        raise LookupError("the password is swordfish")

    error = failure_of(agents.start(fail))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "swordfish" not in repr(error)
    assert "AsyncAgentService/GetTask" in (error.details() or "")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info
    assert record.exc_info[2]
    assert repr(record.exc_info[1]) == "LookupError('the password is swordfish')"
    assert "AsyncAgentService/GetTask" in record.getMessage()


@pytest.mark.parametrize("wrong", [None, "text", REQUEST, GetTaskLogsResponse()], ids=repr)
def test_a_wrong_answer_is_an_internal_error_that_the_log_explains(
    agents: Agents, caplog: pytest.LogCaptureFixture, wrong: object
) -> None:
    error = failure_of(agents.start(lambda request, context: wrong))
    assert error.code() is grpc.StatusCode.INTERNAL
    told = f"AsyncAgentService/GetTask answers GetTaskResponse, not {type(wrong).__qualname__}"
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == [told]


def test_the_context_can_end_a_call(agents: Agents, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(request: GetTaskRequest, context: Any) -> Any:
        return context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "enough")

    error = failure_of(agents.start(refuse))
    assert (error.code(), error.details()) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "enough")
    assert caplog.records == []


def test_the_context_can_set_a_code_beside_an_answer(
    agents: Agents, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(request: GetTaskRequest, context: Any) -> Any:
        context.set_code(grpc.StatusCode.OUT_OF_RANGE)
        context.set_details("beyond")
        return answer("lost")

    error = failure_of(agents.start(refuse))
    assert (error.code(), error.details()) == (grpc.StatusCode.OUT_OF_RANGE, "beyond")
    assert caplog.records == []


def test_an_exception_after_a_set_code_is_internal_all_the_same(agents: Agents) -> None:
    def fail(request: GetTaskRequest, context: Any) -> Any:
        context.set_code(grpc.StatusCode.NOT_FOUND)
        raise ValueError("no")

    assert failure_of(agents.start(fail)).code() is grpc.StatusCode.INTERNAL


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StatusError(grpc.StatusCode.DATA_LOSS, "torn", [CAUSE]), grpc.StatusCode.DATA_LOSS),
        (ValueError("torn"), grpc.StatusCode.INTERNAL),
    ],
    ids=["status error", "other"],
)
def test_a_stream_that_breaks_gives_what_came_before(
    agents: Agents, error: Exception, code: grpc.StatusCode
) -> None:
    def break_off(request: GetTaskLogsRequest, context: Any) -> Iterator[GetTaskLogsResponse]:
        yield lines("one")
        yield lines("two")
        raise error

    received: list[GetTaskLogsResponse] = []
    with pytest.raises(grpc.RpcError) as caught:
        agents.start(get_task_logs=break_off).get_task_logs(
            LOGS_REQUEST, received.append, timeout=PATIENCE
        )
    assert received == [lines("one"), lines("two")]
    assert caught.value.code() is code
    assert len(status_details(caught.value)) == (1 if isinstance(error, StatusError) else 0)


def test_a_wrong_message_in_a_stream_ends_it(
    agents: Agents, caplog: pytest.LogCaptureFixture
) -> None:
    received: list[GetTaskLogsResponse] = []
    caller = agents.start(get_task_logs=lambda request, context: [lines("one"), answer("two")])
    with pytest.raises(grpc.RpcError) as caught:
        caller.get_task_logs(LOGS_REQUEST, received.append, timeout=PATIENCE)
    assert received == [lines("one")]
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert "answers GetTaskLogsResponse, not GetTaskResponse" in caplog.text


def test_what_is_not_a_message_at_all_is_refused(server_kind: Kind, loop: Loop) -> None:
    # grpcio reads requests before it calls us, and each of its servers has a code of its own.
    codes = {"sync": grpc.StatusCode.INTERNAL, "async": grpc.StatusCode.UNKNOWN}
    with Agents(loop, "sync", server_kind) as agents:
        address = agents.serve()
        with grpc.insecure_channel(address) as channel:
            call: Any = channel.unary_unary("/flyteidl.service.AsyncAgentService/GetTask")
            with pytest.raises(grpc.RpcError) as caught:
                call(b"\xff\xff", timeout=PATIENCE)
    assert caught.value.code() is codes[server_kind]


def test_a_server_survives_all_of_it(agents: Agents) -> None:
    def fail_at_first(request: GetTaskRequest, context: Any) -> Any:
        if request.task_type == "bad":
            raise ValueError(request.task_type)
        return answer(request.task_type)

    caller = agents.start(fail_at_first)
    for _ in range(20):
        with pytest.raises(grpc.RpcError):
            caller.get_task(GetTaskRequest(task_type="bad"))
    assert caller.get_task(REQUEST) == answer("spark")


def test_ok_is_no_error() -> None:
    with pytest.raises(ValueError, match="OK"):
        StatusError(grpc.StatusCode.OK, "fine")


def test_a_status_error_reads_well_in_a_traceback() -> None:
    error = StatusError(grpc.StatusCode.NOT_FOUND, "no task")
    assert str(error) == "NOT_FOUND: no task"
    assert (error.code, error.message, error.details) == (
        grpc.StatusCode.NOT_FOUND,
        "no task",
        (),
    )
