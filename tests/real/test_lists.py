"""Lists of executions, whose order among equals a real Flyte with PostgreSQL makes up each time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import grpc
import pytest
from flyteidl.admin import (
    common_pb2,
    execution_pb2,
    node_execution_pb2,
    project_pb2,
    signal_pb2,
)

from flytebind.models.admin.common import Sort
from flytebind.remote import Config, FlyteWorkflowExecution
from tests.real import recordings
from tests.remote.conftest import Face, face_of

Page = execution_pb2.ExecutionList
Row = Any

_RUNNING, _SUCCEEDED = 2, 4

RECORDED: list[Page] = [
    row.answer.read(row.question.method)
    for row in recordings.rows("conversations", "list_ties_desc_started_at")
]
#: What the recorded pages show, and others that they lost: more had been made, and none had begun.
SHOWN = {each.id.name: each for page in RECORDED for each in page.executions}


def _lost(number: int) -> execution_pb2.Execution:
    lost = execution_pb2.Execution()
    lost.CopyFrom(next(each for each in SHOWN.values() if not each.closure.started_at.seconds))
    lost.id.name = f"lost-{number}"
    lost.closure.created_at.nanos += number  # as good as equal
    return lost


ROWS = [*SHOWN.values(), *map(_lost, range(520 - len(SHOWN)))]


class PostgreSQL:
    """Orders equals as it likes, for each query anew.

    Args:
        rows: The executions that there are.
        most: The largest page.
    """

    def __init__(self, rows: list[Row], most: int = 10**6) -> None:
        self.rows = rows
        self.most = most
        self.asked: list[common_pb2.ResourceListRequest] = []
        self.between: Callable[[], None] = lambda: None
        """What happens after a page."""

    def list_executions(
        self, request: common_pb2.ResourceListRequest, context: grpc.ServicerContext
    ) -> Page:
        self.asked.append(request)
        if request.sort_by.key == "started_at" and request.limit == 100:
            return RECORDED[int(request.token or 0) // 100]
        rows, token = self._page(request, [row for row in self.rows if _holds(request, row)])
        self.between()
        return Page(executions=rows, token=token)

    def list_projects(
        self, request: project_pb2.ProjectListRequest, context: grpc.ServicerContext
    ) -> project_pb2.Projects:
        projects = [project_pb2.Project(id=f"p{number}") for number in range(250)]
        rows, token = self._page(request, projects)
        return project_pb2.Projects(projects=rows, token=token)

    def list_signals(
        self, request: signal_pb2.SignalListRequest, context: grpc.ServicerContext
    ) -> signal_pb2.SignalList:
        signals = [signal_pb2.Signal() for _ in range(250)]
        for number, signal in enumerate(signals):
            signal.id.signal_id = f"s{number}"
            signal.id.execution_id.CopyFrom(request.workflow_execution_id)
        rows, token = self._page(request, signals)
        return signal_pb2.SignalList(signals=rows, token=token)

    def list_nodes(
        self, request: node_execution_pb2.NodeExecutionListRequest, context: grpc.ServicerContext
    ) -> node_execution_pb2.NodeExecutionList:
        nodes = [node_execution_pb2.NodeExecution() for _ in range(2500)]
        for number, node in enumerate(nodes):
            node.id.node_id = f"n{number}"
            node.id.execution_id.CopyFrom(request.workflow_execution_id)
        rows, token = self._page(request, [] if request.unique_parent_id else nodes)
        return node_execution_pb2.NodeExecutionList(node_executions=rows, token=token)

    def get_execution(
        self, request: execution_pb2.WorkflowExecutionGetRequest, context: grpc.ServicerContext
    ) -> execution_pb2.Execution:
        found = execution_pb2.Execution()
        found.CopyFrom(ROWS[0])
        found.id.CopyFrom(request.id)
        return found

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        """The lists as methods of their services."""
        methods: dict[str, tuple[Callable[..., Any], type[Any]]] = {
            "AdminService/ListExecutions": (
                self.list_executions,
                common_pb2.ResourceListRequest,
            ),
            "AdminService/GetExecution": (
                self.get_execution,
                execution_pb2.WorkflowExecutionGetRequest,
            ),
            "AdminService/ListNodeExecutions": (
                self.list_nodes,
                node_execution_pb2.NodeExecutionListRequest,
            ),
            "AdminService/ListProjects": (self.list_projects, project_pb2.ProjectListRequest),
            "SignalService/ListSignals": (self.list_signals, signal_pb2.SignalListRequest),
        }
        return [
            grpc.method_handlers_generic_handler(
                f"flyteidl.service.{path.partition('/')[0]}",
                {
                    path.partition("/")[2]: grpc.unary_unary_rpc_method_handler(
                        method, kind.FromString, lambda answer: answer.SerializeToString()
                    )
                },
            )
            for path, (method, kind) in methods.items()
        ]

    def _page(self, request: Any, rows: list[Row]) -> tuple[list[Row], str]:
        query = f"{request.limit} {request.token} {request.filters}"

        def as_it_likes(row: Row) -> bytes:
            return hashlib.sha256(query.encode() + row.SerializeToString()).digest()

        def sorted_by(row: Row) -> int:
            if request.sort_by.key == "started_at":
                return row.closure.started_at.ToMicroseconds() or 2**63  # NULLs come first
            if request.sort_by.key == "execution_created_at":
                return _column(row)
            if request.sort_by.key == "id" and isinstance(row, node_execution_pb2.NodeExecution):
                return int(row.id.node_id[1:])
            return 0  # a phase, or what these rows do not have

        rows = sorted(sorted(rows, key=as_it_likes), key=sorted_by, reverse=True)
        begin, size = int(request.token or 0), min(request.limit, self.most)
        page = rows[begin : begin + size]
        return page, str(begin + len(page)) if len(page) == size else ""


def _column(row: execution_pb2.Execution) -> int:
    """When it was created, in the microseconds of a column; its closure has nanoseconds."""
    return round(row.closure.created_at.ToNanoseconds() / 1000)


def _holds(request: common_pb2.ResourceListRequest, row: execution_pb2.Execution) -> bool:
    for condition in filter(None, request.filters.split("+")):
        function, _, rest = condition.removesuffix(")").partition("(")
        key, _, value = rest.partition(",")
        if (function, key, value) == ("eq", "phase", "RUNNING"):
            if row.closure.phase != _RUNNING:
                return False
            continue
        assert (function, key) == ("lte", "execution_created_at"), condition
        bound = type(row.closure.created_at)()
        bound.FromJsonString(value)
        if _column(row) > bound.ToMicroseconds():
            return False
    return True


@contextmanager
def serving(database: PostgreSQL, kind: str) -> Iterator[Face]:
    with ExitStack() as stack:
        server = grpc.server(ThreadPoolExecutor(2))
        stack.callback(lambda: server.stop(None).wait())
        server.add_generic_rpc_handlers(database.handlers())
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        config = Config.for_endpoint(f"127.0.0.1:{port}", insecure=True)
        yield stack.enter_context(face_of(kind, config))


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def names(found: list[FlyteWorkflowExecution]) -> list[str]:
    return [execution.id.name for execution in found]


def test_the_recorded_pages_lack_executions_and_nothing_tells() -> None:
    assert sum(len(page.executions) for page in RECORDED) == 520
    assert len(SHOWN) == 458


@pytest.mark.parametrize("sort_by", ["-started_at", "-phase", None])
def test_no_execution_is_lost_where_many_are_equal(kind: str, sort_by: str | None) -> None:
    with serving(PostgreSQL(ROWS), kind) as face:
        found = names(face.list_executions(sort_by=sort_by))
    assert sorted(found) == sorted(row.id.name for row in ROWS)


@pytest.mark.parametrize("limit", [1, 99, 100, 101, 519, 520, 521])
@pytest.mark.parametrize("sort_by", ["-started_at", None])
def test_a_limit_gives_as_many_as_there_are(kind: str, limit: int, sort_by: str | None) -> None:
    with serving(PostgreSQL(ROWS), kind) as face:
        found = names(face.list_executions(sort_by=sort_by, limit=limit))
    assert len(found) == len(set(found)) == min(limit, 520)


@pytest.mark.parametrize("sort_by", ["-started_at", None])
def test_the_order_is_kept(kind: str, sort_by: str | None) -> None:
    with serving(PostgreSQL(ROWS), kind) as face:
        found = face.list_executions(sort_by=sort_by)
    times = [each.closure.created_at for each in found]
    if sort_by is not None:
        begun = [each.closure.started_at for each in found]
        times = [each for each in begun if each is not None]
        assert begun[: begun.index(times[0])] == [None] * (len(begun) - len(times))
    assert times == sorted(times, reverse=True)


def test_whole_lists_take_few_calls_and_little_more_than_their_rows(kind: str) -> None:
    database = PostgreSQL(ROWS)
    with serving(database, kind) as face:
        face.list_executions(sort_by="-phase")
        assert [request.limit for request in database.asked] == [100, 400, 1600]
        database.asked.clear()
        face.list_executions()
        assert [request.limit for request in database.asked] == [100] * 6
        assert {request.token for request in database.asked} == {""}


def test_more_that_were_created_at_once_than_fit_a_page_are_all_there(kind: str) -> None:
    at = ROWS[0].closure.created_at
    rows = []
    for row in ROWS:
        rows.append(type(row)())
        rows[-1].CopyFrom(row)
        rows[-1].closure.created_at.CopyFrom(at)
    with serving(PostgreSQL(rows), kind) as face:
        assert len(face.list_executions()) == 520


@pytest.mark.parametrize("sort_by", [None, "-phase"])
def test_what_leaves_a_list_moves_nothing_out_of_it(kind: str, sort_by: str | None) -> None:
    """Of those that run, some end while the list is read."""
    rows = [type(row).FromString(row.SerializeToString()) for row in ROWS]
    newest = sorted(rows, key=_column, reverse=True)
    for row in rows:
        row.closure.phase = _RUNNING
    database = PostgreSQL(rows)
    ended: set[str] = set()

    def end_some() -> None:
        for row in newest[:60]:
            row.closure.phase = _SUCCEEDED
            ended.add(row.id.name)

    database.between = end_some
    with serving(database, kind) as face:
        found = set(names(face.list_executions(filters="eq(phase,RUNNING)", sort_by=sort_by)))
    assert found >= {row.id.name for row in rows} - ended


def test_what_comes_meanwhile_moves_nothing(kind: str) -> None:
    rows = list(ROWS)
    database = PostgreSQL(rows)

    def add() -> None:
        new = type(rows[0]).FromString(rows[0].SerializeToString())
        new.id.name = f"new-{len(rows)}"
        new.closure.created_at.FromDatetime(
            new.closure.created_at.ToDatetime() + timedelta(hours=1)
        )
        rows.append(new)

    database.between = add
    with serving(database, kind) as face:
        found = names(face.list_executions())
    assert sorted(found) == sorted(row.id.name for row in ROWS)


def test_a_server_with_a_largest_page_of_its_own_is_read_on_from_its_tokens(kind: str) -> None:
    by_phase = Sort(key="phase", direction=Sort.Direction.ASCENDING)
    database = PostgreSQL(ROWS[:130], most=50)
    with serving(database, kind) as face:
        assert face.list_executions(sort_by=by_phase)
    assert [request.token for request in database.asked] == ["", "50", "100"]


def test_projects_and_signals_are_all_there(kind: str) -> None:
    with serving(PostgreSQL([]), kind) as face:
        assert len({project.id for project in face.list_projects()}) == 250
        assert len({signal.id.signal_id for signal in face.list_signals("f7a9c2")}) == 250


def test_nodes_are_all_there(kind: str) -> None:
    with serving(PostgreSQL([]), kind) as face:
        execution = face.fetch_execution("f7a9c2")
        face.sync(execution, sync_nodes=True, data=False)
    assert len(execution.node_executions) == 2500
