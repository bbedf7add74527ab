"""Each verb of a remote for Flyte 2, and each of its commands, against servers that misbehave."""

from __future__ import annotations

import asyncio
import copy
import inspect
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
from flyteidl2.workflow.run_definition_pb2 import Action

from flytebind.cli import main
from flytebind.cli._commands import COMMANDS
from flytebind.remote import (
    CallPolicy,
    Config,
    FlyteCallError,
    FlyteDataError,
    FlyteError,
    FlyteTimeout,
)
from flytebind.runs import AsyncFlyte2Remote, Flyte2Remote, FlyteAction, FlyteRun
from tests.hostile import twisting
from tests.hostile.runs import DONE, RUNNING, VERBS, Case, TwistingServer, another, chain, turning
from tests.hostile.test_commands import _commands
from tests.hostile.twisting import EVIL, Twist
from tests.remote.conftest import Face
from tests.remote.faults.leftovers import descriptors, until
from tests.runs.conftest import DOMAIN, PROJECT

#: Seconds that a verb may take which meets no end.
_PATIENCE = 5.0
_POLICY = CallPolicy(timeout=4, max_attempts=2, first_pause=0.001)
_HURRY = CallPolicy(timeout=0.05, max_attempts=1)

_SILENT = {"aclose", "close", "console_url"}

#: What waits for better times, until its own time is up.
_PATIENT = frozenset({"wait", "watch", "watch_runs"})
_STREAMS = _PATIENT | {"events", "logs"}
#: What streams break down over, and need no time for.
_AT_ONCE = frozenset({"another", "garbage", "half", "large"})
#: What reads a list to its end.
_LISTS = frozenset(name for name in VERBS if name.startswith("list_")) | {"sync"}
#: Whose answer names nothing that somebody would go on with.
_NAMELESS = frozenset(
    {"create_project", "create_secret", "delete_secret", "deploy_task", "download_link", "events"}
    | {"list_projects", "list_secrets", "list_versions", "load", "logs", "report", "update_secret"}
    | {"upload", "uris", "whoami"}
)
#: What may say so in another way.
_FAULTY = frozenset(VERBS) - _PATIENT


class Behaviour(NamedTuple):
    """A way to misbehave, and what verbs make of it."""

    twist: Twist
    error: type[FlyteError] | None = None
    """What verbs raise; None where each may live with it or not."""
    by: frozenset[str] = frozenset(VERBS)
    """The verbs that do."""


BEHAVIOURS: Mapping[str, Behaviour] = {
    "honest": Behaviour(twisting.honest),
    "silence": Behaviour(twisting.silence, FlyteTimeout, frozenset(VERBS) - {"watch_runs"}),
    "garbage": Behaviour(twisting.garbage, FlyteDataError),
    "half": Behaviour(twisting.half, FlyteDataError),
    "nothing": Behaviour(twisting.nothing),
    "large": Behaviour(twisting.large, FlyteCallError),
    "another": Behaviour(another, FlyteDataError, frozenset(VERBS) - _NAMELESS),
    "evil_words": Behaviour(twisting.evil_words),
    "impossible_times": Behaviour(twisting.impossible_times),
    "unknown_numbers": Behaviour(twisting.unknown_numbers),
    "filled": Behaviour(twisting.filled),
    "turning": Behaviour(turning, FlyteDataError, _LISTS),
    "repeats": Behaviour(twisting.honest, FlyteTimeout, _STREAMS - {"watch_runs"}),
    "unavailable": Behaviour(
        twisting.refusing(grpc.StatusCode.UNAVAILABLE), FlyteCallError, _FAULTY
    ),
}


class World(NamedTuple):
    """A server, and both faces of a remote of it."""

    server: TwistingServer
    faces: Mapping[tuple[str, bool], Face]
    """By kind, and whether they are in a hurry."""
    done: FlyteRun
    running: FlyteRun


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One for all; what is left of it in the end would be left by a verb."""
    with TwistingServer() as server:
        threads, open_ = set(threading.enumerate()), descriptors()
        config = Config(server.endpoint, insecure=True, max_message_bytes=300_000)
        faces = {
            (make.__name__, hurry): Face(
                make(config, PROJECT, DOMAIN, policy=_HURRY if hurry else _POLICY)
            )
            for make in (Flyte2Remote, AsyncFlyte2Remote)
            for hurry in (False, True)
        }
        first = faces["Flyte2Remote", False]
        yield World(server, faces, first.fetch_run(DONE), first.fetch_run(RUNNING))
        for face in faces.values():
            face._loop.run_until_complete(asyncio.sleep(0))
            assert not asyncio.all_tasks(face._loop)
            face.close()
        until(lambda: not _others(threads), f"the end of {_others(threads)}")
        until(lambda: descriptors() <= open_ + 2, f"{open_} descriptors")


@pytest.fixture
def honest(world: World) -> Iterator[World]:
    """The same, which behaves until it is told not to."""
    kept = world.server.actions
    world.server.twist, world.server.repeats = twisting.honest, False
    yield world
    world.server.twist, world.server.repeats = twisting.honest, False
    world.server.actions, world.server.cluster = kept, None


def _others(threads: set[threading.Thread]) -> list[str]:
    """Threads that have begun meanwhile, but for those that the server keeps."""
    return [
        each.name
        for each in threading.enumerate()
        if each not in threads and not each.name.startswith(("ThreadPoolExecutor", "recorded"))
    ]


def test_each_public_verb_has_a_row() -> None:
    public = {
        name
        for face in (Flyte2Remote, AsyncFlyte2Remote)
        for name, _ in inspect.getmembers(face, callable)
        if not name.startswith("_")
    }
    assert set(VERBS) == public - _SILENT


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_ends_well_whatever_a_server_does(
    honest: World, verb: str, behaviour: str, tmp_path: Path
) -> None:
    file = tmp_path / "file.txt"
    file.write_text("what goes up")
    expected = BEHAVIOURS[behaviour]
    hurry, at_once = behaviour == "silence", behaviour in _AT_ONCE
    limit: dict[str, float] = {}
    if verb in _STREAMS:  # all others end by themselves
        limit = {"timeout": _PATIENCE - 1 if at_once and verb in expected.by else 0.05}
    for kind in _kinds(verb, behaviour):
        face = honest.faces[kind, hurry]
        face.remote._session._chosen.clear()
        running = copy.copy(honest.running)
        running.loaded, running._actions = copy.copy(running.loaded), {}
        done = copy.copy(honest.done)
        done.loaded = copy.copy(done.loaded)
        honest.server.twist = expected.twist
        honest.server.repeats = behaviour == "repeats"
        calls = len(honest.server.calls)
        began = time.monotonic()
        found: object = None
        error: FlyteError | None = None
        try:
            found = VERBS[verb](Case(face, done, running, file), **limit)
            _look(found)
        except FlyteError as raised:
            error = raised
            _read(raised)
        assert time.monotonic() - began < _PATIENCE
        # With hardly any time it may not even have come there.
        assert hurry or limit or len(honest.server.calls) > calls
        assert (running.name, done.name) == (RUNNING, DONE)
        if behaviour == "honest":
            assert error is None or verb in _STREAMS | {"report"}, error
        if expected.error is not None and verb in expected.by:
            assert isinstance(error, expected.error), (found, error)
        if behaviour == "another":
            assert not [each for each in honest.server.calls[calls:] if "Abort" in each.name]


def _kinds(verb: str, behaviour: str) -> tuple[str, ...]:
    """One for most; each face has each verb and each behaviour, and both all that has no end."""
    kinds = ("Flyte2Remote", "AsyncFlyte2Remote")
    if verb in _STREAMS and behaviour in ("honest", "repeats", *_AT_ONCE):
        return kinds
    return (kinds[(list(VERBS).index(verb) + list(BEHAVIOURS).index(behaviour)) % 2],)


def _look(found: object) -> None:
    """Show what came in all ways that there are: none of them may break, or obey it."""
    for each in found[:20] if isinstance(found, list) else [found]:
        texts, pages = [repr(each)], []
        if isinstance(each, FlyteAction):
            texts += [str(each), str(each.tree()), str(each.timeline())]
            pages += [each.card().html(), each.timeline().html(), each._repr_html_()]
        if isinstance(each, FlyteRun):
            each.first_failure()
            for action in each.actions.values():
                texts.append(str(action))
            with suppress(FlyteError):
                each.raise_for_status()
        for text in texts:
            assert "\x1b" not in text
        for page in pages:
            assert "<script>alert" not in page


def _read(error: FlyteError) -> None:
    """Read an error as a traceback shows it, causes included."""
    shown = "".join(traceback.format_exception(error))
    assert "\x1b" not in shown
    assert len(shown) < 100_000


PARENTS: Mapping[str, Mapping[str, str]] = {
    "itself": {"a1": "a1", "a2": "a1"},
    "circle": {"a1": "a3", "a2": "a1", "a3": "a2", "a4": "a3"},
    "nobody": {"a1": "gone", "a2": "a1"},
    "deep": {f"a{number}": f"a{number - 1}" for number in range(1, 600)},
}


@pytest.mark.parametrize("parents", PARENTS)
def test_a_tree_ends_and_has_each_action_once(parents: str) -> None:
    run = FlyteRun(_run())
    names = PARENTS[parents]
    for each in chain(names)(_run().action.id.run._pb):
        run._actions[each.id.name] = FlyteAction(_model(each))
    shown = [row.name for row in run.snapshot().walk() if row.kind != "run"]
    assert sorted(shown) == sorted(names)
    assert "a2" in str(run.tree())
    assert run.card().html()
    assert run.timeline().to_dict()
    assert run.tree().to_dict()


def test_ten_thousand_levels_are_no_deeper_than_any_tree() -> None:
    run = FlyteRun(_run())
    for each in chain({f"a{n}": f"a{n - 1}" for n in range(10_000, 0, -1)})(
        _run().action.id.run._pb
    ):
        run._actions[each.id.name] = FlyteAction(_model(each))
    assert len(list(run.snapshot().walk())) == 10_001


def test_a_parent_comes_before_what_it_has_started_in_whatever_order_they_come() -> None:
    run = FlyteRun(_run())
    for each in chain({"a3": "a2", "a2": "a1", "a1": "a0"})(_run().action.id.run._pb):
        run._actions[each.id.name] = FlyteAction(_model(each))
    assert [row.name for row in run.snapshot().walk()][1:] == ["a1", "a2", "a3"]


def _model(action: Action) -> Any:
    from flytebind.v2.models.workflow.run_definition import Action as Model

    return Model.from_bytes(action.SerializeToString())


def _run() -> Any:
    from flyteidl2.workflow.run_definition_pb2 import Run

    from flytebind.v2.models.workflow.run_definition import Run as Model

    run = Run()
    run.action.id.run.name, run.action.id.name = RUNNING, "a0"
    run.action.id.run.project, run.action.id.run.domain = PROJECT, DOMAIN
    return Model.from_bytes(run.SerializeToString())


def test_an_action_of_another_run_never_becomes_one_of_this(honest: World) -> None:
    def strangers(run: Any) -> list[Action]:
        actions = chain({"a1": "a0"})(run)
        actions[1].id.run.name = "another"
        return actions

    honest.server.actions = strangers
    face = honest.faces["Flyte2Remote", False]
    run = face.fetch_run(RUNNING)
    with pytest.raises(FlyteDataError, match=r"tells of .*/another/a1"):
        face.sync(run, actions=True)
    with pytest.raises(FlyteDataError, match=r"tells of .*/another/a1"):
        face.watch(run, 1.0)
    assert "a1" not in run.actions


@pytest.mark.parametrize("timeout", [-1, float("nan")])
@pytest.mark.parametrize("verb", sorted(_STREAMS))
def test_a_time_that_is_none_is_refused_before_anything_is_sent(
    honest: World, verb: str, timeout: float, tmp_path: Path
) -> None:
    for kind in ("Flyte2Remote", "AsyncFlyte2Remote"):
        calls = len(honest.server.calls)
        case = Case(honest.faces[kind, False], honest.done, honest.running, tmp_path)
        with pytest.raises(ValueError, match="timeout cannot be"):
            VERBS[verb](case, timeout=timeout)
        assert len(honest.server.calls) == calls


@pytest.mark.parametrize(
    ("endpoint", "problem"),
    [
        ("http://198.51.100.7:80", "has no TLS; nothing is sent"),
        ("unix:/run/docker.sock", "a socket of this machine"),
        ("https://u:p@evil.example", "a cluster that is none"),
        ("file:///etc/passwd", "a cluster that is none"),
        (EVIL, "a cluster that is none"),
    ],
)
def test_a_cluster_that_tokens_must_not_go_to_is_refused(endpoint: str, problem: str) -> None:
    with Flyte2Remote("flyte.example.org:443", PROJECT, DOMAIN, token="hush") as remote:
        with pytest.raises(FlyteDataError, match=problem) as caught:
            remote._session._cluster(endpoint)
        _read(caught.value)
        assert len(remote._session._connections) == 1


def test_a_server_does_not_have_us_connect_to_ever_more_hosts() -> None:
    with Flyte2Remote("flyte.example.org:443", PROJECT, DOMAIN) as remote:
        for number in range(64):
            remote._session._cluster(f"https://c{number}.example.org")
        with pytest.raises(FlyteDataError, match="more than 64 clusters"):
            remote._session._cluster("https://c64.example.org")
        assert len(remote._session._connections) == 65


#: By command, what it is given.
ROWS: Mapping[str, tuple[str, ...]] = {
    "run abort": (RUNNING, "--reason", "why not"),
    "run get": (DONE,),
    "run inputs": (DONE,),
    "run list": (),
    "run logs": (DONE,),
    "run outputs": (DONE,),
    "run rerun": (DONE,),
    "run timeline": (DONE,),
    "run tree": (DONE,),
    "run wait": (RUNNING, "--timeout", "0.05"),
    "run watch": (RUNNING, "--timeout", "0.05"),
}

_SAID: Mapping[str, Twist] = {
    "honest": twisting.honest,
    "nothing": twisting.nothing,
    "garbage": twisting.garbage,
    "another": another,
    "evil_words": twisting.evil_words,
    "impossible_times": twisting.impossible_times,
    "unknown_numbers": twisting.unknown_numbers,
    "filled": twisting.filled,
}


def test_each_command_has_a_row() -> None:
    assert set(ROWS) == {each for each in _commands(COMMANDS) if each.startswith("run ")}


@pytest.mark.parametrize("output", ["table", "json"])
@pytest.mark.parametrize("twist", _SAID)
@pytest.mark.parametrize("command", ROWS)
def test_a_command_says_what_is_wrong_whatever_a_server_says(
    honest: World,
    command: str,
    twist: str,
    output: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    honest.server.twist = _SAID[twist]
    place = ("--endpoint", honest.server.endpoint, "--insecure", "-p", PROJECT, "-d", DOMAIN)
    code = main([*place, "-o", output, *command.split(), *ROWS[command]])
    told = capsys.readouterr()
    assert code in (0, 1, 2, 3)
    assert code != 2 or told.err
    if twist == "honest":
        assert code == 0 or "--timeout" in ROWS[command], told.err
    assert "\x1b" not in told.out + told.err
    assert EVIL not in told.out + told.err
    assert "Traceback" not in told.err
