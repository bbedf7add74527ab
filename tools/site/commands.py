"""Pages of commands, which are what they print as their help."""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from unittest import mock

import click

from flytebind.cli._commands import COMMANDS
from flytegen.cli import main as run_flytegen
from tools.site.pages import Page, printed
from tools.site.places import FOLDER
from tools.written import ROOT

_WIDTH = 80
_FLYTEGEN = ("generate", "check", "list", "diff", "init")


def command_pages() -> Iterator[Page]:
    """A page for each program."""
    yield _page("flytebind", "Executions on a Flyte server, from a terminal.", _flytebind())
    for package in _runnable():
        name = f"python -m {package}"
        yield _page(name, "", [(name, _printed(_main_of(package), []))])
    yield _page("flytegen", "Typed Python models for packages of protobuf modules.", _flytegen())


def _page(name: str, summary: str, helps: Iterable[tuple[str, str]]) -> Page:
    text = printed("commands.md.j2", name=name, summary=summary, helps=[*helps])
    return Page(f"{FOLDER}/commands/{name.rpartition('.')[2]}.md", name, "Commands", text)


def _runnable() -> list[str]:
    """The packages that ``python -m`` runs; ``flytebind.cli`` is the command itself."""
    folders = (path.parent for path in (ROOT / "src" / "flytebind").glob("*/__main__.py"))
    return sorted(f"flytebind.{folder.name}" for folder in folders if folder.name != "cli")


def _main_of(package: str) -> Callable[[Sequence[str]], object]:
    def run(arguments: Sequence[str]) -> object:
        # It runs as if nobody had imported it before.
        others = {name: sys.modules[name] for name in sys.modules if name != f"{package}.__main__"}
        with (
            mock.patch.object(sys, "argv", [package, *arguments]),
            mock.patch.dict(sys.modules, others, clear=True),
        ):
            return runpy.run_module(f"{package}.__main__", run_name="__main__")

    return run


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
    settings = {**command.context_settings, "terminal_width": _WIDTH, "max_content_width": _WIDTH}
    return click.Context(command, parent, name, **settings)


def _flytegen() -> Iterator[tuple[str, str]]:
    yield "flytegen", _printed(run_flytegen, [])
    for name in _FLYTEGEN:
        yield f"flytegen {name}", _printed(run_flytegen, [name])


def _printed(run: Callable[[Sequence[str]], object], arguments: list[str]) -> str:
    """What a program prints as its help."""
    out = io.StringIO()
    with (
        mock.patch.dict(os.environ, {"COLUMNS": str(_WIDTH), "NO_COLOR": "1"}),
        contextlib.redirect_stdout(out),
        contextlib.suppress(SystemExit),
    ):
        run([*arguments, "--help"])
    return out.getvalue()
