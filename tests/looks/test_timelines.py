"""Timelines: what bars say, how long ones fold, and how they are drawn."""

from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree

import pytest

from flytebind.looks import Row, Span, Timeline
from flytebind.looks._chart import Fold, chart_of, ticks
from flytebind.models.core.metrics import Span as Measured
from tests.support.markup import Page

BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)


def after(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def task(name: str, *times: float, phase: str = "SUCCEEDED") -> Row:
    """A node that was created, started, whose attempt began and ended, and that ended."""
    created, started, began, ended, end = times
    return Row(
        f"p/d/f7/{name}",
        name,
        "task",
        phase,
        created_at=after(created),
        started_at=after(started),
        ended_at=after(end),
        time=timedelta(seconds=end - started),
        attempts=1,
        spans=(
            Span("queued", "QUEUED", after(created), after(started)),
            Span("attempt 1", phase, after(began), after(ended)),
        ),
    )


def execution(*nodes: Row, phase: str = "SUCCEEDED", end: float | None = 100) -> Row:
    ended = None if end is None else after(end)
    return Row(
        "p/d/f7",
        "f7",
        "execution",
        phase,
        created_at=BEGAN,
        started_at=BEGAN,
        ended_at=ended,
        time=None if end is None else timedelta(seconds=end),
        spans=(Span("running", phase, BEGAN, ended),),
        children=nodes,
    )


def bars(row: Row, measured: Measured | None = None) -> list[tuple[str, float, float]]:
    chart = chart_of(execution(row), measured, None)
    *_, lane = chart.root.walk()
    return [
        (bar.kind, (bar.start - BEGAN).total_seconds(), (bar.end - BEGAN).total_seconds())
        for bar in lane.bars
    ]


def test_overhead_is_what_no_attempt_accounts_for() -> None:
    assert bars(task("n0", 0, 10, 20, 80, 90)) == [
        ("queued", 0, 10),
        ("overhead", 10, 90),
        ("running", 20, 80),
    ]


@pytest.mark.parametrize(
    ("start", "end", "running"),
    [(30, 70, (30, 70)), (19, 70, (20, 70)), (30, 85, (30, 80)), (95, 99, (20, 80))],
)
def test_what_the_server_has_measured_is_nearer_to_the_task(
    start: float, end: float, running: tuple[float, float]
) -> None:
    runtime = {
        "operationId": "TASK_RUNTIME",
        "startTime": after(start).isoformat().replace("+00:00", "Z"),
        "endTime": after(end).isoformat().replace("+00:00", "Z"),
    }
    node = {"nodeId": "n0", "executionId": {"project": "p", "domain": "d", "name": "f7"}}
    span = {"taskId": {"nodeExecutionId": node}, "spans": [runtime]}
    measured = Measured.from_dict({"spans": [{"nodeId": node, "spans": [span]}]})
    assert bars(task("n0", 0, 10, 20, 80, 90), measured)[-1] == ("running", *running)


def test_what_goes_on_has_a_bar_until_now() -> None:
    node = Row(
        "p/d/f7/n0",
        "n0",
        "task",
        "RUNNING",
        started_at=after(10),
        spans=(Span("running", "RUNNING", after(10), None),),
    )
    made = Timeline(execution(node, phase="RUNNING", end=None), now=after(50))
    assert [bar.end for lane in made.chart.root.walk() for bar in lane.bars] == [after(50)] * 2


def test_an_execution_of_which_nothing_is_known_has_a_timeline() -> None:
    made = Timeline(Row("p/d/f7", "f7", "execution", "UNDEFINED"))
    assert "p/d/f7" in made.text(width=60)
    assert "p/d/f7" in made.svg()
    assert Page(made.html()).text


def test_a_line_for_each_node_shows_queue_overhead_and_run() -> None:
    row = execution(task("n0", 0, 10, 20, 80, 90), task("n1", 50, 60, 60, 100, 100, phase="FAILED"))
    assert Timeline(row).text(width=60).split("\n") == [
        "p/d/f7  SUCCEEDED  1 m 40 s",
        "                     ╷0         ╷30 s       ╷1 m",
        "execution  1 m 40 s  ───────────────────────────────────────",
        "n0         1 m 20 s  ···░░░░█████████████████████████░░░░",
        "n1             40 s                     ····▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚▚",
        "                   · queued  ░ overhead  █ running  ▚ failed",
    ]


def test_a_terminal_without_unicode_gets_ascii() -> None:
    row = execution(task("n0", 0, 10, 20, 80, 90), task("nö\x1b", 0, 0, 0, 1, 1, phase="FAILED"))
    text = Timeline(row).text(width=60, ascii_only=True)
    assert text.isascii()
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("width", [20, 60, 80, 120])
def test_no_line_is_longer_than_its_width(width: int) -> None:
    nodes = [task(f"a-rather-long-name-{each}", 0, 10, 20, 80, 90) for each in range(50)]
    made = Timeline(execution(*nodes)).text(width=width)
    assert max(map(len, made.split("\n")[1:])) <= max(width, 40)


def many(count: int = 1000) -> Row:
    return execution(
        *(
            (
                task(f"n{each}", 0, 1, 2, 3 + each % 90, 4 + each % 90, phase="FAILED")
                if each == 777
                else task(f"n{each}", 0, 1, 2, 3 + each % 90, 4 + each % 90)
            )
            for each in range(count)
        )
    )


def test_a_thousand_nodes_share_a_lane_but_for_those_that_matter() -> None:
    chart = Timeline(many()).chart
    *shown, fold = chart.root.below
    assert isinstance(fold, Fold)
    assert fold.words == "990 more: 990 SUCCEEDED"
    names = [lane.row.name for lane in chart.root.walk()][1:]
    assert len(names) == len(shown) == 10
    assert "n777" in names
    assert "n89" in names  # one that took longest
    assert max(fold.busy) == pytest.approx(990)
    assert Timeline(many()).text(width=80).count("\n") < 20


def test_where_many_failed_there_is_room_for_others() -> None:
    bad = [task(f"b{each}", 0, 1, 2, 30, 31, phase="FAILED") for each in range(100)]
    long = [task(f"n{each}", 0, 1, 2, 3, 4) for each in range(100)]
    chart = Timeline(execution(*bad, *long)).chart
    names = [lane.row.name[0] for lane in chart.root.walk()][1:]
    assert (names.count("b"), names.count("n")) == (5, 5)


def test_nested_levels_stay_readable_too() -> None:
    inner = many(30)
    nested = execution(*(
        Row(f"p/d/f7/s{each}", f"s{each}", "subworkflow", "SUCCEEDED", children=inner.children)
        for each in range(20)
    ))  # fmt: skip
    assert len(list(Timeline(nested).chart.root.walk())) <= 121


def test_data_is_whole_however_many_nodes_there_are() -> None:
    made = Timeline(many()).to_dict()
    assert isinstance(made["lanes"], list)
    assert len(made["lanes"]) == 1001
    assert made["lanes"][1]["bars"][0] == {
        "kind": "queued",
        "name": "queued",
        "phase": "QUEUED",
        "start": "2026-01-01T00:00:00+00:00",
        "end": "2026-01-01T00:00:01+00:00",
    }


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0005, ["0"]),
        (0.034, ["0", "10 ms", "20 ms", "30 ms"]),
        (2.2, ["0", "500 ms", "1 s", "1.5 s", "2 s"]),
        (12, ["0", "5 s", "10 s"]),
        (95, ["0", "30 s", "1 m", "1 m 30 s"]),
        (3900, ["0", "15 m", "30 m", "45 m", "1 h"]),
        (86400 * 3, ["0", "1 d", "2 d", "3 d"]),
        (86400 * 3000, ["0", "600 d", "1200 d", "1800 d", "2400 d", "3000 d"]),
    ],
)
def test_axes_count_in_numbers_that_people_count_in(seconds: float, words: list[str]) -> None:
    made = ticks(timedelta(seconds=seconds), 5)
    assert [tick.words for tick in made] == words
    assert [tick.place for tick in made] == sorted({tick.place for tick in made})
    assert all(0 <= tick.place <= 1 for tick in made)


def test_a_picture_is_xml_that_tells_each_bar_and_whose_labels_never_meet() -> None:
    evil = '"><script>alert(1)</script>\x00'
    row = execution(
        task("n0", 0, 10, 20, 80, 90),
        Row("p/d/f7/e", evil * 20, "task", "FAILED", started_at=after(1), ended_at=after(2)),
    )
    for width in (200, 390, 960):
        made = Timeline(row).svg(width=width)
        tree = ElementTree.fromstring(made)
        assert tree.tag == "{http://www.w3.org/2000/svg}svg"
        kinds = {each.tag.rpartition("}")[2] for each in tree.iter()}
        assert kinds == {"svg", "title", "style", "defs", "pattern", "path", "rect", "text"}
        titles = [each.text for each in tree.iter("{http://www.w3.org/2000/svg}title")]
        assert "attempt 1, SUCCEEDED: 1 m 00 s, from 2026-01-01 00:00:20Z" in titles
        spaces: dict[str, float] = {}
        for each in tree.iter("{http://www.w3.org/2000/svg}text"):
            y, x, words = each.attrib["y"], float(each.attrib["x"]), each.text or ""
            length = len(words) * 6.6
            if each.attrib.get("text-anchor") == "end":
                x -= length
            assert x >= spaces.get(y, 0), words
            spaces[y] = x + length
            assert x + length <= max(width, 320)


def test_a_page_of_its_own_stands_for_itself() -> None:
    page = Page(Timeline(many()).html())
    assert "n777" in page.text
    assert "… 990 more: 990 SUCCEEDED" in page.text
    assert any(title.startswith("attempt 1, FAILED: ") for title in page.titles)


def test_it_can_be_pickled_after_it_was_drawn() -> None:
    made = Timeline(many(3))
    text = made.text(width=80)
    assert pickle.loads(pickle.dumps(made)).text(width=80) == text
