"""How results are printed: for people, or as JSON for programs."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence, Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import PurePath

from flytebind.cli._exits import CommandError
from flytebind.looks._failure import in_brief
from flytebind.looks._labels import label
from flytebind.looks._tree import Tree
from flytebind.looks._words import first_line, harmless, moment, spoken, time_taken
from flytebind.remote.executions import FlyteWorkflowExecution
from flytebind.runtime.model import Model

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
    failure = execution.first_failure()
    rows = {
        "execution": label(execution.id),
        "phase": execution.phase.name,
        "workflow": label(closure.workflow_id) if closure.workflow_id is not None else "",
        "launch plan": label(spec.launch_plan),
        "created": moment(closure.created_at),
        "started": moment(closure.started_at),
        "duration": spoken(time_taken(closure, execution.is_done)),
        "error": in_brief(execution._error, 400),
        "failed first": "" if failure is None else f"node {failure.id.node_id}",
        "aborted": _abortion(execution),
        "console": execution.execution_url or "",
    }
    for name, value in rows.items():
        if value:
            print(f"{name:12}  {harmless(value)}")


def _abortion(execution: FlyteWorkflowExecution) -> str:
    abortion = execution.closure.abort_metadata
    if abortion is None:
        return ""
    by = f"by {abortion.principal}" if abortion.principal else ""
    return ": ".join(filter(None, (by, first_line(abortion.cause))))


def print_table(executions: Sequence[FlyteWorkflowExecution]) -> None:
    """Print executions in lines, for people."""
    rows = [("NAME", "PHASE", "CREATED", "DURATION", "LAUNCH PLAN")]
    for execution in executions:
        closure = execution.closure
        rows.append(
            (
                harmless(execution.id.name),
                execution.phase.name,
                moment(closure.created_at),
                spoken(time_taken(closure, execution.is_done)),
                harmless(execution.spec.launch_plan.name),
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def print_values(values: Mapping[str, object]) -> None:
    """Print values by name, for people."""
    from pprint import pformat

    for name, value in values.items():
        lines = pformat(value, sort_dicts=False).splitlines()
        print(f"{name} =", f"\n{' ' * (len(name) + 3)}".join(lines))


def print_tree(tree: Tree) -> None:
    """Print a tree; in colours where there are any."""
    if sys.stdout.isatty():
        try:
            from rich.console import Console
        except ModuleNotFoundError:
            pass
        else:
            Console().print(tree)
            return
    print(tree)
