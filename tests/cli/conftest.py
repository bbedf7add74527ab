"""The command, run in this process against a sandbox that plays scripts without pauses."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from flytebind.cli import main
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.sandbox import Sandbox
from tests.remote.scenes import scripted
from tests.remote.scenes.scene import Scene


@dataclass(frozen=True)
class Done:
    """What a command has answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document that is all of its output."""
        return json.loads(self.out)


Run: TypeAlias = Callable[..., Done]


@pytest.fixture(autouse=True)
def without_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever this machine has been told about Flyte, or colours, is no business of tests."""
    for name in list(os.environ):
        if name.startswith("FLYTE") or name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    empty = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(empty))
    monkeypatch.setenv("USERPROFILE", str(empty))
    monkeypatch.chdir(empty)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.engine(math.inf)
        yield sandbox


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command with these arguments."""

    def run(*arguments: str) -> Done:
        code = main(arguments)
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return run


@pytest.fixture
def flytebind(sandbox: Sandbox, run: Run) -> Run:
    """The same, with what tells it the sandbox, a project and a domain."""
    place = ("--insecure", "-p", "flytesnacks", "-d", "development")
    return lambda *arguments: run("--endpoint", sandbox.endpoint, *place, *arguments)


@pytest.fixture(scope="module")
def dynamic(sandbox: Sandbox) -> Scene:
    return scripted.played(sandbox, "dynamic")


@pytest.fixture(scope="module")
def failure(sandbox: Sandbox) -> Scene:
    return scripted.played(sandbox, "failure")


@pytest.fixture
def gate(sandbox: Sandbox) -> WorkflowExecutionIdentifier:
    """One that goes on until somebody ends it."""
    return scripted.live_gate(sandbox).id
