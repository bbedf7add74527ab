"""What a screen shows of an execution that goes on, whatever its size."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from flytebind.looks._rows import Row
from flytebind.looks._screen import screen
from flytebind.looks._status import Status

BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)
STATUS = Status("f7", "RUNNING", "3 of 9 nodes done", "http://flyte.example/f7", timedelta(), False)


def row(name: str, phase: str, *children: Row, seconds: int = 1, kind: str = "task") -> Row:
    return Row(
        f"p/d/f7/{name}",
        name,
        kind,
        phase,
        waits_for="flows.step",
        ended_at=BEGAN + timedelta(seconds=seconds) if phase == "SUCCEEDED" else None,
        time=timedelta(seconds=seconds),
        children=children,
    )


def execution(*nodes: Row) -> Row:
    return Row("p/d/f7", "f7", "execution", "RUNNING", time=timedelta(seconds=9), children=nodes)


LARGE = execution(
    row("n0", "SUCCEEDED", seconds=1),
    row("n1", "SUCCEEDED", seconds=3),
    row("n2", "SUCCEEDED", seconds=2),
    row(
        "n3",
        "DYNAMIC_RUNNING",
        *(row(f"n{number}", "SUCCEEDED", seconds=4) for number in range(50)),
        row("n50", "RUNNING"),
        kind="dynamic",
    ),
    row("n4", "FAILED"),
    *(row(f"n{number}", "QUEUED") for number in range(5, 9)),
)


def seen(root: Row, width: int, height: int, gone_by: int = 0, status: Status = STATUS) -> str:
    lines = screen(
        root, status, timedelta(seconds=gone_by), width, height, mark="*", ascii_only=True
    )
    return "\n".join("".join(cell.text for cell in line).rstrip() for line in lines)


def test_all_is_shown_in_the_order_of_the_workflow_where_there_is_room() -> None:
    root = execution(row("n0", "SUCCEEDED"), row("n1", "RUNNING"), row("n2", "QUEUED"))
    assert seen(root, 60, 7) == (
        "* p/d/f7  RUNNING  9.0 s\n"
        "  3 of 9 nodes done  http://flyte.example/f7\n"
        "|-- n0  task  flows.step  SUCCEEDED  1.0 s\n"
        "|-- n1  task  flows.step  RUNNING    1.0 s\n"
        "`-- n2  task  flows.step  QUEUED     1.0 s"
    )


def test_what_runs_stands_on_top_where_not_all_has_room_then_failures_then_what_waits() -> None:
    assert seen(LARGE, 80, 13) == (
        "* p/d/f7  RUNNING  9.0 s\n"
        "  3 of 9 nodes done  http://flyte.example/f7\n"
        "|-- n3       dynamic  flows.step  DYNAMIC_RUNNING  1.0 s\n"
        "|   |-- n50  task     flows.step  RUNNING          1.0 s\n"
        "|   |-- n0   task     flows.step  SUCCEEDED        4.0 s\n"
        "|   `-- n1   task     flows.step  SUCCEEDED        4.0 s\n"
        "|-- n4       task     flows.step  FAILED           1.0 s\n"
        "|-- n5       task     flows.step  QUEUED           1.0 s\n"
        "|-- n6       task     flows.step  QUEUED           1.0 s\n"
        "|-- n7       task     flows.step  QUEUED           1.0 s\n"
        "|-- n8       task     flows.step  QUEUED           1.0 s\n"
        "`-- ... 51 more: 51 SUCCEEDED"
    )


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("height", [*range(1, 30), 100])
def test_no_screen_is_too_small_and_what_runs_is_the_last_to_go(width: int, height: int) -> None:
    shown = seen(LARGE, width, height).split("\n")
    assert len(shown) <= max(height - 1, 1)
    assert max(map(len, shown)) <= width
    assert shown[0].startswith("* p/d/f7")
    if height > 5:
        assert [line for line in shown if "n50" in line and "RUNNING" in line]
    if 5 < height < 60:
        assert "DYNAMIC_RUNNING" in shown[2]


def test_the_time_of_what_goes_on_goes_on_between_two_answers() -> None:
    root = execution(row("n0", "SUCCEEDED"), row("n1", "RUNNING"))
    times = [line.split()[-2] for line in seen(root, 60, 24, gone_by=20).split("\n")]
    assert [times[0], *times[2:]] == ["29", "1.0", "21"]


def test_an_address_that_has_no_room_is_not_cut_but_behind_the_name() -> None:
    long = Status("f7", "RUNNING", "", f"http://flyte.example/{'x' * 60}", timedelta(), False)
    (line,) = screen(
        replace(execution(), url=long.url), long, timedelta(), 60, 24, mark="*", ascii_only=True
    )
    assert [cell.link for cell in line if cell.text == "p/d/f7"] == [long.url]
