"""What all commands share: how they are declared, and the options that may stand anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

import click

_EXITS = (
    ("0", "done; wait, watch, --wait: and it has succeeded"),
    ("1", "wait, watch, --wait: it has ended, without success"),
    ("2", "something is wrong with the command, the settings, the server or the data"),
    ("3", "wait, watch, --wait: it was not done in time"),
    ("130", "interrupted"),
)

_HELP = {"help_option_names": ["-h", "--help"]}


@dataclass(frozen=True)
class Call:
    """What the options say that any command takes."""

    endpoint: str | None = None
    """Where the server is: ``HOST:PORT``."""
    insecure: bool = False
    """Whether to connect without TLS."""
    config: str | None = None
    """A file of settings."""
    project: str | None = None
    domain: str | None = None
    output: str = "table"
    """``table`` for people; ``json``, ``yaml`` or ``name`` for programs."""
    quiet: bool = False
    """Whether to print results and errors, and no more."""
    verbose: bool = False
    """Whether to log each call."""

    @property
    def is_for_people(self) -> bool:
        return self.output == "table"


def _take(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Note an option that was given; the one nearest to the end of the line wins."""
    assert option.name is not None
    if context.get_parameter_source(option.name) is click.core.ParameterSource.DEFAULT:
        return
    root = context.find_root()
    call = root.ensure_object(Call)
    root.obj = replace(call, **{option.name: value})


def _take_json(context: click.Context, option: click.Parameter, value: bool) -> None:
    if value:
        root = context.find_root()
        root.obj = replace(root.ensure_object(Call), output="json")


class _Shared(click.Option):
    """An option that any command takes, and that may stand before and after it."""

    def __init__(self, *names: str, **settings: Any) -> None:
        settings.setdefault("callback", _take)
        super().__init__(names, expose_value=False, **settings)


def connection_options() -> list[click.Parameter]:
    """Which server, and where on it."""
    return [
        _Shared("--endpoint", metavar="HOST:PORT", help="where the server is"),
        _Shared("--insecure", is_flag=True, help="connect without TLS"),
        _Shared(
            "--config",
            type=click.Path(),
            metavar="FILE",
            help="settings, as flytectl or flytekit write them",
        ),
        _Shared("-p", "--project", metavar="NAME", help="the project"),
        _Shared("-d", "--domain", metavar="NAME", help="the domain"),
        _Shared("-v", "--verbose", is_flag=True, help="log each call to stderr"),
    ]


def output_options() -> list[click.Parameter]:
    """How results are printed."""
    return [
        _Shared(
            "-o", "--output",
            type=click.Choice(["table", "json", "yaml", "name"]),
            help="how to print results (default: table)",
        ),
        _Shared("--json", is_flag=True, callback=_take_json, help="the same as -o json"),
        _Shared("-q", "--quiet", is_flag=True, help="print results and errors, and no more"),
    ]  # fmt: skip


class Argument(click.Argument):
    """An argument with a line in the help."""

    def __init__(self, name: str, help: str, **settings: Any) -> None:
        called = name.upper()
        settings.setdefault("metavar", called if settings.get("required", True) else f"[{called}]")
        super().__init__([name], **settings)
        self._help = help

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        return self.make_metavar(ctx), self._help


def _section(param: click.Parameter) -> str:
    if isinstance(param, click.Argument):
        return "Arguments"
    return "Global options" if isinstance(param, _Shared) else "Options"


class _Screen(click.Command):
    """Help with the global options apart from a command's own, examples, and exit codes."""

    examples = ""
    """Lines that are copied, hence not broken; they fit 80 columns."""
    note = ""
    """What else there is to say."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            row = param.get_help_record(ctx)
            if row is not None:
                sections.setdefault(_section(param), []).append(row)
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.examples:
            formatter.write("\nexamples:\n")
            formatter.write("".join(f"  {line}\n" for line in self.examples.strip().splitlines()))
        if self.note:
            formatter.write_paragraph()
            formatter.write_text(self.note)
        with formatter.section("exit codes"):
            formatter.write_dl(_EXITS)


class Command(_Screen):
    """A command whose code is loaded when it is run, so that help is fast.

    Args:
        name: What it is called.
        summary: What it does.
        run: ``module:function`` below ``flytebind.cli``. The function takes a ``Call`` and the
            arguments by name, and returns the exit code.
        arguments: The arguments and options of its own.
        examples: Lines for the help.
        note: What else the help says.
        is_local: Whether it talks to no server, and takes no connection options.
        settings: What click is told besides.
    """

    def __init__(
        self,
        name: str,
        summary: str,
        run: str,
        arguments: Sequence[click.Parameter] = (),
        *,
        examples: str,
        note: str = "",
        is_local: bool = False,
        settings: Mapping[str, object] | None = None,
    ) -> None:
        self.run, self.examples, self.note = run, examples, note
        shared = [*([] if is_local else connection_options()), *output_options()]
        super().__init__(
            name,
            context_settings={**_HELP, **(settings or {})},
            callback=self._call,
            params=[*arguments, *shared],
            help=f"{summary[0].upper()}{summary[1:]}.",
            short_help=summary,
        )

    def _call(self, **arguments: object) -> int:
        call = click.get_current_context().find_root().ensure_object(Call)
        module, _, function = self.run.partition(":")
        code: int = getattr(import_module(f"flytebind.cli.{module}"), function)(call, **arguments)
        return code


class Group(_Screen, click.Group):
    """A command that holds others.

    Args:
        name: What it is called.
        summary: What its commands are about.
        commands: These.
        examples: Lines for the help.
        note: What else the help says.
        arguments: Options of its own.
    """

    def __init__(
        self,
        name: str,
        summary: str,
        commands: Sequence[click.Command],
        *,
        examples: str = "",
        note: str = "",
        arguments: Sequence[click.Parameter] = (),
    ) -> None:
        self.examples = examples
        self.note = note or f"`flytebind {name} COMMAND --help` has examples."
        super().__init__(
            name,
            {command.name or "": command for command in commands},
            context_settings=_HELP,
            params=[*arguments, *connection_options(), *output_options()],
            help=f"{summary[0].upper()}{summary[1:]}.",
            short_help=summary,
            subcommand_metavar="COMMAND [ARGUMENT]...",
        )

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they are told."""
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Commands first, which is what people look for."""
        self.format_commands(ctx, formatter)
        _Screen.format_options(self, ctx, formatter)
