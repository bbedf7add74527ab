"""Runs are shown as executions are: all recorded ones, as trees, timelines and cards."""

from __future__ import annotations

import json
from html import unescape

import pytest

from flytebind.looks import Row, Work, card, timeline, tree
from flytebind.runs import Flyte2Remote, FlyteRun
from flytebind.runs._names import ROOT
from tests.runs.recordings import RUNS, expected


@pytest.fixture(params=RUNS)
def run(request: pytest.FixtureRequest, remote: Flyte2Remote) -> FlyteRun:
    """Each recorded run, with its actions."""
    kind: str = request.param
    return remote.fetch_run(expected()[kind]["run"]).sync(actions=True)


def rows(run: FlyteRun) -> list[Row]:
    """All rows below that of the run but for those of groups."""
    return [row for row in run.snapshot().walk() if row.kind not in ("run", "group")]


def test_each_action_has_one_row_below_what_started_it(run: FlyteRun) -> None:
    assert {row.name: row.phase for row in rows(run)} == {
        name: action.phase.name for name, action in run.actions.items() if name != ROOT
    }
    assert len(rows(run)) == len(run.actions) - 1
    for row in run.snapshot().walk():
        if row.kind == "group":
            continue
        for child in row.children:
            for each in child.children if child.kind == "group" else [child]:
                started_by = run.actions[each.name].parent
                assert started_by == (ROOT if row.kind == "run" else row.name)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_trees_and_timelines_fit_their_width_and_name_every_action(
    run: FlyteRun, width: int
) -> None:
    for text in (run.tree().text(width=width), run.timeline().text(width=width)):
        lines = [line for line in text.splitlines() if "://" not in line]  # never broken
        assert max(map(len, lines)) <= width
        assert run.snapshot().phase in text
        assert all(row.name[:8] in text for row in rows(run))


def test_a_row_has_the_times_and_attempts_of_its_run(run: FlyteRun) -> None:
    row = run.snapshot()
    assert (row.time, row.started_at, row.ended_at) == (run.duration, run.started_at, run.ended_at)
    assert row.attempts == len(run.attempts)
    assert (row.error is None) is (run.error is None)
    for span in row.spans:
        assert span.end is None or span.start <= span.end


def test_a_card_tells_what_matters(run: FlyteRun) -> None:
    page = run.card().html()
    assert run.name in page
    assert run.phase.name in page
    assert run._repr_html_().count(run.name)
    if run.error is not None:
        assert run.error.message.splitlines()[0][:20] in unescape(page)


def test_all_of_it_is_json(run: FlyteRun) -> None:
    assert json.loads(json.dumps(run.tree().to_dict()))["id"].endswith(run.name)
    assert json.loads(json.dumps(run.timeline().to_dict()))["lanes"]


def test_actions_of_a_group_share_a_row(remote: Flyte2Remote) -> None:
    run = remote.fetch_run(expected()["map_20"]["run"]).sync(actions=True)
    [group] = run.snapshot().children
    assert (group.kind, group.name, group.phase) == ("group", "rec.square_map", "SUCCEEDED")
    assert group.items == (20, 20)
    assert len(group.children) == 20


def test_traces_and_conditions_say_what_they_are(remote: Flyte2Remote) -> None:
    traced = remote.fetch_run(expected()["traced"]["run"]).sync(actions=True)
    assert [(row.kind, row.what) for row in rows(traced)] == [("trace", "step")] * 2
    paused = remote.fetch_run(expected()["condition_bool"]["run"]).sync(actions=True)
    assert [(row.kind, row.what) for row in rows(paused)] == [("condition", "signal approval")]


def test_a_run_is_work_as_an_execution_is(remote: Flyte2Remote) -> None:
    work: Work = remote.fetch_run(expected()["simple"]["run"])
    assert work.wait(5).is_successful
    assert work.outputs["o0"] == 9
    assert work.duration is not None
    assert tree(work).text().startswith(f"flytesnacks/development/{work.name}")
    assert work.name in timeline(work).text()
    assert work.name in card(work).html()
