"""How long things may take that have no end."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from datetime import timedelta

import grpc
import pytest

from flytebind.remote import (
    AsyncFlyteRemote,
    CallPolicy,
    Config,
    FlyteCallError,
    FlyteError,
    FlyteRemote,
    FlyteTimeout,
)
from tests.hostile import twisting
from tests.hostile.conftest import World
from tests.hostile.twisting import EVIL
from tests.remote.conftest import DOMAIN, PROJECT, Face, face_of


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, world: World) -> Iterator[Face]:
    world.admin.twist = twisting.honest
    with face_of(request.param, Config.for_endpoint(world.endpoint, insecure=True)) as face:
        yield face


def test_what_is_touched_has_a_time_of_its_own(world: World) -> None:
    policy = CallPolicy(timeout=30, touch_timeout=0.2)
    config = Config.for_endpoint(world.endpoint, insecure=True)
    with FlyteRemote(config, PROJECT, DOMAIN, policy=policy) as remote:
        world.admin.twist = twisting.honest
        execution = remote.fetch_execution(world.execution.id.name)
        world.admin.twist = twisting.silence
        with pytest.raises(FlyteTimeout, match=r"touch_timeout \(0\.2 s\)"):
            _ = execution.inputs


def test_the_time_of_a_list_is_what_its_rows_take_to_come(face: Face) -> None:
    if isinstance(face.remote, AsyncFlyteRemote):
        rows = face._loop.run_until_complete(_read_slowly(face.remote))
    else:
        rows = 0
        for _ in face.remote.list_workflows(timeout=0.5):
            time.sleep(0.1)
            rows += 1
    assert rows > 5


async def _read_slowly(remote: AsyncFlyteRemote) -> int:
    rows = 0
    async for _ in remote.list_workflows(timeout=0.5):
        time.sleep(0.1)
        rows += 1
    return rows


@pytest.mark.parametrize("timeout", [-1, float("nan"), timedelta(seconds=-1)])
def test_a_time_that_is_none_is_refused_at_once(face: Face, timeout: float | timedelta) -> None:
    for ask in (face.list_tasks, face.list_projects, face.recent_executions):
        with pytest.raises(ValueError, match="timeout cannot be"):
            ask(timeout=timeout)


def test_the_time_that_was_allowed_is_said(face: Face, world: World) -> None:
    world.admin.twist = twisting.silence
    execution = copy.copy(world.execution)
    with pytest.raises(FlyteTimeout, match=rf"sync of .*/{execution.id.name} took .* 0\.2 s"):
        face.sync(execution, sync_nodes=True, timeout=timedelta(seconds=0.2))


def test_the_cause_of_an_error_is_grpcs_in_words_that_may_be_shown(
    face: Face, world: World
) -> None:
    world.admin.twist = twisting.refusing(grpc.StatusCode.PERMISSION_DENIED)
    with pytest.raises(FlyteCallError) as raised:
        face.list_projects()
    cause = raised.value.__cause__
    assert isinstance(cause, grpc.RpcError)
    assert raised.value.__context__ is None  # which some tools show as well
    assert cause.code() is grpc.StatusCode.PERMISSION_DENIED
    assert EVIL in str(cause.details())
    assert cause.trailing_metadata() is not None
    for text in (str(cause), repr(cause)):
        assert "\x1b" not in text
        assert len(text) < 12_000


def test_errors_are_as_long_as_anybody_reads() -> None:
    error = FlyteCallError(grpc.StatusCode.INTERNAL, "word " * 1_000_000)
    assert isinstance(error, FlyteError)
    assert len(str(error)) < 12_000
    assert "(5,000,010 characters)" in str(error)
    assert len(error.details) == 5_000_000
