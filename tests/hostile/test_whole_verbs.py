"""The time of a verb holds for all that it does, of either Flyte."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import grpc
import pytest
from google.protobuf.message import Message

from flytebind.remote import (
    AsyncFlyteRemote,
    CallPolicy,
    Config,
    FlyteCallError,
    FlyteExecutionTimeout,
    FlyteRemote,
    FlyteTimeout,
)
from flytebind.runs import AsyncFlyte2Remote, Flyte2Remote, FlyteRun, FlyteRunTimeout
from tests.hostile import runs, twisting, verbs
from tests.hostile.conftest import World
from tests.hostile.runs import DONE, RUNNING, TwistingServer
from tests.remote.conftest import DOMAIN, PROJECT, Face
from tests.transfer.connect.bridge import bridge

#: Seconds that a verb is given, and in which it has to end even so.
_TIME, _LATER = 0.05, 5.0

#: What is about an execution or a run that is waited for, or may have been started.
_WAITING = {"execute", "fire_trigger", "recover", "relaunch", "rerun", "run", "wait", "watch"}


class Silence:
    """Says nothing until it is over."""

    def __init__(self) -> None:
        self.is_over = threading.Event()

    def __call__(self, answer: Message, context: grpc.ServicerContext) -> Message:
        self.is_over.wait(30)
        return answer


@pytest.fixture
def silence() -> Iterator[Silence]:
    silence = Silence()
    yield silence
    silence.is_over.set()


@pytest.fixture(scope="module")
def faces_1(world: World) -> Iterator[Mapping[str, Face]]:
    """Both faces of a remote, whose calls have a minute each."""
    config = Config(world.endpoint, insecure=True)
    faces = {
        make.__name__: Face(make(config, PROJECT, DOMAIN))
        for make in (FlyteRemote, AsyncFlyteRemote)
    }
    yield faces
    for face in faces.values():
        face.close()


@pytest.mark.parametrize("verb", verbs.VERBS)
def test_each_verb_of_flyte_1_ends_in_its_time(
    world: World, faces_1: Mapping[str, Face], silence: Silence, verb: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("what goes up")
    world.admin.twist = silence
    execution = copy.copy(world.execution)
    face = [*faces_1.values()][len(verb) % 2]  # each face has its share of them
    case = verbs.Case(face, execution.id.name, world.waiting, execution, file)
    error = _refused(lambda: verbs.VERBS[verb](case, timeout=_TIME))
    assert isinstance(error, FlyteExecutionTimeout) == (verb in _WAITING)


class Second(NamedTuple):
    """A server of Flyte 2, and both faces of a remote of it over both transports."""

    server: TwistingServer
    faces: Mapping[str, Face]
    done: FlyteRun
    running: FlyteRun


@pytest.fixture(scope="module")
def second() -> Iterator[Second]:
    with TwistingServer() as server, bridge(server.endpoint) as over_connect:
        config = Config(server.endpoint, insecure=True)
        connect = replace(config, endpoint=over_connect, transport="connect")
        faces = {
            f"{make.__name__} over {each.transport}": Face(make(each, PROJECT, DOMAIN))
            for make in (Flyte2Remote, AsyncFlyte2Remote)
            for each in (config, connect)
        }
        first = faces["Flyte2Remote over grpc"]
        yield Second(server, faces, first.fetch_run(DONE), first.fetch_run(RUNNING))
        for face in faces.values():
            face.close()


@pytest.mark.parametrize("verb", sorted({*runs.VERBS} - {"watch_runs"}))  # whose end is no error
def test_each_verb_of_flyte_2_ends_in_its_time(
    second: Second, silence: Silence, verb: str, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text("what goes up")
    second.server.twist = silence
    # Each verb over both transports, and by both faces.
    names = [*second.faces]
    for face in [second.faces[name] for name in (names[::3] if len(verb) % 2 else names[1:3])]:
        face.remote._session._chosen.clear()
        case = runs.Case(face, copy.copy(second.done), copy.copy(second.running), file)
        error = _refused(lambda: runs.VERBS[verb](case, timeout=_TIME), verb)  # noqa: B023
        assert isinstance(error, FlyteRunTimeout) == (verb in _WAITING)


def test_what_is_touched_of_a_run_has_a_time_of_its_own(second: Second, silence: Silence) -> None:
    config = Config(second.server.endpoint, insecure=True)
    policy = CallPolicy(timeout=30, touch_timeout=_TIME)
    with Flyte2Remote(config, PROJECT, DOMAIN, policy=policy) as remote:
        second.server.twist = twisting.honest
        run = remote.fetch_run(DONE)
        second.server.twist = silence
        with pytest.raises(FlyteTimeout, match=r"touch_timeout \(0\.05 s\)"):
            _ = run.outputs
        assert " 0.05 s" in str(_refused(lambda: run.sync(timeout=_TIME)))


def _refused(act: Callable[[], object], verb: str = "") -> FlyteTimeout:
    """The error of something that takes too long."""
    began = time.monotonic()
    with pytest.raises(FlyteTimeout) as caught:
        act()
    assert time.monotonic() - began < _LATER
    if verb != "events":  # which is a stream from the first call on
        # It is the time of the verb that is over, and not that of a call.
        assert not isinstance(caught.value, FlyteCallError)
        assert " 0.05 s" in str(caught.value)
    return caught.value
