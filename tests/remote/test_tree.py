"""Executions as trees."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Mapping
from functools import partial

import pytest
from flyteidl.core.execution_pb2 import TaskExecution
from rich.console import Console

from flytebind.looks._kinds import kind_of
from flytebind.looks._rows import Row
from flytebind.looks._tree import Tree, tree
from flytebind.models.core.execution import ExecutionError, TaskLog
from flytebind.remote import FlyteNodeExecution, FlyteRemote, FlyteWorkflowExecution
from flytebind.remote.executions import adopt
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, synced
from tests.remote.scenes import arrays, executions, gates, parents, scripted, strange, tasks
from tests.remote.scenes.bulk import wide
from tests.remote.scenes.scene import Node, NodePhase, Scene

QUEUED = Row("p/d/f7/n0", "n0", "task", "QUEUED")
KINDED: dict[str, Callable[[Sandbox], Scene]] = {
    "names like start and end": tasks.names_like_start_and_end,
    "long names": tasks.long_names,
    "cached": tasks.cached,
    "early": tasks.early,
    "skipped": tasks.skipped,
    "map running": arrays.map_running,
    "map of launch plans": arrays.map_launch_plans,
    "branch": parents.branch,
    "branch marked as a parent": partial(parents.branch, is_parent=True),
    "subworkflow running": parents.subworkflow_running,
    "dynamic unresolved": parents.dynamic_unresolved,
    "dynamic running": parents.dynamic_running,
    "launch plan running": parents.launch_plan_running,
    "launch plan in subworkflow": parents.launch_plan_in_subworkflow,
    "recovered": parents.recovered,
    "eager": parents.eager,
    "gates waiting": gates.waiting,
    "gates passed": gates.passed,
    "strange nodes": strange.strange_nodes,
    "single task": executions.single_task,
}


def lines_of(text: str) -> list[list[str]]:
    """The columns of each line: a name, a kind, what it runs, a phase, and what follows."""
    return [
        [cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.split("\n")
    ]


def find(tree: Tree, name: str) -> Row:
    (found,) = (child for child in tree.root.children if child.name == name)
    return found


@pytest.mark.parametrize("make", KINDED.values(), ids=KINDED)
def test_every_kind_of_node_is_told_once_its_workflow_is_known(
    sandbox: Sandbox, remote: FlyteRemote, make: Callable[[Sandbox], Scene]
) -> None:
    scene = make(sandbox)
    execution = synced(remote, scene)
    compare_kinds(execution, scene)


def compare_kinds(execution: FlyteWorkflowExecution, scene: Scene) -> None:
    assert execution.flyte_workflow is not None  # it is loaded by that
    compare_levels(execution.node_executions, scene.nodes)


def compare_levels(nodes: Mapping[str, FlyteNodeExecution], expected: Mapping[str, Node]) -> None:
    assert nodes.keys() == expected.keys()
    for id, node in nodes.items():
        if not node.is_boundary:
            assert kind_of(node.snapshot()) == expected[id].kind.name.lower().replace("_", " "), id
        compare_levels(node.subworkflow_node_executions, expected[id].children)
        for child, scene in zip(node.workflow_executions, expected[id].executions, strict=True):
            compare_kinds(child, scene)


@pytest.mark.parametrize(
    ("script", "kinds"),
    [
        ("dynamic", {"n0": "dynamic", "n1": "task"}),
        ("subworkflow", {"n0": "subworkflow", "n1": "task"}),
        ("branch", {"n0": "task", "n1": "task", "n2": "branch"}),
        ("map", {"n0": "task", "n1": "array", "n2": "task"}),
        ("launch_plan", {"n0": "launch plan", "n1": "task"}),
    ],
)
def test_most_kinds_are_told_by_what_sync_brings(
    sandbox: Sandbox, remote: FlyteRemote, script: str, kinds: dict[str, str]
) -> None:
    made = synced(remote, scripted.played(sandbox, script)).tree()
    assert {child.name: child.kind for child in made.root.children} == kinds


@pytest.mark.parametrize("data", [False, True])
def test_a_gate_is_told_by_what_sync_brings(
    sandbox: Sandbox, remote: FlyteRemote, data: bool
) -> None:
    execution = remote.fetch_execution(scripted.live_gate(sandbox).id.name)
    execution.sync(sync_nodes=True, data=data)
    assert find(execution.tree(), "n0").kind == "gate"


def test_there_is_a_line_for_the_execution_and_each_node_but_starts_and_ends(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    scene = scripted.played(sandbox, "subworkflow")
    header, *lines = synced(remote, scene).tree().text().split("\n")
    assert header.split()[0] == f"{PROJECT}/{DOMAIN}/{scene.id.name}"
    assert "SUCCEEDED" in header
    assert [line[:14].rstrip() for line in lines] == [
        "├── n0",
        "│   ├── n0",
        "│   │   └── n0",
        "│   └── n1",
        "│       └── n0",
        "└── n1",
    ]
    assert lines[0].split()[2:4] == ["subworkflow", "SUCCEEDED"]
    assert lines[2].split()[4:7] == ["task", "play.square", "SUCCEEDED"]


def test_columns_begin_below_each_other(sandbox: Sandbox, remote: FlyteRemote) -> None:
    text = synced(remote, scripted.played(sandbox, "subworkflow")).tree().text()
    assert len({line.index("SUCCEEDED") for line in text.split("\n")[1:]}) == 1


def test_nothing_is_called_for(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = synced(remote, scripted.played(sandbox, "branch"), data=False)
    sandbox.calls.clear()
    str(execution.tree())
    assert sandbox.calls.counts() == {}


def test_an_execution_whose_nodes_are_not_here_is_one_line(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    execution = remote.fetch_execution(scripted.played(sandbox, "chain").id.name)
    assert len(execution.tree().text().split("\n")) == 1


def test_attempts_are_told_when_there_was_more_than_one(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    first, second = lines_of(synced(remote, tasks.retries(sandbox)).tree().text())[1:]
    assert first[-1] == "3 attempts"
    assert not any("attempt" in cell for cell in second)


def test_what_went_wrong_is_told_below_the_tree(sandbox: Sandbox, remote: FlyteRemote) -> None:
    text = synced(remote, tasks.failed(sandbox)).tree().text(width=60)
    tree, _, notes = text.partition("\n\n")
    assert "ValueError" not in tree
    heading, *lines = notes.split("\n")
    assert heading.startswith("n1 (")
    assert lines[0].startswith("    USER:Unknown: ValueError: 17 rows were read")
    assert all(len(line) <= 60 for line in lines if "://" not in line)


def test_what_terminals_would_obey_is_written_out() -> None:
    execution = FlyteWorkflowExecution.from_dict(
        {
            "id": {"project": "p", "domain": "d", "name": "f\x1b]0;x\x07"},
            "closure": {
                "phase": "FAILED",
                "error": {"code": "X", "message": "\n\n\x1b[2Jgone\nsecond"},
            },
        }
    )
    text = execution.tree().text()
    assert all(line.isprintable() for line in text.split("\n"))
    assert "p/d/f\\x1b]0;x\\x07" in text
    assert text.endswith("X: \\x1b[2Jgone")


def test_what_sync_could_not_bring_is_told(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = synced(remote, strange.strange_nodes(sandbox))
    made = execution.tree()
    problem = find(made, "n9").problem
    assert "there is no node" in problem
    assert f"\nn9\n    problem: {problem}" in made.text()


def test_a_running_node_tells_how_long_it_has_taken_so_far(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    running = find(synced(remote, parents.launch_plan_running(sandbox)).tree(), "n0")
    assert running.phase == "RUNNING"
    assert running.time is not None


def test_executions_in_nodes_are_part_of_the_tree(sandbox: Sandbox, remote: FlyteRemote) -> None:
    scene = parents.launch_plan_failed(sandbox)
    (child,) = find(synced(remote, scene).tree(), "n0").children
    assert (child.kind, child.phase) == ("execution", "FAILED")
    assert [(node.name, node.phase) for node in child.children] == [("n0", "FAILED")]


def test_a_long_level_is_summarised(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = synced(remote, wide(sandbox, nodes=50), data=False)
    made = execution.tree()
    lines = made.text().split("\n")
    assert [line.split()[1] for line in lines[1:-1]] == [f"n{number}" for number in range(10)]
    assert lines[-1] == "└── ... 40 more: 40 SUCCEEDED"
    assert len(tree(execution.snapshot(), long=None).text().split("\n")) == 51
    assert len(made.root.children) == 50


def test_what_failed_in_a_long_level_is_always_shown(sandbox: Sandbox, remote: FlyteRemote) -> None:
    execution = synced(remote, wide(sandbox, nodes=50), data=False)
    failed = execution.node_executions["n33"]
    message = failed.to_pb()
    message.closure.phase = NodePhase.FAILED
    adopt(failed, failed.from_pb(message))
    lines = execution.tree().text().split("\n")
    assert lines[11].startswith("├── n33 ")
    assert lines[12] == "└── ... 39 more: 39 SUCCEEDED"


def test_ascii_is_enough(sandbox: Sandbox, remote: FlyteRemote) -> None:
    made = synced(remote, scripted.played(sandbox, "dynamic")).tree()
    text = made.text(ascii_only=True)
    assert text.isascii()
    assert "|-- n0 " in text
    assert "`-- n1 " in text


def test_print_draws_what_stdout_can_show(
    sandbox: Sandbox, remote: FlyteRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = synced(remote, scripted.played(sandbox, "chain")).tree()
    for encoding, corner in (("ascii", b"`-- n2"), ("utf-8", "└── n2".encode())):
        raw = io.BytesIO()
        stdout = io.TextIOWrapper(raw, encoding=encoding)
        monkeypatch.setattr(sys, "stdout", stdout)
        print(made)
        stdout.flush()
        monkeypatch.undo()
        assert corner in raw.getvalue()


def test_a_shell_shows_the_tree_unasked() -> None:
    made = Tree(Row("p/d/f7", "f7", "execution", "RUNNING", children=(QUEUED,)))
    assert repr(made) == str(made)
    assert len(repr(made).split("\n")) == 2


def test_rich_shows_the_same_in_colours(sandbox: Sandbox, remote: FlyteRemote) -> None:
    made = synced(remote, scripted.played(sandbox, "failure")).tree()
    plain = Console(file=io.StringIO(), width=300)
    plain.print(made)
    assert isinstance(plain.file, io.StringIO)
    assert [line.rstrip() for line in plain.file.getvalue().splitlines()] == made.text().split("\n")
    colour = Console(file=io.StringIO(), width=300, force_terminal=True, color_system="standard")
    colour.print(made)
    assert isinstance(colour.file, io.StringIO)
    assert "\x1b[31mFAILED" in colour.file.getvalue()


def test_a_narrow_terminal_keeps_one_line_for_each_node(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    made = synced(remote, scripted.played(sandbox, "failure")).tree()
    console = Console(file=io.StringIO(), width=60, force_terminal=True)
    console.print(made)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().count("── ") == made.text().count("── ")


def test_a_notebook_gets_html_in_which_nothing_is_markup() -> None:
    error = ExecutionError("", "<script>alert()</script>", "", ExecutionError.ErrorKind.USER)
    logs = (
        TaskLog('https://logs.example/"><script>', "", TaskLog.MessageFormat.UNKNOWN, None),
        TaskLog("javascript:alert()", "x", TaskLog.MessageFormat.UNKNOWN, None),
    )
    item = Row("p/d/f7/n0/[0]", "[0]", "item", "FAILED", logs=logs)
    made = Tree(Row("p/d/f7", "<script>", "execution", "FAILED", error=error, children=(item,)))
    html = made._repr_html_()
    assert 'href="javascript' not in html
    assert html.count('<a href="https://logs.example/&quot;&gt;&lt;script&gt;" target') == 2
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert '<pre class="fb-tree">' in html


@pytest.mark.parametrize("uri", ["http://[::1", "https://logs.example/a b[red]", "file:///etc", ""])
def test_odd_addresses_of_logs_are_text(uri: str) -> None:
    log = TaskLog(uri, "pod", TaskLog.MessageFormat.UNKNOWN, None)
    item = Row("p/d/f7/n0/[0]", "[0]", "item", "FAILED", logs=(log,))
    made = Tree(Row("p/d/f7", "f7", "execution", "FAILED", children=(item,)))
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    console.print(made)
    assert isinstance(console.file, io.StringIO)
    assert f"pod: {uri}".rstrip() in console.file.getvalue()
    assert "pod: " in made._repr_html_()


# Items of arrays, and the cache.


def test_long_arrays_are_summarised_and_what_failed_in_them_is_shown(
    sandbox: Sandbox, remote: FlyteRemote
) -> None:
    execution = synced(remote, arrays.map_failed(sandbox))
    (attempt,) = execution.node_executions["n0"].task_executions
    message = attempt.to_pb()
    del message.closure.metadata.external_resources[:]
    for index in range(50):
        phase = TaskExecution.FAILED if index == 30 else TaskExecution.SUCCEEDED
        message.closure.metadata.external_resources.add(index=index, phase=phase)
    adopt(attempt, attempt.from_pb(message))
    made = execution.tree()
    text = made.text(ascii_only=True)
    assert re.findall(r"-- (\[\d+\]) +item ", text) == [*(f"[{i}]" for i in range(10)), "[30]"]
    assert "\n    `-- ... 39 more: 39 SUCCEEDED\n" in text
    assert "  49/50, " in text or "  49/50\n" in text
    assert len(find(made, "n0").children) == 50


def test_what_was_found_in_the_cache_is_marked(sandbox: Sandbox, remote: FlyteRemote) -> None:
    made = synced(remote, tasks.cached(sandbox)).tree()
    cached = [child.name for child in made.root.children if child.is_cached]
    assert cached
    marked = [line for line in made.text().split("\n") if line.endswith("cached")]
    assert len(marked) == len(cached)
    assert all(name in line for name, line in zip(cached, marked, strict=True))
