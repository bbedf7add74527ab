"""Each verb of a remote against each way in which a server may misbehave."""

from __future__ import annotations

import asyncio
import copy
import inspect
import resource
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import grpc
import pytest

from flytebind.remote import (
    AsyncFlyteRemote,
    CallPolicy,
    Config,
    FlyteCallError,
    FlyteDataError,
    FlyteError,
    FlyteRemote,
    FlyteTimeout,
    FlyteWorkflowExecution,
)
from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
from flytebind.remote.executions import RemoteExecutionBase
from flytebind.values import LiteralsResolver
from tests.hostile import twisting
from tests.hostile.conftest import World
from tests.hostile.twisting import Twist
from tests.hostile.verbs import VERBS, Case
from tests.remote.conftest import face_of
from tests.remote.faults.leftovers import descriptors, until

#: Seconds that a verb may take which meets no end, and MiB that the process may grow by.
_PATIENCE, _ROOM = 5.0, 150
_POLICY = CallPolicy(timeout=4, max_attempts=2, first_pause=0.001, touch_timeout=1)


#: What makes no call.
_SILENT = {
    "aclose",
    "auto",
    "close",
    "for_endpoint",
    "for_sandbox",
    "from_config",
    "generate_console_http_domain",
    "generate_console_url",
}


#: What reads a list to its end.
_LISTS = frozenset(
    {name for name in VERBS if name.startswith("list_") and name != "list_domains"}
    - {"list_tasks_by_version"}  # with a limit
    | {"recent_executions", "set_input", "set_signal", "sync", "sync_execution", "wait", "watch"}
)

#: Whose answer names nothing that somebody would go on with.
_NAMELESS = frozenset(
    {"approve", "get", "get_domains", "get_execution_metrics", "list_domains", "list_projects"}
    | {"register", "reject", "terminate", "upload", "upload_file"}
)

#: What waits for better times, until its own time is up.
_PATIENT = frozenset({"wait", "watch"})


@dataclass(frozen=True)
class Behaviour:
    """A way to misbehave, and what verbs make of it."""

    twist: Twist
    error: type[FlyteError] | None = None
    """What verbs raise; None where each may live with it or not."""
    by: frozenset[str] = frozenset(VERBS)
    """The verbs that do."""
    code: grpc.StatusCode | None = None
    """The code of that error."""


def _refusing(code: grpc.StatusCode, but: frozenset[str] = frozenset()) -> Behaviour:
    by = frozenset(VERBS) - but - {"download"}  # which may have another way
    return Behaviour(twisting.refusing(code), FlyteCallError, by, code)


#: Where some verbs go on until their time is up.
_WITHOUT_END = {"bomb", "flood", "internal", "silence", "unavailable"}

#: These verbs: they bring as much as there is. All others end by themselves.
_ENDLESS = _LISTS | {"download", "get", "load", "register", "upload", "upload_file"}

BEHAVIOURS: Mapping[str, Behaviour] = {
    "honest": Behaviour(twisting.honest),
    "silence": Behaviour(twisting.silence, FlyteTimeout, frozenset(VERBS) - {"download"}),
    "garbage": Behaviour(twisting.garbage, FlyteDataError),
    "half": Behaviour(twisting.half, FlyteDataError),
    "nothing": Behaviour(twisting.nothing),
    "large": Behaviour(
        twisting.large,
        FlyteCallError,
        frozenset(VERBS) - {"download"},
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    ),
    # Not even unpacked, since nobody knows how large it would be; gRPC may hand it out as it came.
    "bomb": Behaviour(twisting.bomb, FlyteError, frozenset(VERBS) - {"download"}),
    "another": Behaviour(twisting.another, FlyteDataError, frozenset(VERBS) - _NAMELESS),
    "evil_words": Behaviour(twisting.evil_words),
    "impossible_times": Behaviour(twisting.impossible_times),
    "unknown_numbers": Behaviour(twisting.unknown_numbers),
    "filled": Behaviour(twisting.filled),
    "flood": Behaviour(twisting.flood, FlyteTimeout, _LISTS),
    "turning": Behaviour(twisting.turning, FlyteDataError, _LISTS),
    "internal": _refusing(grpc.StatusCode.INTERNAL, _PATIENT),
    "not_found": _refusing(
        grpc.StatusCode.NOT_FOUND, frozenset({"fetch_active_launchplan"})  # it is None then
    ),
    "unauthenticated": _refusing(grpc.StatusCode.UNAUTHENTICATED),
    "unavailable": _refusing(grpc.StatusCode.UNAVAILABLE, _PATIENT),
}


@pytest.fixture
def case(world: World, kind: str, behaviour: str, tmp_path: Path) -> Iterator[Case]:
    """A new remote, and nothing left of it in the end."""
    threads, open_ = set(threading.enumerate()), descriptors()
    file = tmp_path / "file.txt"
    file.write_text("what goes up")
    config = Config(world.endpoint, insecure=True, max_message_bytes=200_000)
    policy = replace(_POLICY, timeout=0.15) if behaviour == "silence" else _POLICY
    with face_of(kind, config, policy=policy) as face:
        execution = copy.copy(world.execution)
        yield Case(face, execution.id.name, world.waiting, execution, file)
        face._loop.run_until_complete(asyncio.sleep(0))  # iterators that nobody ends do so there
        assert not asyncio.all_tasks(face._loop)
    until(lambda: not _others(threads), f"the end of {_others(threads)}")
    until(lambda: descriptors() <= open_, f"{open_} descriptors; there are {descriptors()}")


def _others(threads: set[threading.Thread]) -> list[str]:
    """Threads that have begun meanwhile, but for those that the servers keep."""
    return [
        each.name
        for each in threading.enumerate()
        if each not in threads and not each.name.startswith("ThreadPoolExecutor")
    ]


def test_each_public_verb_has_a_row() -> None:
    public = {
        name
        for face in (FlyteRemote, AsyncFlyteRemote)
        for name, _ in inspect.getmembers(face, callable)
        if not name.startswith("_")
    }
    assert set(VERBS) == public - _SILENT


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_ends_well_whatever_a_server_does(
    case: Case, world: World, verb: str, behaviour: str
) -> None:
    expected = BEHAVIOURS[behaviour]
    is_endless = behaviour in _WITHOUT_END and verb in _ENDLESS
    limit = {"timeout": 0.3} if is_endless else {}
    world.admin.twist = expected.twist
    calls = world.admin.calls
    began, size = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found: object = None
    error: FlyteError | None = None
    try:
        found = VERBS[verb](case, **limit)
        if expected.twist is not twisting.flood:  # which lists show that one touches
            _look(found)
    except FlyteError as raised:
        error = raised
        _read(raised)
    assert time.monotonic() - began < _PATIENCE
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - size < _ROOM * 1024
    assert world.admin.calls > calls
    if behaviour == "honest":
        assert error is None or verb in ("approve", "reject", "download"), error
    if expected.error is not None and verb in expected.by:
        assert isinstance(error, expected.error), (found, error)
        assert expected.code is None or getattr(error, "code", None) is expected.code


def _look(found: object) -> None:
    """Show what came in all ways that there are: none of them may break, or obey it."""
    for each in found if isinstance(found, list) else [found]:
        texts, pages = [str(each), repr(each)], []
        if isinstance(each, FlyteWorkflowExecution):
            texts += [str(each.tree()), str(each.timeline())]
            pages += [each.card().html(), each.timeline().html()]
            each.first_failure()
            for node in each.node_executions.values():
                texts += [str(node), str(node.problem), *_touched(node)]
                pages.append(node.card().html())
            texts += _touched(each)
        elif isinstance(each, (FlyteTask, FlyteWorkflow, FlyteLaunchPlan)):
            texts += [str(each.card()), str(each.created_at)]
            pages.append(each._repr_html_())
        for text in texts:
            assert "\x1b" not in text
        for page in pages:
            assert "<script>alert" not in page


def _touched(execution: RemoteExecutionBase) -> Iterator[str]:
    """What comes of touching what was not brought; errors are texts, too."""
    for name in ("error", "inputs", "outputs", "interface", "task_executions", "array_items"):
        try:
            value = getattr(execution, name, None)
            yield repr(dict(value) if isinstance(value, LiteralsResolver) else value)
        except FlyteError as error:
            yield _read(error)
    if isinstance(execution, FlyteWorkflowExecution):
        try:
            execution.raise_for_status()
        except FlyteError as error:
            yield _read(error)


def _read(error: FlyteError) -> str:
    """Read an error as a traceback shows it, causes included."""
    shown = "".join(traceback.format_exception(error))
    assert "\x1b" not in shown
    assert len(shown) < 100_000
    return str(error)
