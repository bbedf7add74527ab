"""One program, run with flytekit and, migrated, with flytebind: what comes back is the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flytebind.migrate import changed, check
from flytebind.sandbox import Sandbox
from tests.migrate.test_program import PROGRAM


class Program:
    """The program with one of the libraries."""

    def __init__(self, source: str, endpoint: str) -> None:
        self.names: dict[str, Any] = {"__name__": "program"}
        exec(compile(source, str(PROGRAM), "exec"), self.names)
        self.remote = self.names["connect"](endpoint)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call: Callable[..., Any] = self.names[name]
        return call


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.engine(math.inf)
        yield sandbox


@pytest.fixture(scope="module")
def both(sandbox: Sandbox) -> tuple[Program, Program]:
    source = PROGRAM.read_text(encoding="utf-8")
    migrated = changed(source, check(source))
    return Program(source, sandbox.endpoint), Program(migrated, sandbox.endpoint)


@pytest.fixture(scope="module")
def done(both: tuple[Program, Program]) -> str:
    """The name of an execution that has succeeded."""
    _, ours = both
    execution = ours.finish(ours.remote, ours.start(ours.remote, "chain", {"rows": 3}))
    return str(execution.id.name)


@pytest.mark.parametrize(
    "function",
    [
        "run_to_the_end",
        "run_under_a_prefix",
        "run_with_options",
        "run_otherwise",
        "failure",
        "task",
        "workflow_nodes",
        "activate",
        "abort",
        "tasks_of_a_version",
        "places",
    ],
)
def test_what_a_remote_does_is_the_same(both: tuple[Program, Program], function: str) -> None:
    theirs, ours = (getattr(each, function)(each.remote) for each in both)
    assert ours == theirs


@pytest.mark.parametrize(
    "function", ["fetch_by_place", "typed_output", "nodes", "attempts", "console"]
)
def test_what_is_known_of_an_execution_is_the_same(
    both: tuple[Program, Program], done: str, function: str
) -> None:
    theirs, ours = (getattr(each, function)(each.remote, done) for each in both)
    assert ours == theirs


def test_recent_executions_are_the_same(both: tuple[Program, Program], done: str) -> None:
    theirs, ours = (each.recent(each.remote) for each in both)
    assert ours == theirs
    assert ours[1]


def test_connections_and_constants_are_the_same(
    both: tuple[Program, Program], sandbox: Sandbox
) -> None:
    theirs, ours = ((each.place(sandbox.endpoint), each.order()) for each in both)
    assert ours == theirs
    for each in both:
        assert each.connect_shortly(sandbox.endpoint).default_project == "flytesnacks"


def test_an_execution_gets_the_name_that_it_is_given(both: tuple[Program, Program]) -> None:
    theirs, ours = (
        each.run_under_a_name(each.remote, name)
        for each, name in zip(both, ("theirs", "ours"), strict=True)
    )
    assert ours[:2] == theirs[:2]
    assert (theirs[2], ours[2]) == ("theirs", "ours")


def test_a_file_is_uploaded_to_the_same_place(
    both: tuple[Program, Program], tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("1\n2\n")
    theirs, ours = (each.upload(each.remote, path) for each in both)
    assert ours == theirs
