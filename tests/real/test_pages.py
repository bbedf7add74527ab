"""Cards, tables and timelines of recorded executions."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from rich.console import Console

from flytebind.cli._looking import bring_names
from flytebind.looks._chart import Lane
from flytebind.looks._errors import faults
from flytebind.remote import AsyncFlyteRemote, FlyteRemote
from tests.real.recordings import EXECUTIONS
from tests.real.server import RecordedServer
from tests.remote.conftest import DOMAIN, PROJECT
from tests.support.markup import Page

DYNAMIC = "f7846033f7545276bea2"
#: flyteadmin has no metrics of workflows with a failure node.
WITHOUT_METRICS = ("f15e1235bb8ef75422fa", "f63fe122d26bf808d87b")


@pytest.mark.parametrize("name", EXECUTIONS)
def test_pages_have_every_node_and_every_error(remote: FlyteRemote, name: str) -> None:
    execution = remote.fetch_execution(name).sync(sync_nodes=True)
    bring_names(execution)
    made = execution.card()
    page = Page(made.html())
    said = "\n".join(page.text)
    rows = list(made.root.walk())
    assert [row.name for row in rows if row.name not in page.text] == []
    assert [row.what for row in rows if row.what not in said] == []
    assert [log.uri for row in rows for log in row.logs if log.uri not in page.links] == []
    if execution.phase.name == "FAILED":
        assert execution.error is not None
        for fault in faults(execution.error):
            assert fault.message.split("\n")[-1].strip() in said
    assert Page(execution.node_executions._repr_html_()).text


@pytest.mark.parametrize("name", EXECUTIONS)
def test_timelines_have_a_lane_for_every_node(remote: FlyteRemote, name: str) -> None:
    execution = remote.fetch_execution(name).sync(sync_nodes=True)
    made = execution.timeline()
    assert (made.measured is None) == (name in WITHOUT_METRICS)
    lanes = list(made.chart.root.walk())
    assert [lane.row.id for lane in lanes] == [row.id for row in made.root.walk()]
    for lane in lanes:
        _check(lane)
    text = made.text(width=80)
    assert len(text.split("\n")) - len(lanes) in (3, 4)
    console = Console(file=io.StringIO(), width=80)
    console.print(made)
    assert isinstance(console.file, io.StringIO)
    assert [line.rstrip() for line in console.file.getvalue().split("\n")[:-1]] == text.split("\n")
    titles = [each.text or "" for each in ElementTree.fromstring(made.svg()).iter() if each.text]
    for lane in lanes:
        assert all(any(title.startswith(bar.name) for title in titles) for bar in lane.bars)


def _check(lane: Lane) -> None:
    attempts = [bar for bar in lane.bars if bar.kind == "running"]
    assert all(bar.start <= bar.end for bar in lane.bars)
    assert len([bar for bar in attempts if bar.name != "running"]) == (
        0 if lane.row.kind == "item" else lane.row.attempts
    )


def test_the_server_is_asked_once_for_what_it_has_measured(
    server: RecordedServer, remote: FlyteRemote
) -> None:
    for name in (DYNAMIC, WITHOUT_METRICS[0]):
        execution = remote.fetch_execution(name)
        server.calls.clear()
        for _ in range(2):
            execution.timeline()
        assert [call.name for call in server.calls] == ["GetExecutionMetrics"]
        server.calls.clear()
        assert execution.card().measured is execution.loaded.measured
        assert server.calls == []


async def _on_asyncio(server: RecordedServer) -> str:
    async with AsyncFlyteRemote(server.config, PROJECT, DOMAIN) as remote:
        execution = await remote.fetch_execution(DYNAMIC)
        await remote.sync(execution, sync_nodes=True)
        return execution.timeline().text(width=80)


def test_on_asyncio_a_timeline_is_made_of_what_is_here(server: RecordedServer) -> None:
    import asyncio

    assert "flows.wf_dyn" in asyncio.run(_on_asyncio(server))
    assert "GetExecutionMetrics" not in [call.name for call in server.calls]


def test_nodes_as_dictionaries_are_plain(remote: FlyteRemote) -> None:
    execution = remote.fetch_execution(DYNAMIC).sync(sync_nodes=True)
    first, *_ = execution.node_executions.to_dicts()
    assert {type(value).__name__ for value in first.values()} <= {
        "str", "int", "float", "bool", "datetime", "NoneType",
    }  # fmt: skip
    assert [row["name"] for row in execution.node_executions.to_dicts()] == ["n0", "n1"]


def test_nodes_and_attempts_show_themselves(remote: FlyteRemote) -> None:
    execution = remote.fetch_execution(DYNAMIC).sync(sync_nodes=True)
    (attempt,) = execution.node_executions["n0"].task_executions
    shown = Page(attempt._repr_html_())
    assert "flows.dyn" in shown.text
    assert [*shown.links] == [log.uri for log in attempt.closure.logs]
    node = Page(execution.node_executions["n0"]._repr_html_())
    assert node.text.count("dn0") == 1
