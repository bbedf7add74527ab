"""The arguments and options that several commands have."""

from __future__ import annotations

import math
from collections.abc import Callable

import click

from flytebind.cli._options import Argument


def seconds(text: str) -> float:
    return number(text, "a number of seconds", lambda number: 0 <= number < math.inf)


def speed(text: str) -> float:
    return number(text, "a speed: above 0, up to 1000", lambda number: 0 < number <= 1000)


def number(text: str, what: str, is_good: Callable[[float], bool]) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not is_good(number):
        raise click.BadParameter(f"{text} is not {what}")
    return number


_EXECUTION = "its name, PROJECT/DOMAIN/NAME, or the URL of its page in the console"


def execution() -> click.Parameter:
    return Argument("execution", _EXECUTION)


def run() -> click.Parameter:
    return Argument("run", _EXECUTION)


def name() -> click.Parameter:
    return Argument("name", "the name that it is registered by")


def version() -> click.Parameter:
    return click.Option(
        ["--version"], metavar="VERSION", help="which version (default: the newest)"
    )


def timeout() -> click.Parameter:
    return click.Option(
        ["--timeout"], type=seconds, metavar="SECONDS", help="how long (default: for ever)"
    )


def new_name() -> click.Parameter:
    return click.Option(
        ["--execution-name"], metavar="NAME", help="what to call it (default: a new name)"
    )


def wait() -> list[click.Parameter]:
    return [
        # Eager, for it to be known when the other one is looked at.
        click.Option(["--wait"], is_flag=True, is_eager=True, help="wait until it is done"),
        click.Option(
            ["--timeout"],
            type=seconds,
            callback=_with_wait,
            metavar="SECONDS",
            help="how long to wait (default: for ever)",
        ),
    ]


def _with_wait(
    context: click.Context, option: click.Parameter, timeout: float | None
) -> float | None:
    if timeout is not None and not context.params["wait"]:
        raise click.UsageError("--timeout is how long to --wait: give both")
    return timeout


def web() -> click.Parameter:
    return click.Option(["--web"], is_flag=True, help="open its page in the browser")


def whole() -> click.Parameter:
    return click.Option(["--all"], is_flag=True, help="show long levels whole, not summarised")


def drawing() -> list[click.Parameter]:
    return [
        click.Option(["--svg"], metavar="FILE", help="write a picture; - for standard output"),
        click.Option(["--html"], metavar="FILE", help="write a page; - for standard output"),
        whole(),
    ]


def phases() -> click.Parameter:
    return click.Option(
        ["--phase"],
        multiple=True,
        metavar="PHASE",
        help="only those in this phase, such as running; may be given again for one more",
    )


def sort(column: str) -> click.Parameter:
    return click.Option(
        ["--sort"],
        metavar="COLUMN",
        help=f"a column such as {column}, or --sort=-{column} for descending "
        "(default: newest first)",
    )


def limit() -> click.Parameter:
    return click.Option(
        ["--limit"],
        type=click.IntRange(min=1),
        default=20,
        show_default=True,
        metavar="N",
        help="how many",
    )


def filter() -> click.Parameter:
    return click.Option(
        ["--filter"],
        multiple=True,
        metavar="FILTER",
        help="only those for which this holds, in admin's notation; may be given again",
    )


def columns(names: str) -> click.Parameter:
    return click.Option(["--columns"], metavar="NAME,...", help=f"what the table has: {names}")
