"""The commands ``flytebind execution ...``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from flytebind.cli._connect import execution_id, place, settings
from flytebind.cli._exits import DONE, UNSUCCESSFUL, CommandError
from flytebind.cli._printing import (
    print_execution,
    print_json,
    print_table,
    print_tree,
    print_values,
)
from flytebind.looks._labels import label
from flytebind.looks._tree import LONG, tree
from flytebind.looks._words import moment
from flytebind.models.core.execution import WorkflowExecution
from flytebind.remote import (
    Change,
    FlyteDataError,
    FlyteError,
    FlyteRemote,
    FlyteValueError,
    FlyteWorkflowExecution,
)
from flytebind.runtime.fields import did_you_mean


def run_get(options: argparse.Namespace) -> int:
    """Print what an execution has come to."""
    with _fetched(options) as execution:
        _print(options, execution)
    return DONE


def run_list(options: argparse.Namespace) -> int:
    """List executions."""
    filters = [*options.filter]
    if options.phase:
        filters.append(f"value_in(phase,{';'.join(map(_phase, options.phase))})")
    config = settings(options)
    project, domain = place(config)
    with FlyteRemote(config) as remote:
        found = list(
            remote.list_executions(
                project, domain, filters=filters, sort_by=options.sort, limit=options.limit
            )
        )
    if options.json:
        print_json(found)
    elif found:
        print_table(found)
    elif not options.quiet:
        print("there are none", file=sys.stderr)
    return DONE


def run_tree(options: argparse.Namespace) -> int:
    """Print an execution and its nodes as a tree."""
    with _fetched(options) as execution:
        made = tree(execution.sync(sync_nodes=True).snapshot(), None if options.all else LONG)
    if options.json:
        print_json(made)
    else:
        print_tree(made)
    return DONE


def run_wait(options: argparse.Namespace) -> int:
    """Wait until an execution is done."""
    with _fetched(options) as execution:
        execution.wait(options.timeout, progress=not options.quiet)
        if options.json or not options.quiet:
            _print(options, execution)
    return _code(execution)


def run_watch(options: argparse.Namespace) -> int:
    """Print each change of phase until an execution is done."""
    config = settings(options)
    id = execution_id(options.execution, config)
    with FlyteRemote(config) as remote:
        execution = remote.fetch_execution(id.name, id.project, id.domain)
        for change in remote.watch(execution, options.timeout):
            if change.node is not None and change.node.is_boundary:
                continue
            if options.json:
                print_json(_change_as_json(change), on_one_line=True)
            else:
                print(_change_as_text(change), flush=True)
    return _code(execution)


def run_outputs(options: argparse.Namespace) -> int:
    """Print what came out of an execution."""
    values: dict[str, object] = {}
    problems: list[FlyteError] = []
    with _fetched(options) as execution:
        for name in execution.outputs:
            try:
                values[name] = execution.outputs[name]
            except (FlyteDataError, FlyteValueError) as error:
                problems.append(error)  # the others can be had all the same
    if options.json:
        print_json(values)
    elif values:
        print_values(values)
    elif not (options.quiet or problems):
        print("it has no outputs", file=sys.stderr)
    for problem in problems:
        raise problem
    return DONE


def run_terminate(options: argparse.Namespace) -> int:
    """Ask for an execution to end."""
    config = settings(options)
    id = execution_id(options.execution, config)
    with FlyteRemote(config) as remote:
        remote.terminate(id, options.cause)
    if options.json:
        print_json({"id": id, "cause": options.cause})
    elif not options.quiet:
        print(f"asked for the end of {label(id)}")
    return DONE


@contextmanager
def _fetched(options: argparse.Namespace) -> Iterator[FlyteWorkflowExecution]:
    """The execution that a command is about, with a connection to load more of it."""
    config = settings(options)
    id = execution_id(options.execution, config)
    with FlyteRemote(config) as remote:
        yield remote.fetch_execution(id.name, id.project, id.domain)


def _print(options: argparse.Namespace, execution: FlyteWorkflowExecution) -> None:
    if options.json:
        print_json(execution)
    else:
        print_execution(execution)


def _code(execution: FlyteWorkflowExecution) -> int:
    return DONE if execution.is_successful else UNSUCCESSFUL


def _phase(text: str) -> str:
    names = [phase.name for phase in WorkflowExecution.Phase]
    name = text.upper().replace("-", "_")
    if name not in names:
        hint = did_you_mean(name, names) or f": there are {', '.join(names).lower()}"
        raise CommandError(f"{text!r} is no phase{hint}")
    return name


def _change_as_json(change: Change) -> dict[str, object]:
    node = change.node
    return {
        "execution": node.id.execution_id if node is not None else change.execution.id,
        "node": node.id.node_id if node is not None else None,
        "before": change.before,
        "phase": change.phase,
        "updatedAt": (node or change.execution).closure.updated_at,
    }


def _change_as_text(change: Change) -> str:
    part = change.execution if change.node is None else change.node
    came_from = f"{change.before.name} -> " if change.before is not None else ""
    when = moment(part.closure.updated_at) or " " * 20
    return f"{when}  {label(part.id)}  {came_from}{change.phase.name}"
