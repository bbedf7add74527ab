"""What people see of recorded executions, at the widths of their terminals.

``python -m tests.real.test_screens`` writes ``screens/`` anew, for a person to look at.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from flytebind.cli._looking import bring_names
from flytebind.looks import Tree
from flytebind.looks._rows import row_of
from flytebind.remote import FlyteRemote
from tests.real.recordings import EXECUTIONS, TIMELINES
from tests.real.server import RecordedServer
from tests.remote.conftest import DOMAIN, PROJECT

SCREENS = Path(__file__).parent / "screens"
WIDTHS = (60, 80, 120)
#: Dynamic workflows, a map that fails, launch plans, gates, a failure node, retries, subworkflows,
#: a branch, the cache, a long error, and what a person has aborted.
SHOWN = (
    "f7846033f7545276bea2",
    "f917ce5fdaabf4aa32fb",
    "f349e4473c1482981c04",
    "fd74ebb034c9da1389cd",
    "f63fe122d26bf808d87b",
    "f2a94f8eca1720c4c80d",
    "f24667af7081a110e836",
    "f4249efc2aee5cb77396",
    "fa5a463998eda5f5b633",
    "f890b7d5975a0dd640a0",
    "f66d3460147ce43ccf19",
)


def tree_of(remote: FlyteRemote, name: str) -> Tree:
    execution = remote.fetch_execution(name).sync(sync_nodes=True)
    bring_names(execution)
    return execution.tree()


def screen(remote: FlyteRemote, width: int) -> str:
    return "\n\n".join(tree_of(remote, name).text(width=width) for name in SHOWN) + "\n"


def phases(tree: Tree, width: int | None = None) -> list[str]:
    """Those that a tree shows, from above."""
    drawn = tree.text(width=width).partition("\n\n")[0]
    return re.findall(r"SUCCEEDED|FAILED|ABORTED|SKIPPED|RUNNING", drawn)


@pytest.mark.parametrize("width", WIDTHS)
def test_trees_look_as_they_were_liked(remote: FlyteRemote, width: int) -> None:
    assert screen(remote, width) == (SCREENS / f"trees-{width}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", EXECUTIONS)
def test_no_line_is_longer_than_the_terminal_is_wide(remote: FlyteRemote, name: str) -> None:
    made = tree_of(remote, name)
    for width in WIDTHS:
        lines = made.text(width=width).split("\n")
        assert [line for line in lines if len(line) > width and "://" not in line] == []
        assert phases(made) == phases(made, width)
        console = Console(file=io.StringIO(), width=width)
        console.print(made)
        assert isinstance(console.file, io.StringIO)
        drawn = {line.rstrip() for line in console.file.getvalue().split("\n")}
        assert [line for line in lines if len(line) <= width and line not in drawn] == []


@pytest.mark.parametrize("width", [1, 20, 40])
def test_phases_are_told_however_narrow_it_is(remote: FlyteRemote, width: int) -> None:
    for name in SHOWN:
        made = tree_of(remote, name)
        assert phases(made) == phases(made, width)


@pytest.mark.parametrize("name", EXECUTIONS)
def test_spans_tell_what_each_row_has_spent_its_time_with(remote: FlyteRemote, name: str) -> None:
    for row in tree_of(remote, name).root.walk():
        tries = [span for span in row.spans if span.name.startswith("attempt")]
        assert row.kind == "item" or len(tries) == row.attempts
        assert [span for span in row.spans if span.end is not None and span.end < span.start] == []
        if row.started_at is not None and row.kind != "item":
            assert row.spans
            assert row.ended_at is not None


def test_what_a_tree_says_does_not_depend_on_when_nodes_came(
    server: RecordedServer, remote: FlyteRemote
) -> None:
    execution = remote.fetch_execution("f7846033f7545276bea2").sync(sync_nodes=True)
    bring_names(execution)
    snapshot = execution.snapshot()
    names = [row.id for row in execution.tree().root.walk()]
    turned = type(snapshot)(snapshot.model, snapshot.nodes[::-1])
    assert [row.id for row in Tree(row_of(turned)).root.walk()] == names


if __name__ == "__main__":
    with (
        RecordedServer(EXECUTIONS, TIMELINES) as server,
        FlyteRemote(server.config, PROJECT, DOMAIN) as remote,
    ):
        for width in WIDTHS:
            (SCREENS / f"trees-{width}.txt").write_text(screen(remote, width), "utf-8")
