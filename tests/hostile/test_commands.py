"""Each command that asks a server, against one that says what nobody expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import click
import pytest

from flytebind.cli import main
from flytebind.cli._commands import COMMANDS
from tests.hostile import twisting
from tests.hostile.conftest import World
from tests.hostile.twisting import EVIL, Twist
from tests.remote.conftest import DOMAIN, PROJECT

#: By command, what it is given.
ROWS: Mapping[str, Callable[[World], Sequence[str]]] = {
    "execution get": lambda world: [world.execution.id.name],
    "execution inputs": lambda world: [world.execution.id.name],
    "execution list": lambda world: [],
    "execution logs": lambda world: [world.execution.id.name],
    "execution outputs": lambda world: [world.execution.id.name],
    "execution recover": lambda world: [world.execution.id.name],
    "execution relaunch": lambda world: [world.execution.id.name],
    "execution start": lambda world: ["chain", "--rows", "3"],
    "execution terminate": lambda world: [world.waiting, "--cause", "why not"],
    "execution timeline": lambda world: [world.execution.id.name],
    "execution tree": lambda world: [world.execution.id.name],
    "execution wait": lambda world: [world.execution.id.name, "--timeout", "0.3"],
    "execution watch": lambda world: [world.execution.id.name, "--timeout", "0.3"],
    "launch-plan activate": lambda world: ["chain"],
    "launch-plan deactivate": lambda world: ["chain"],
    "launch-plan get": lambda world: ["chain"],
    "launch-plan list": lambda world: [],
    "project domains": lambda world: [],
    "project get": lambda world: [PROJECT],
    "project list": lambda world: [],
    "signal approve": lambda world: [world.waiting, "number"],
    "signal list": lambda world: [world.waiting],
    "signal reject": lambda world: [world.waiting, "number"],
    "signal set": lambda world: [world.waiting, "number", "3"],
    "task get": lambda world: ["play.square"],
    "task list": lambda world: [],
    "whoami": lambda world: [],
    "workflow get": lambda world: ["chain"],
    "workflow list": lambda world: [],
}

#: What asks nobody, or a server of its own; ``register`` and ``login`` are tried as verbs.
_APART = {"completion", "config init", "config show", "demo", "login", "register"}

TWISTS: Mapping[str, Twist] = {
    twist.__name__: twist
    for twist in (
        twisting.honest,
        twisting.nothing,
        twisting.garbage,
        twisting.another,
        twisting.evil_words,
        twisting.impossible_times,
        twisting.unknown_numbers,
        twisting.filled,
    )
}


def _commands(command: click.Command, path: str = "") -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield path
        return
    for name, inner in command.commands.items():
        yield from _commands(inner, f"{path} {name}".strip())


def test_each_command_has_a_row() -> None:
    commands = set(_commands(COMMANDS))
    of_flyte_2 = {each for each in commands if each.startswith("run ")}  # another server's
    assert set(ROWS) == commands - _APART - of_flyte_2


@pytest.mark.parametrize("output", ["table", "json"])
@pytest.mark.parametrize("twist", TWISTS)
@pytest.mark.parametrize("command", ROWS)
def test_a_command_says_what_is_wrong_whatever_a_server_says(
    world: World,
    command: str,
    twist: str,
    output: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    world.admin.twist = TWISTS[twist]
    place = ("--endpoint", world.endpoint, "--insecure", "-p", PROJECT, "-d", DOMAIN)
    code = main([*place, "-o", output, *command.split(), *ROWS[command](world)])
    told = capsys.readouterr()
    assert code in (0, 1, 2, 3)
    assert code != 2 or told.err
    if twist == "honest":
        refused = ("execution outputs", "signal approve", "signal reject")  # by their nature
        assert code in (0, 1) or command in refused, told.err
    assert "\x1b" not in told.out + told.err
    assert EVIL not in told.out + told.err
    assert "Traceback" not in told.err
