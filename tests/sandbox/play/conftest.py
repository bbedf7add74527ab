"""Sandboxes that play."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import pytest

from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.sandbox import Sandbox
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.play.watching import Show


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One that never pauses; executions do not get in each other's way."""
    with Sandbox() as sandbox:
        sandbox.engine(math.inf)
        yield sandbox


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[AdminServiceClient]:
    with sandbox.channel() as channel:
        yield AdminServiceClient(channel)


@pytest.fixture
def show(sandbox: Sandbox, client: AdminServiceClient) -> Callable[[str], Show]:
    """Starts a script."""
    return lambda script: Show(sandbox, client, sandbox.play(script))


@pytest.fixture
def watch(
    sandbox: Sandbox, client: AdminServiceClient
) -> Callable[[WorkflowExecutionIdentifier | None], Show]:
    """Shows an execution that has been started otherwise."""

    def watch(id: WorkflowExecutionIdentifier | None) -> Show:
        assert id is not None
        return Show(sandbox, client, id)

    return watch
