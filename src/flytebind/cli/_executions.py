"""The commands ``flytebind execution ...`` that read, wait and end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from flytebind.cli._connect import connect, execution_id, place
from flytebind.cli._exits import DONE, UNSUCCESSFUL, CommandError
from flytebind.cli._files import check_drawings, write_drawings
from flytebind.cli._looking import bring_names, bring_states
from flytebind.cli._options import Call
from flytebind.cli._places import check_place
from flytebind.cli._printing import (
    open_page,
    print_document,
    print_drawing,
    print_execution,
    print_executions,
    print_json,
    print_outputs,
    print_resolved,
    print_rows,
    say_what_is_left,
)
from flytebind.looks._labels import label
from flytebind.looks._terminal import can_draw
from flytebind.looks._tree import LONG, tree as tree_of
from flytebind.looks._words import harmless, moment, readable
from flytebind.models.core.execution import WorkflowExecution
from flytebind.remote import (
    Change,
    FlyteWorkflowExecution,
)
from flytebind.remote.executions import walk
from flytebind.runtime.fields import did_you_mean


def get(call: Call, *, execution: str, web: bool) -> int:
    """Print what an execution has come to."""
    with fetched(call, execution) as found:
        if web:
            return open_page(found.execution_url)
        if call.is_for_people:
            bring_states(found)
        show(call, found)
    return DONE


def list_(
    call: Call,
    *,
    limit: int,
    phase: Sequence[str],
    filter: Sequence[str],
    sort: str | None,
    columns: str | None,
) -> int:
    """List executions."""
    filters = [*filter]
    if phase:
        filters.append(f"value_in(phase,{';'.join(map(_phase, phase))})")
    with connect(call) as (remote, config):
        project, domain = place(config)
        found = list(
            remote.list_executions(project, domain, filters=filters, sort_by=sort, limit=limit + 1)
        )
        if not found:
            check_place(remote, project, domain)
    print_executions(call, found[:limit], columns)
    say_what_is_left(call, len(found), limit)
    return DONE


def tree(call: Call, *, execution: str, all: bool) -> int:
    """Print an execution and its nodes as a tree."""
    with fetched(call, execution) as found:
        bring_names(found.sync(sync_nodes=True))
        made = tree_of(found.snapshot(), None if all else LONG)
    if call.is_for_people:
        print_drawing(made)
    else:
        print_document(call, made.to_dict(), name=label(found.id))
    return DONE


def timeline(call: Call, *, execution: str, svg: str | None, html: str | None, all: bool) -> int:
    """Draw where the time of an execution went: print it, or write it to files."""
    check_drawings(svg, html)
    with fetched(call, execution) as found:
        bring_names(found.sync(sync_nodes=True))
        made = found.timeline()
    if all:
        made = replace(made, long=None)
    if not write_drawings(call, made, svg, html):
        if call.is_for_people:
            print_drawing(made)
        else:
            print_document(call, made.to_dict(), name=label(found.id))
    return DONE


def wait(call: Call, *, execution: str, timeout: float | None) -> int:
    """Wait until an execution is done."""
    with fetched(call, execution) as found:
        return wait_for(call, found, timeout)


def wait_for(call: Call, execution: FlyteWorkflowExecution, timeout: float | None = None) -> int:
    """Wait until an execution is done, and print what it has come to."""
    with said_to_go_on(execution):
        execution.wait(timeout, progress=not call.quiet)
    if not call.is_for_people:
        show(call, execution)
    elif not call.quiet:
        _sum_up(execution)
    return _code(execution)


def watch(call: Call, *, execution: str, timeout: float | None) -> int:
    """Show an execution until it is done: as a tree that changes, or each change of phase."""
    with connect(call) as (remote, config):
        id = execution_id(execution, config)
        found = remote.fetch_execution(id.name, project=id.project, domain=id.domain)
        if call.is_for_people and not call.quiet and sys.stdout.isatty() and can_draw():
            return wait_for(call, found, timeout)
        with said_to_go_on(found):
            for change in remote.watch(found, timeout):
                if change.node is None or not change.node.is_boundary:
                    print_change(call, change)
        if call.is_for_people and not call.quiet:
            bring_states(found)
            print()
            _sum_up(found)
    return _code(found)


def inputs(call: Call, *, execution: str) -> int:
    """Print what went into an execution."""
    with fetched(call, execution) as found:
        return print_resolved(call, found.inputs, "it has no inputs")


def outputs(call: Call, *, execution: str) -> int:
    """Print what came out of an execution."""
    with fetched(call, execution) as found:
        return print_resolved(call, found.outputs, "it has no outputs")


def logs(call: Call, *, execution: str, node: str | None) -> int:
    """Print the links to the logs of an execution's tasks."""
    with fetched(call, execution) as found:
        found.sync(sync_nodes=True)
        attempts = [
            attempt
            for each in walk(found)
            if node in (None, each.id.node_id)
            for attempt in each.task_executions
        ]
    rows = [
        {
            "node": attempt.id.node_execution_id.node_id,
            "task": attempt.id.task_id.name,
            "attempt": attempt.id.retry_attempt,
            "log": log.name,
            "uri": log.uri,
        }
        for attempt in attempts
        for log in attempt.closure.logs
    ]
    print_rows(call, rows, name="uri")
    if not (rows or call.quiet):
        print("there are no links to logs", file=sys.stderr)
    return DONE


def terminate(call: Call, *, execution: str, cause: str) -> int:
    """Ask for an execution to end."""
    with connect(call) as (remote, config):
        id = execution_id(execution, config)
        remote.terminate(id, cause)
    if not call.is_for_people:
        print_document(call, {"id": id, "cause": cause}, name=label(id))
    elif not call.quiet:
        print(f"asked for the end of {harmless(label(id))}")
    return DONE


@contextmanager
def fetched(call: Call, execution: str) -> Iterator[FlyteWorkflowExecution]:
    """The execution that a command is about, with a connection to load more of it."""
    with connect(call) as (remote, config):
        id = execution_id(execution, config)
        yield remote.fetch_execution(id.name, project=id.project, domain=id.domain)


def show(call: Call, execution: FlyteWorkflowExecution) -> None:
    """Print an execution, as the options want it."""
    if call.is_for_people:
        print_execution(execution)
    else:
        print_document(call, execution, name=label(execution.id))


def _sum_up(execution: FlyteWorkflowExecution) -> None:
    """What has become of an execution: all that matters of it, and what came out or went wrong."""
    print_execution(execution)
    print_outputs(execution)


@contextmanager
def said_to_go_on(execution: FlyteWorkflowExecution) -> Iterator[None]:
    """Who stops waiting hears that the execution does not stop."""
    try:
        yield
    except KeyboardInterrupt:
        name = harmless(label(execution.id))
        print(
            f"\nno longer waiting; the execution goes on:\n"
            f"  flytebind execution wait {name}\n"
            f"  flytebind execution terminate {name}",
            file=sys.stderr,
        )
        raise


def _code(execution: FlyteWorkflowExecution) -> int:
    return DONE if execution.is_successful else UNSUCCESSFUL


def _phase(text: str) -> str:
    names = [phase.name for phase in WorkflowExecution.Phase]
    name = text.upper().replace("-", "_")
    if name not in names:
        hint = did_you_mean(name, names) or f": there are {', '.join(names).lower()}"
        raise CommandError(f"{text!r} is no phase{hint}")
    return name


def print_change(call: Call, change: Change) -> None:
    """Print that something has come to another phase."""
    if call.is_for_people:
        print(_change_as_text(change), flush=True)
    elif call.output == "json":
        print_json(_change_as_json(change), on_one_line=True)
    else:
        print_document(call, _change_as_json(change), name=change.phase.name)


def _change_as_json(change: Change) -> dict[str, object]:
    node = change.node
    return {
        "execution": node.id.execution_id if node is not None else change.execution.id,
        "node": node.id.node_id if node is not None else None,
        "before": change.before,
        "phase": change.phase,
        "updatedAt": readable((node or change.execution).closure, "updated_at"),
    }


def _change_as_text(change: Change) -> str:
    part = change.execution if change.node is None else change.node
    came_from = f"{change.before.name} -> " if change.before is not None else ""
    when = moment(readable(part.closure, "updated_at")) or " " * 20
    return f"{when}  {harmless(label(part.id))}  {came_from}{change.phase.name}"
