"""Executions that a real Flyte has run, as every reader of this library sees them."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pytest

from flytebind.looks._words import first_line
from flytebind.remote import FlyteRemote
from flytebind.remote.executions import walk
from tests.cli.conftest import Run
from tests.real import plain
from tests.real.differing import differences
from tests.real.recordings import EXECUTIONS, TIMELINES
from tests.real.seeing import seen
from tests.real.server import RecordedServer
from tests.remote.conftest import Face


@pytest.mark.parametrize("name", EXECUTIONS)
def test_both_faces_read_what_was_recorded(server: RecordedServer, face: Face, name: str) -> None:
    execution = face.fetch_execution(name)
    face.sync(execution, sync_nodes=True)
    assert [node.problem for node in walk(execution) if node.problem is not None] == []
    assert differences(seen(execution), plain.right(name)) == []
    assert server.fetched == []  # links of no bytes lead nowhere


@pytest.mark.parametrize("face", ["async"], indirect=True)  # which brings all of it
@pytest.mark.parametrize("name", EXECUTIONS)
def test_a_pickle_has_all_that_was_recorded(face: Face, name: str) -> None:
    execution = face.fetch_execution(name)
    face.sync(execution, sync_nodes=True)
    assert differences(seen(pickle.loads(pickle.dumps(execution))), plain.right(name)) == []


@pytest.mark.parametrize("name", EXECUTIONS)
def test_what_is_finished_is_asked_for_once(server: RecordedServer, face: Face, name: str) -> None:
    execution = face.fetch_execution(name)
    face.sync(execution, sync_nodes=True)
    server.calls.clear()
    face.sync(execution, sync_nodes=True)
    assert server.counts() == {}


@pytest.mark.parametrize("data", [True, False])
@pytest.mark.parametrize("name", EXECUTIONS)
def test_trees_tell_what_every_node_is(
    server: RecordedServer, remote: FlyteRemote, name: str, data: bool
) -> None:
    execution = remote.fetch_execution(name).sync(sync_nodes=True, data=data)
    server.calls.clear()
    made = execution.tree().root
    assert [each.id for each in made.walk() if each.kind == "unknown"] == []
    assert server.counts() == {}


@pytest.mark.parametrize("name", TIMELINES)
def test_data_that_come_as_links_alone_are_the_same(
    server: RecordedServer, remote: FlyteRemote, name: str
) -> None:
    server.inlines = False
    execution = remote.fetch_execution(name).sync(sync_nodes=True)
    assert server.fetched == []
    assert differences(seen(execution), plain.right(name)) == []
    assert server.fetched != []


@pytest.mark.parametrize("name", EXECUTIONS)
def test_the_command_prints_what_was_recorded(flytebind: Run, name: str) -> None:
    right = plain.right(name)
    got = flytebind("execution", "get", name, "--json")
    assert got.code == 0, got.err
    assert got.json["closure"]["phase"] == right["phase"]
    error = got.json["closure"].get("error")
    assert (None if error is None else [error.get("code", ""), error["message"]]) == right["error"]
    tree = flytebind("execution", "tree", name, "--json")
    assert tree.code == 0, tree.err
    assert differences(_branch(tree.json), _right_branch(right, plain.written()[name])) == []
    outputs = flytebind("execution", "outputs", name, "--json")
    if right["phase"] != "SUCCEEDED":
        assert outputs.code != 0
        assert "has no outputs" in outputs.err
    elif any(
        "offloaded" in value for value in right["outputs"].values() if isinstance(value, dict)
    ):
        assert outputs.code != 0  # nobody recorded what lies there
    else:
        assert differences(_unwrapped(outputs.json), _unwrapped(right["outputs"])) == []


@pytest.mark.parametrize("name", EXECUTIONS)
def test_the_command_shows_people_what_was_recorded(flytebind: Run, name: str) -> None:
    right = plain.right(name)
    got = flytebind("execution", "get", name)
    assert f"phase         {right['phase']}\n" in got.out
    if right["error"] is not None:
        code, message = right["error"]
        assert f"\nerror         {_in_brief(code, message)}\n" in got.out
    assert "Trace:" not in got.out
    tree = flytebind("execution", "tree", name)
    assert tree.code == 0, tree.err
    assert "problem" not in tree.out
    assert "unknown" not in tree.out
    below = tree.out.partition("\n\n")[0].split("\n")[1:]
    shown = [line.split()[1] for line in below if line.startswith(("├", "└"))]
    assert sorted(shown) == sorted(id for id in right["nodes"] if not id.endswith(_BOUNDARIES))


_BOUNDARIES = ("start-node", "end-node")


def _unwrapped(value: Any) -> Any:
    """Without what tells times, URIs and odd numbers from text: the command prints texts."""
    if isinstance(value, dict):
        for wrapper in ("datetime", "seconds", "blob", "uri"):
            if wrapper in value:
                return value[wrapper]
        if "float" in value:
            return {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}[value["float"]]
        return {key: _unwrapped(item) for key, item in value.items()}
    return [_unwrapped(item) for item in value] if isinstance(value, list) else value


def _branch(tree: dict[str, Any]) -> dict[str, Any]:
    """An execution or a node, as the command's JSON tells it."""
    assert tree["problem"] == ""
    assert tree["kind"] != "unknown"
    error = tree["error"]
    return {
        "phase": tree["phase"],
        "attempts": tree["attempts"],
        "error": None if error is None else [error.get("code", ""), error["message"]],
        "cached": tree["cached"],
        "logs": [log["uri"] for log in tree["logs"]],
        "children": {child["id"].split("/")[-1]: _branch(child) for child in tree["children"]},
    }


def _in_brief(code: str, message: str) -> str:
    """What flytekit has written last, below its traceback; or else the first line."""
    last = message.split("\nMessage:\n")[-1].strip()
    prefix = re.match(r"\[(\d+)\]: |\[(\d+/\d+)\] currentAttempt done. Last Error: USER::", message)
    where = "" if prefix is None else f"[{prefix[1]}]: " if prefix[1] else f"{prefix[2]} attempts: "
    said = last.removeprefix("" if prefix is None else prefix[0])
    return first_line(f"{code}: {where}{said}".removeprefix(": "), limit=None)


def _right_branch(right: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    nodes = {
        id: _right_branch(node, written["nodes"][id])
        for id, node in right["nodes"].items()
        if not plain.is_boundary(written["nodes"][id])
    }
    launched = {
        id: _right_branch(each, written["executions"][id])
        for id, each in right.get("executions", {}).items()
    }
    items = {
        f"[{item['index']}]": {
            **{key: item[key] for key in ("phase", "attempts", "logs")},
            "error": None,
            "cached": False,
            "children": {},
        }
        for item in right.get("items", ())
        if not nodes
    }
    attempts = written.get("attempts", ())
    return {
        "phase": right["phase"],
        "attempts": len(attempts),
        "error": right["error"],
        "cached": written.get("cached", False),
        "logs": attempts[-1]["logs"] if attempts else [],
        "children": {**nodes, **launched, **items},
    }
