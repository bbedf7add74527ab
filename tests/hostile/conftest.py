"""Both faces of a remote that has fallen into the wrong hands."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from flytebind.remote import Config, FlyteRemote, FlyteWorkflowExecution
from flytebind.sandbox import Sandbox
from tests.hostile import twisting
from tests.hostile.admin import HostileAdmin, serving
from tests.hostile.twisting import TwistingAdmin
from tests.remote.conftest import DOMAIN, PROJECT, Face, face_of
from tests.remote.faults.leftovers import until


@pytest.fixture
def admin() -> HostileAdmin:
    """The server, to be told what to do."""
    return HostileAdmin()


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, admin: HostileAdmin) -> Iterator[Face]:
    """Both, one after the other."""
    with serving(admin) as endpoint:
        config = Config.for_endpoint(endpoint, insecure=True)
        with face_of(request.param, config) as face:
            yield face


class World(NamedTuple):
    """A server that can be told to misbehave, and what is there."""

    admin: TwistingAdmin
    endpoint: str
    execution: FlyteWorkflowExecution
    """It has failed; only its message is here."""
    waiting: str
    """The name of one that waits for a signal."""


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with Sandbox(relay=False) as sandbox:
        sandbox.engine(math.inf)
        done, waiting = sandbox.play("failure").name, sandbox.play("gate").name
        sandbox.play("chain")
        with FlyteRemote(
            Config.for_endpoint(sandbox.endpoint, insecure=True), PROJECT, DOMAIN
        ) as remote:
            remote.fetch_execution(done).wait(timeout=30, sync_nodes=False)
            failed = remote.fetch_execution(done)
            until(lambda: bool(remote.list_signals(waiting)), "a signal")
            remote.activate_launch_plan("chain")
        admin = TwistingAdmin(sandbox)
        with twisting.serving(admin) as endpoint:
            yield World(admin, endpoint, failed, waiting)
        admin.close()
