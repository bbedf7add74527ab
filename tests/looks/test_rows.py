"""Rows: all that is shown of an execution, as data."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from flytebind.looks import ExecutionSnapshot, NodeSnapshot, tree
from flytebind.looks._rows import Row, row_of
from flytebind.models.admin.execution import Execution
from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.workflow import Node

ID = {"project": "p", "domain": "d", "name": "f7"}


def node(id: str, phase: str = "SUCCEEDED", spec: Any = None, **closure: Any) -> NodeSnapshot:
    model = NodeExecution.from_dict(
        {
            "id": {"executionId": ID, "nodeId": id},
            "metadata": {"specNodeId": id},
            "closure": {"phase": phase, **closure},
        }
    )
    return NodeSnapshot(model, spec=None if spec is None else Node.from_dict(spec))


def rows(*nodes: NodeSnapshot, phase: str = "SUCCEEDED") -> Row:
    model = Execution.from_dict({"id": ID, "closure": {"phase": phase}})
    return row_of(ExecutionSnapshot(model, nodes))


def attempt(number: int, phase: str, start: int, seconds: int) -> TaskExecution:
    return TaskExecution.from_dict(
        {
            "id": {"retryAttempt": number, "taskId": {"name": "flows.double"}},
            "closure": {
                "phase": phase,
                "startedAt": f"2026-01-01T00:00:{start:02}Z",
                "duration": f"{seconds}s",
            },
        }
    )


def test_nodes_stand_in_the_order_of_their_workflow_or_else_of_their_names() -> None:
    named = [node(id) for id in ("n10", "b", "n2", "start-node")]
    assert [row.name for row in rows(*named).children] == ["b", "n2", "n10"]
    placed = [
        NodeSnapshot(each.model, place=place)
        for each, place in zip(named, (3, None, 4, 0), strict=True)
    ]
    assert [row.name for row in rows(*placed).children] == ["n10", "n2", "b"]


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ({"taskNode": {"referenceId": {"name": "flows.double"}}}, "flows.double"),
        ({"workflowNode": {"launchplanRef": {"name": "daily"}}}, "daily"),
        ({"workflowNode": {"subWorkflowRef": {"name": "flows.sub"}}}, "flows.sub"),
        (
            {
                "arrayNode": {
                    "node": {
                        "taskNode": {
                            "referenceId": {"name": f"flows.map_double_{'0a' * 16}-arraynode"}
                        }
                    }
                }
            },
            "flows.map_double",
        ),
        ({"gateNode": {"signal": {"signalId": "rows"}}}, "signal rows"),
        ({"gateNode": {"approve": {"signalId": "good"}}}, "approval good"),
        ({"gateNode": {"sleep": {"duration": "90s"}}}, "sleep 1 m 30 s"),
        ({"branchNode": {}}, ""),
        (None, ""),
    ],
)
def test_a_row_says_what_its_node_runs_or_waits_for(spec: Any, what: str) -> None:
    (row,) = rows(node("n0", spec=spec)).children
    assert row.what == what


def test_spans_are_the_queue_and_each_attempt() -> None:
    model = node(
        "n0",
        createdAt="2026-01-01T00:00:00Z",
        startedAt="2026-01-01T00:00:02Z",
        duration="9s",
    ).model
    tries = (attempt(0, "RETRYABLE_FAILED", 2, 3), attempt(1, "SUCCEEDED", 7, 4))
    (row,) = rows(NodeSnapshot(model, tries)).children
    begun = model.closure.created_at
    assert begun is not None
    assert [
        (span.name, span.phase, (span.start - begun).seconds, (span.end - span.start).seconds)
        for span in row.spans
        if span.end is not None
    ] == [
        ("queued", "QUEUED", 0, 2),
        ("attempt 1", "RETRYABLE_FAILED", 2, 3),
        ("attempt 2", "SUCCEEDED", 7, 4),
    ]
    assert row.what == "flows.double"
    assert row.time == timedelta(seconds=9)


def test_what_goes_on_has_no_end() -> None:
    (row,) = rows(node("n0", "RUNNING", startedAt="2026-01-01T00:00:02Z"), phase="RUNNING").children
    (span,) = row.spans
    assert (span.name, span.end, row.ended_at) == ("running", None, None)


@pytest.mark.parametrize(
    ("status", "words"),
    [("CACHE_HIT", "cached"), ("CACHE_POPULATED", "put into cache"), ("CACHE_DISABLED", "")],
)
def test_what_became_of_the_cache_is_told(status: str, words: str) -> None:
    cached = node("n0", taskNodeMetadata={"cacheStatus": status})
    snapshot = ExecutionSnapshot(Execution.from_dict({"id": ID}), (cached,))
    last = tree(snapshot).text().split("\n")[-1]
    assert last.partition("SUCCEEDED")[2].strip() == words


def test_json_has_all_of_an_error_and_every_node() -> None:
    trace = "Trace:\n\n" + "    frame\n" * 1000 + "\nMessage:\n\n    ValueError: boo"
    nodes = [
        node(f"n{number}", "FAILED", error={"code": "X", "message": trace}) for number in range(50)
    ]
    made = json.loads(json.dumps(rows(*nodes, phase="FAILED").to_dict()))
    assert [child["id"] for child in made["children"]] == [f"p/d/f7/n{n}" for n in range(50)]
    assert {child["error"]["message"] for child in made["children"]} == {trace}
