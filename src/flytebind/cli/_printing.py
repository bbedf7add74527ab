"""How results are printed: for people, or as JSON for programs."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence, Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import PurePath
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from flytebind.cli._exits import DONE, CommandError
from flytebind.cli._options import Call
from flytebind.looks._errors import in_full
from flytebind.looks._failure import first_failure
from flytebind.looks._labels import label
from flytebind.looks._layout import Cell, Line
from flytebind.looks._rows import named, row_of, telling
from flytebind.looks._tree import Tree, rich_text
from flytebind.looks._words import STYLES, Times, first_line, harmless, moment, spoken, time_taken
from flytebind.looks._work import Work
from flytebind.remote.errors import FlyteDataError, FlyteError, FlyteValueError
from flytebind.remote.executions import FlyteWorkflowExecution
from flytebind.runtime.fields import did_you_mean
from flytebind.runtime.model import Model

if TYPE_CHECKING:
    from rich.console import Console

    from flytebind.looks import Timeline

T = TypeVar("T")

Column: TypeAlias = Callable[[T], str]
"""What a table tells of each thing."""

_MOST_LOGS = 10
_LONGEST_VALUE = 500
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def print_json(value: object, *, on_one_line: bool = False) -> None:
    """Print one JSON document, at once."""
    print(
        json.dumps(
            jsonable(value),
            indent=None if on_one_line else 2,
            ensure_ascii=(sys.stdout.encoding or "").lower() not in ("utf-8", "utf8"),
            allow_nan=False,
        ),
        flush=True,
    )


def jsonable(value: object) -> object:
    """A value with the types of JSON.

    Times become ISO 8601 text, lengths of time seconds, bytes base64, and models protobuf's JSON.
    NaN and the infinities, which JSON has not, are told as protobuf tells them: as text.

    Raises:
        CommandError: If a model holds what protobuf's JSON cannot.
    """
    if isinstance(value, Enum):
        return value.name if isinstance(value, int) else jsonable(value.value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _NOT_FINITE[str(value)]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        from base64 import b64encode

        return b64encode(value).decode()
    if isinstance(value, Model):
        try:
            return value.to_dict()
        except ValueError as error:
            raise CommandError(f"there is no JSON for that: {error}") from None
    if isinstance(value, Mapping):
        return {_key(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (Sequence, AbstractSet)):
        return [jsonable(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):  # handles are such
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    return str(value) if isinstance(value, PurePath) else repr(value)


def _key(key: object) -> str:
    made = jsonable(key)
    return made if isinstance(made, str) else json.dumps(made)


def print_execution(execution: FlyteWorkflowExecution) -> None:
    """Print what an execution has come to, for people."""
    closure, spec = execution.closure, execution.spec
    times = Times.of(closure)
    snapshot = execution.snapshot()
    failure = first_failure(snapshot)
    rows = {
        "execution": label(execution.id),
        "phase": execution.phase.name,
        "workflow": label(closure.workflow_id) if closure.workflow_id is not None else "",
        "launch plan": label(spec.launch_plan),
        "created": moment(times.created_at),
        "started": moment(times.started_at),
        "duration": spoken(time_taken(times, execution.is_done)),
        "aborted": _abortion(execution),
        "console": execution.execution_url or "",
        "failed first": "" if failure is None else f"node {named(failure)}",
    }
    print_fields(rows)
    for row in telling(row_of(snapshot))[:_MOST_LOGS]:
        for log in row.logs:
            print_fields({"logs": f"{row.name}: {log.uri}"})
    if snapshot.error is not None:
        print(f"{'error':12}  {in_full(snapshot.error)}")


def print_outputs(execution: Work) -> None:
    """Print what came out of an execution, a line for each output; nothing if it has none."""
    if not execution.is_successful:
        return
    try:
        outputs = execution.outputs
    except FlyteError as error:
        print_fields({"outputs": first_line(str(error), _LONGEST_VALUE)})
        return
    for name in outputs:
        try:
            value = " ".join(repr(outputs[name]).split())
        except FlyteError as error:
            value = f"not to be had: {first_line(str(error), None)}"
        print_fields({"outputs": first_line(f"{name} = {value}", _LONGEST_VALUE)})


def print_fields(fields: Mapping[str, str]) -> None:
    """Print what there is to say about one thing: a line for each field that is not empty."""
    width = max(12, *map(len, fields)) if fields else 0
    console = _console()
    for name, value in fields.items():
        if value:
            _print_line([Cell(f"{name:{width}}  ", "dim"), _shown(value)], console)


def _abortion(execution: FlyteWorkflowExecution) -> str:
    abortion = execution.closure.abort_metadata
    if abortion is None:
        return ""
    by = f"by {abortion.principal}" if abortion.principal else ""
    return ": ".join(filter(None, (by, first_line(abortion.cause))))


_COLUMNS: Mapping[str, Column[FlyteWorkflowExecution]] = {
    "name": lambda execution: execution.id.name,
    "phase": lambda execution: execution.phase.name,
    "created": lambda execution: moment(Times.of(execution.closure).created_at),
    "started": lambda execution: moment(Times.of(execution.closure).started_at),
    "duration": lambda execution: spoken(time_taken(execution.closure, execution.is_done)),
    "launch-plan": lambda execution: execution.spec.launch_plan.name,
    "version": lambda execution: execution.spec.launch_plan.version,
    "workflow": lambda execution: (
        execution.closure.workflow_id.name if execution.closure.workflow_id else ""
    ),
    "user": lambda execution: execution.spec.metadata.principal,
}
_SHOWN = ("name", "phase", "created", "duration", "launch-plan")


def print_executions(
    call: Call, executions: Sequence[FlyteWorkflowExecution], columns: str | None
) -> None:
    """Print executions: a line each, or as programs want them.

    Args:
        call: The options.
        executions: What to print.
        columns: Names of columns with commas between them; None for those that most people want.

    Raises:
        CommandError: If there is no such column.
    """
    print_table(call, executions, _COLUMNS, _SHOWN, columns, lambda each: label(each.id))


def print_table(
    call: Call,
    items: Sequence[T],
    columns: Mapping[str, Column[T]],
    shown: Sequence[str],
    chosen: str | None,
    name: Callable[[T], str],
) -> None:
    """Print things of one kind: a line each, or as programs want them.

    Args:
        call: The options.
        items: What to print.
        columns: What can be told of each, by the name of a column.
        shown: The columns that most people want.
        chosen: Names of columns with commas between them, in place of these.
        name: What ``-o name`` prints of each.

    Raises:
        CommandError: If there is no such column.
    """
    names = shown if chosen is None else [*filter(None, map(str.strip, chosen.split(",")))]
    for each in names:
        if each not in columns:
            hint = did_you_mean(each, columns) or f": there are {', '.join(columns)}"
            raise CommandError(f"there is no column {each!r}{hint}")
    if call.is_for_people:
        print_rows(call, [{each: columns[each](item) for each in names} for item in items])
    else:
        print_document(call, items, name="\n".join(map(name, items)))


def say_what_is_left(call: Call, count: int, limit: int) -> None:
    """Tell people that a list is empty, or goes on.

    Args:
        call: The options.
        count: How many things there are, as far as that was looked at.
        limit: How many were printed at the most.
    """
    if call.is_for_people and not call.quiet:
        if not count:
            print("there are none", file=sys.stderr)
        elif count > limit:
            print(f"there are more than these {limit}: see --limit", file=sys.stderr)


def open_page(url: str | None) -> int:
    """Open a page of the console in the browser, or print where it is.

    Raises:
        CommandError: If nobody knows where it is.
    """
    import webbrowser

    if not url:
        raise CommandError("where the console is cannot be told: see console.endpoint in --config")
    if not webbrowser.open(url):
        print(url)
    return DONE


def print_rows(call: Call, rows: Sequence[Mapping[str, object]], name: str = "name") -> None:
    """Print rows of the same keys: as a table, or as programs want them.

    Args:
        call: The options.
        rows: What to print.
        name: The key whose values are enough for ``-o name``.
    """
    if not call.is_for_people:
        print_document(call, rows, name="\n".join(str(row[name]) for row in rows))
        return
    if not rows:
        return
    lines = [[Cell(key.upper().replace("-", " "), "dim") for key in rows[0]]]
    lines += [[_shown(str(value)) for value in row.values()] for row in rows]
    widths = [max(len(cell.text) for cell in column) for column in zip(*lines, strict=True)]
    console = _console()
    for line in lines:
        for place, (cell, width) in enumerate(zip(line[:-1], widths, strict=False)):
            line[place] = cell._replace(text=f"{cell.text:{width}}  ")
        _print_line(line, console)


def _shown(value: str) -> Cell:
    """A value; phases have colours."""
    return Cell(harmless(value), STYLES.get(value, ""))


def _print_line(line: Line, console: Console | None) -> None:
    if console is None:
        print("".join(cell.text for cell in line).rstrip())
    else:
        console.print(rich_text(line, overflow="fold"), soft_wrap=True, highlight=False)


def print_document(call: Call, value: object, *, name: str) -> None:
    """Print a result for programs.

    Args:
        call: The options.
        value: What JSON and YAML have.
        name: What ``-o name`` prints: ids in lines, or nothing.
    """
    if call.output == "json":
        print_json(value)
    elif call.output == "yaml":
        import yaml

        text = yaml.safe_dump(jsonable(value), allow_unicode=True, sort_keys=False, width=100)
        print(text.removesuffix("...\n"), end="", flush=True)
    elif name:
        print(harmless(name) if "\n" not in name else "\n".join(map(harmless, name.split("\n"))))


def print_values(values: Mapping[str, object]) -> None:
    """Print values by name, for people."""
    from pprint import pformat

    for name, value in values.items():
        lines = pformat(value, sort_dicts=False).splitlines()
        print(f"{name} =", f"\n{' ' * (len(name) + 3)}".join(lines))


def print_resolved(call: Call, resolver: Mapping[str, object], nothing: str) -> int:
    """Print inputs or outputs; those that cannot be had do not keep the others back.

    Args:
        call: The options.
        resolver: What to print.
        nothing: What to say where there are none.

    Raises:
        FlyteDataError: If one of them cannot be had.
        FlyteValueError: If one of them is not what its type says.
    """
    values: dict[str, object] = {}
    problems: list[FlyteError] = []
    for name in resolver:
        try:
            values[name] = resolver[name]
        except (FlyteDataError, FlyteValueError) as error:
            problems.append(error)  # the others can be had all the same
    if not call.is_for_people:
        print_document(call, values, name="\n".join(values))
    elif values:
        print_values(values)
    elif not (call.quiet or problems):
        print(nothing, file=sys.stderr)
    for problem in problems:
        raise problem
    return DONE


def print_text(text: str, style: str = "") -> None:
    """Print a sentence at once, broken between words where there is a terminal."""
    console = _console()
    if console is None:
        print(text, flush=True)
    else:
        console.print(text, style=style, markup=False, highlight=False)


def print_drawing(drawing: Tree | Timeline) -> None:
    """Print a tree or a timeline; in colours where there are any."""
    console = _console()
    if console is None:
        print(drawing)
    else:
        console.print(drawing, crop=False)  # addresses go on in the next line


def _console() -> Console | None:
    """Where colours can be shown, which FORCE_COLOR insists on and NO_COLOR forbids."""
    if not sys.stdout.isatty() and not os.environ.get("FORCE_COLOR"):
        return None
    try:
        from rich.console import Console
    except ModuleNotFoundError:
        return None
    return Console()
