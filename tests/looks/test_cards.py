"""Cards and tables: what they say, and that nothing in them is run, followed or asked for."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from flytebind.looks import (
    Card,
    ExecutionList,
    ExecutionSnapshot,
    NodeMapping,
    NodeSnapshot,
    card,
    timeline,
    tree,
)
from flytebind.looks._markup import element, link, text
from flytebind.looks._status import Status
from flytebind.models.admin.execution import Execution
from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.literals import Literal
from tests.support.markup import Page

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</style></pre></svg><!-- ]]>",
    "\x1b]8;;https://evil.example\x07\x9b31m\u202eevil\x00",
    "&lt;b&gt; &amp;",
]
ID = {"project": "p", "domain": "d"}


def execution(name: str = "f7", phase: str = "SUCCEEDED", **closure: object) -> Execution:
    times = {"createdAt": "2026-01-01T00:00:00Z", "startedAt": "2026-01-01T00:00:01Z"}
    return Execution.from_dict(
        {
            "id": {**ID, "name": name},
            "spec": {"launchPlan": {"name": "flows.wf"}, "metadata": {"principal": "ada"}},
            "closure": {"phase": phase, "duration": "9s", **times, **closure},
        }
    )


def node(id: str, phase: str = "SUCCEEDED", logs: str = "", **closure: object) -> NodeSnapshot:
    model = NodeExecution.from_dict(
        {
            "id": {"executionId": {**ID, "name": "f7"}, "nodeId": id},
            "metadata": {"specNodeId": id},
            "closure": {
                "phase": phase,
                "startedAt": "2026-01-01T00:00:02Z",
                "duration": "3s",
                **closure,
            },
        }
    )
    attempt = TaskExecution.from_dict(
        {
            "id": {"taskId": {"name": f"task {id}"}},
            "closure": {"phase": phase, "logs": [{"name": f"logs {id}", "uri": logs}]},
        }
    )
    return NodeSnapshot(model, (attempt,))


def shown(made: Card) -> Page:
    assert Page(made.html()).text[1:] == Page(made._repr_html_()).text
    return Page(made.html())


def test_a_card_tells_all_that_matters() -> None:
    error = {
        "code": "USER:ValueError",
        "message": "Trace:\n\n    frames\n\nMessage:\n\n    no rows",
    }
    nodes = (node("n0"), node("n1", "FAILED", "https://logs.example/n1", error=error))
    model = execution(phase="FAILED", error=error)
    snapshot = ExecutionSnapshot(model, nodes, url="https://console.example/f7")
    inputs = {"rows": Literal.from_dict({"scalar": {"primitive": {"integer": "3"}}})}
    page = shown(card(snapshot, inputs, "the outputs are gone"))
    said = "\n".join(page.text)
    for words in (
        "p/d/\nf7\nFAILED\n8.0 s".replace("8.0", "9.0"),
        "flows.wf",
        "ada",
        "2026-01-01 00:00:00Z",
        "Failed first: node n1 (task n1)\nUSER:ValueError: no rows\ntraceback\nframes",
        "Inputs\nrows\n3",
        "Outputs\nthe outputs are gone",
        "n0\ntask n0",
        "n1\ntask n1",
    ):
        assert words in said
    assert page.links == [
        "https://console.example/f7",
        "https://logs.example/n1",
        "https://logs.example/n1",
    ]
    assert any("attempt" in title or "running" in title for title in page.titles)


def test_an_error_is_told_once_and_whole() -> None:
    message = "first\n" + "x" * 100_000
    error = {"code": "X", "message": message}
    snapshot = ExecutionSnapshot(
        execution(phase="FAILED", error=error), (node("n0", "FAILED", error=error),)
    )
    made = card(snapshot).html()
    assert made.count("x" * 100_000) == 1
    assert made.count("X: first") == 1


def test_what_has_not_been_loaded_is_said_and_not_made_up() -> None:
    said = "\n".join(shown(card(ExecutionSnapshot(execution()))).text)
    assert "Nodes have not been loaded" in said
    assert "Inputs" not in said


@pytest.mark.parametrize("field", ["created_at", "started_at", "updated_at", "duration"])
@pytest.mark.parametrize("seconds", [2**60, -(2**60), 2**38, -62135596800])
def test_times_that_nobody_can_tell_hide_nothing_else(field: str, seconds: int) -> None:
    pb, part = execution(phase="FAILED").to_pb(), node("n0", "FAILED").model.to_pb()
    for closure in (pb.closure, part.closure):
        closure.started_at.seconds = 5
        getattr(closure, field).seconds = seconds
    nodes = (NodeSnapshot(NodeExecution.from_pb(part)),)
    snapshot = ExecutionSnapshot(Execution.from_pb(pb), nodes)
    assert "n0" in shown(card(snapshot)).text
    assert "n0" in timeline(snapshot).text()
    assert "n0" in timeline(snapshot).svg()
    assert "f7" in str(tree(snapshot))
    assert Status.of(snapshot).phase == "FAILED"


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_texts_stay_text(evil: str) -> None:
    error = {"code": evil, "message": f"{evil}\n{evil}"}
    bad = node(evil, "FAILED", f"https://x/{evil}", error=error)
    snapshot = ExecutionSnapshot(
        execution(evil, "FAILED", error=error), (bad,), url=f"javascript:{evil}"
    )
    made = card(
        snapshot,
        {evil: Literal.from_dict({"scalar": {"primitive": {"stringValue": evil}}})},
        evil,
    )
    for page in (shown(made), Page(ExecutionList([Held(snapshot)])._repr_html_())):
        assert not [each for each in "".join(page.text) if not (each.isprintable() or each == "\n")]
        assert all(each.startswith("https://x/") for each in page.links)
        visible = "".join(each if each.isprintable() else repr(each)[1:-1] for each in evil)
        assert visible in "\n".join(page.text)


class Held:
    """What hands over a snapshot."""

    def __init__(self, snapshot: ExecutionSnapshot) -> None:
        self._snapshot = snapshot

    def snapshot(self) -> ExecutionSnapshot:
        return self._snapshot


class HeldNode:
    """What hands over a snapshot of a node."""

    def __init__(self, snapshot: NodeSnapshot) -> None:
        self._snapshot = snapshot

    def snapshot(self) -> NodeSnapshot:
        return self._snapshot


def test_a_list_prints_as_a_table_and_gives_plain_rows() -> None:
    error = {"code": "X", "message": "boo"}
    models = [execution("f1"), execution("f2", "FAILED", error=error)]
    made = ExecutionList(
        [Held(ExecutionSnapshot(each, url=f"https://c.example/{each.id.name}")) for each in models]
    )
    assert repr(made).split("\n") == [
        "EXECUTION  PHASE      CREATED               TIME   LAUNCH PLAN  ERROR",
        "f1         SUCCEEDED  2026-01-01 00:00:00Z  9.0 s  flows.wf",
        "f2         FAILED     2026-01-01 00:00:00Z  9.0 s  flows.wf     X",
    ]
    page = Page(made._repr_html_())
    assert page.links == ["https://c.example/f1", "https://c.example/f2"]
    assert [text for text in page.text if text in ("SUCCEEDED", "FAILED")] == [
        "SUCCEEDED",
        "FAILED",
    ]
    assert [row.id for row in made.rows()] == ["p/d/f1", "p/d/f2"]
    assert made.to_dicts()[1] == {
        "id": "p/d/f2",
        "name": "f2",
        "kind": "execution",
        "phase": "FAILED",
        "what": "flows.wf",
        "created_at": datetime(2026, 1, 1, tzinfo=timezone.utc),
        "started_at": datetime(2026, 1, 1, 0, 0, 1, tzinfo=timezone.utc),
        "ended_at": datetime(2026, 1, 1, 0, 0, 10, tzinfo=timezone.utc),
        "seconds": 9.0,
        "attempts": 0,
        "cached": False,
        "error": "X: boo",
        "url": "https://c.example/f2",
    }


def test_long_lists_are_cut_where_they_are_shown_and_nowhere_else() -> None:
    made = ExecutionList([Held(ExecutionSnapshot(execution(f"f{each}"))) for each in range(250)])
    assert repr(made).split("\n")[-1] == "... 150 more"
    assert "… 150 more" in Page(made._repr_html_()).text
    assert len(made.to_dicts()) == 250


def test_a_part_of_a_list_is_one() -> None:
    made = ExecutionList([Held(ExecutionSnapshot(execution(f"f{each}"))) for each in range(5)])
    assert [row.name for row in made[1:3].rows()] == ["f1", "f2"]
    assert made[-1] is made[4]


def test_nothing_is_a_table_too() -> None:
    assert repr(ExecutionList[Held]()) == "[]"
    assert repr(NodeMapping[HeldNode]()) == "{}"
    assert Page(ExecutionList[Held]()._repr_html_()).text[-1] == "There are none."


def test_nodes_are_a_table_without_starts_and_ends() -> None:
    names = ("end-node", "n10", "n2", "start-node")
    made = NodeMapping({name: HeldNode(node(name)) for name in names})
    assert len(made) == 4
    assert [row["name"] for row in made.to_dicts()] == ["n2", "n10"]
    assert repr(made).split("\n")[1].split() == [
        "n2", "task", "task", "n2", "SUCCEEDED", "2026-01-01", "00:00:02Z", "3.0", "s",
    ]  # fmt: skip
    assert "n10" in Page(made._repr_html_()).text


def test_only_what_may_be_followed_is_a_link() -> None:
    assert "href" not in link("javascript:alert(1)", "x")
    assert element("a", "x", href="javascript:alert(1)") == '<a href="#">x</a>'
    assert Page(link("https://x/?a=1&b='\"", "x")).links == ["https://x/?a=1&b='\""]


def test_html_is_escaped_once() -> None:
    assert element("p", text("<b>"), "&", None, hidden=True) == "<p hidden>&lt;b&gt;&amp;</p>"
