"""What is shown of a run while somebody waits for it."""

from __future__ import annotations

import pytest

from flytebind.runs import FlyteAction, FlyteRun
from tests.remote.conftest import Face
from tests.runs.server import RecordedServer


def test_a_function_is_called_whenever_something_has_come_and_when_all_of_it_is_here(
    face: Face, server: RecordedServer
) -> None:
    run = face.fetch_run(server.play("parent"))
    seen: list[tuple[FlyteRun, str, int]] = []
    face.wait(run, 20, progress=lambda run: seen.append((run, run.phase.name, len(run.actions))))
    assert all(each is run for each, _, _ in seen)
    phases = [phase for _, phase, _ in seen]
    assert {"RUNNING", "SUCCEEDED"} <= set(phases)
    assert phases[-2:] == ["SUCCEEDED", "SUCCEEDED"]
    # It asks for no more than a wait of which nothing is shown.
    assert [count for _, _, count in seen] == [0] * (len(seen) - 1) + [len(run.actions)]


def test_a_run_is_shown_with_its_actions(
    face: Face, server: RecordedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    run = face.fetch_run(server.play("parent"))
    assert face.wait(run, 20, progress=True) is run
    out, err = capsys.readouterr()
    assert out == ""
    name, *lines = [line.removeprefix(f"{run.name}: ") for line in err.splitlines()]
    assert name == run.url
    assert any(line.startswith("RUNNING, ") and " actions done" in line for line in lines), err
    assert lines[-1].startswith("SUCCEEDED, ")
    assert "WatchActionDetails" not in server.counts()


def test_an_action_is_shown_by_itself(
    face: Face, server: RecordedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    action = FlyteAction(face.fetch_run(server.play("simple")).loaded.details)
    assert face.wait(action, 20, progress=True) is action
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("a0: SUCCEEDED")


def test_nothing_is_shown_where_nobody_looks_nor_of_what_is_done(
    face: Face, server: RecordedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    run = face.fetch_run(server.play("simple"))
    face.wait(run, 20)
    face.wait(run, 20, progress=True)
    assert capsys.readouterr() == ("", "")


def test_what_a_function_raises_ends_the_wait(face: Face, server: RecordedServer) -> None:
    def enough(run: FlyteRun) -> None:
        raise RuntimeError("enough")

    run = face.fetch_run(server.play("simple", 60))
    with pytest.raises(RuntimeError, match="enough"):
        face.wait(run, 20, progress=enough)
