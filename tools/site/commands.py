"""Pages of commands, which are what they print as their help."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from unittest import mock

import click

from flytebind.cli._commands import COMMANDS
from flytebind.sandbox._cli import main as run_sandbox
from flytegen.cli import main as run_flytegen
from tools.site.pages import Page, printed
from tools.site.places import FOLDER

_WIDTH = 80
_FLYTEGEN = ("generate", "check", "list", "diff")


def command_pages() -> Iterator[Page]:
    """A page for each program."""
    for name, summary, helps in (
        ("flytebind", "Executions on a Flyte server, from a terminal.", [*_flytebind()]),
        ("flytegen", "Typed Python models for packages of protobuf modules.", [*_flytegen()]),
        (
            "python -m flytebind.sandbox",
            "A Flyte admin server in one process.",
            [("python -m flytebind.sandbox", _printed(run_sandbox, []))],
        ),
    ):
        text = printed("commands.md.j2", name=name, summary=summary, helps=helps)
        file = name.rpartition("flytebind.")[2].replace(" ", "-")
        yield Page(f"{FOLDER}/commands/{file}.md", name, "Commands", text)


def _flytebind() -> Iterator[tuple[str, str]]:
    def walk(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
        yield context.command_path, command.get_help(context)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                nested = command.get_command(context, name)
                if nested is not None and not nested.hidden:
                    yield from walk(nested, _context(nested, name, context))

    yield from walk(COMMANDS, _context(COMMANDS, "flytebind"))


def _context(
    command: click.Command, name: str, parent: click.Context | None = None
) -> click.Context:
    return click.Context(command, parent, name, terminal_width=_WIDTH, max_content_width=_WIDTH)


def _flytegen() -> Iterator[tuple[str, str]]:
    yield "flytegen", _printed(run_flytegen, [])
    for name in _FLYTEGEN:
        yield f"flytegen {name}", _printed(run_flytegen, [name])


def _printed(run: Callable[[Sequence[str]], int], arguments: list[str]) -> str:
    """What a program prints as its help."""
    out = io.StringIO()
    with (
        mock.patch.dict(os.environ, {"COLUMNS": str(_WIDTH), "NO_COLOR": "1"}),
        contextlib.redirect_stdout(out),
        contextlib.suppress(SystemExit),
    ):
        run([*arguments, "--help"])
    return out.getvalue()
