"""Recorded runs are followed to their end, by both faces, whatever becomes of connections."""

from __future__ import annotations

import threading
import time

import grpc
import pytest

from flytebind.remote import FlyteNotFoundError, FlyteTimeout
from flytebind.runs import Flyte2Remote, FlyteRun, _watching
from flytebind.v2.models.common.phase import ActionPhase
from tests.remote.conftest import Face
from tests.runs.conftest import DOMAIN, PROJECT
from tests.runs.recordings import TIMELINES, Answer, Question, head
from tests.runs.server import RecordedServer

ENDED = [name for name in TIMELINES if "ended" in head("timelines", name)]


def phase(run: FlyteRun) -> str:
    """Its name, as recordings have it."""
    return f"ACTION_PHASE_{run.phase.name.removeprefix('ACTION_PHASE_')}"


@pytest.mark.parametrize("name", ENDED)
def test_wait_follows_a_recorded_run_to_its_end(
    name: str, face: Face, server: RecordedServer
) -> None:
    run = face.fetch_run(server.play(name))
    assert not run.is_done
    assert face.wait(run, 20) is run
    assert phase(run) == head("timelines", name)["ended"]
    assert run.actions
    assert all(each.is_done for each in run.actions.values())
    # The stream ends with the last attempt, and the run a moment later; nothing is polled.
    assert server.counts()["WatchActionDetails"] <= 3
    assert server.counts()["GetRunDetails"] == 2


@pytest.mark.parametrize("name", ENDED)
def test_watch_tells_every_phase_of_a_recorded_run_once_and_ends_with_it(
    name: str, face: Face, server: RecordedServer
) -> None:
    run = face.fetch_run(server.play(name))
    changes = face.watch(run, 20)
    assert phase(run) == head("timelines", name)["ended"]
    assert changes[-1].action is None
    assert changes[-1].phase is run.phase
    last: dict[str | None, ActionPhase] = {}
    for change in changes:
        key = change.action and change.action.name
        assert change.before is last.get(key)
        assert change.phase is not change.before
        last[key] = change.phase
    assert set(last) == {None, *run.actions} - {"a0"}
    assert all(run.actions[name].phase is phase for name, phase in last.items() if name)


def test_a_stream_that_ends_without_the_run_is_opened_again(
    face: Face, server: RecordedServer
) -> None:
    run = face.fetch_run(server.play("simple", 0.2))
    timeline = server.hide_timeline()
    codes = [grpc.StatusCode.INTERNAL, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.OK]

    def cut_short(question: Question) -> Answer:
        if not codes:
            server.timeline = timeline
        code = codes.pop() if codes else grpc.StatusCode.OK
        return Answer(code, (timeline.streamed[question][0][1],), "cut short")

    server.instead["WatchActionDetails"] = cut_short
    assert face.wait(run, 20).is_successful
    assert server.counts()["WatchActionDetails"] == 4


def test_wait_survives_a_server_that_is_killed_and_comes_back() -> None:
    with RecordedServer() as server:
        config = server.config
        with Flyte2Remote(config, PROJECT, DOMAIN) as remote:
            run = remote.fetch_run(server.play("traced", 1.5))

            def die_and_come_back() -> None:
                time.sleep(0.3)
                server.stop()
                time.sleep(0.5)
                server.start(config.endpoint)

            killer = threading.Thread(target=die_and_come_back)
            killer.start()
            assert run.wait(20).is_successful
            killer.join()
            assert server.counts()["WatchActionDetails"] > 1


def test_a_connection_that_says_nothing_is_replaced(
    server: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_watching, "STREAM", 0.2)
    with Flyte2Remote(server.config, PROJECT, DOMAIN) as remote:
        run = remote.fetch_run(server.play("simple", 0.1))
        timeline = server.hide_timeline()
        mute = [True]

        def say_nothing_at_first(question: Question) -> Answer:
            if mute and mute.pop():
                time.sleep(0.5)
            else:
                server.timeline = timeline
            return Answer(grpc.StatusCode.OK, ())

        server.instead["WatchActionDetails"] = say_nothing_at_first
        channel = remote._session.connection._channel
        assert run.wait(20).is_successful
        assert remote._session.connection._channel is not channel


def test_a_connection_that_says_nothing_until_nobody_waits_any_more_is_replaced(
    server: RecordedServer,
) -> None:
    over = threading.Event()

    def say_nothing(question: Question) -> Answer:
        over.wait(30)
        return Answer(grpc.StatusCode.OK, ())

    with Flyte2Remote(server.config, PROJECT, DOMAIN) as remote:
        run = remote.fetch_run(server.play("simple", 60))
        server.hide_timeline()
        server.instead["WatchActionDetails"] = say_nothing
        channel = remote._session.connection._channel
        with pytest.raises(FlyteTimeout):
            run.wait(0.6)
        over.set()
        assert remote._session.connection._channel is not channel


def test_a_wait_ends_when_its_time_is_up(face: Face, server: RecordedServer) -> None:
    run = face.fetch_run(server.play("simple", 60))
    with pytest.raises(
        FlyteTimeout, match=r"run flytesnacks/development/tl-simple is still QUEUED"
    ):
        face.wait(run, 0.1)
    with pytest.raises(FlyteTimeout):
        face.watch(run, 0.1)


def test_a_wait_for_what_is_not_there_ends_at_once(face: Face, server: RecordedServer) -> None:
    run = face.fetch_run(server.play("simple", 60))
    server.timeline = None
    server.instead["WatchActionDetails"] = Answer(grpc.StatusCode.NOT_FOUND, (), "action not found")
    with pytest.raises(FlyteNotFoundError, match="action not found"):
        face.wait(run, 20)


@pytest.mark.parametrize(("verb", "options"), [("wait", {"progress": True}), ("watch", {})])
def test_watching_all_of_what_is_not_there_ends_at_once(
    verb: str, options: dict[str, bool], face: Face, server: RecordedServer
) -> None:
    run = face.fetch_run(server.play("simple", 60))
    server.timeline = None
    server.instead["GetRunDetails"] = Answer(grpc.StatusCode.NOT_FOUND, (), "run not found")
    server.instead["WatchActions"] = Answer(None, ())  # which goes on, and says nothing
    with pytest.raises(FlyteNotFoundError, match="run not found"):
        getattr(face, verb)(run, 20, **options)
