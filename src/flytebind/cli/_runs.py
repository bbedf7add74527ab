"""The commands ``flytebind run ...``."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from flytebind.cli._connect import place, settings, token, told_calls
from flytebind.cli._exits import DONE, UNSUCCESSFUL, CommandError
from flytebind.cli._files import check_drawings, write_drawings
from flytebind.cli._options import Call
from flytebind.cli._printing import (
    Column,
    open_page,
    print_document,
    print_drawing,
    print_fields,
    print_json,
    print_outputs,
    print_resolved,
    print_table,
    say_what_is_left,
)
from flytebind.looks._errors import in_full
from flytebind.looks._failure import first_failed_row
from flytebind.looks._rows import Row, telling
from flytebind.looks._terminal import can_draw
from flytebind.looks._tree import LONG
from flytebind.looks._words import harmless, has_failed, moment, readable, spoken
from flytebind.remote import Config, FlyteError
from flytebind.runs import Flyte2Remote, FlyteAction, FlyteRun, RunChange
from flytebind.runs._names import label

#: /v2/domain/DOMAIN/project/PROJECT/runs/NAME, and whatever follows.
_PAGE = re.compile(r"https?://[^?#]*/v2/domain/([^/?#]+)/project/([^/?#]+)/runs/([^/?#]+)")
#: Of so many actions that failed the errors are asked for.
_MOST_DETAILS = 10
_MOST_LOGS = 10

_COLUMNS: Mapping[str, Column[FlyteRun]] = {
    "name": lambda run: run.name,
    "phase": lambda run: run.phase.name,
    "task": lambda run: run.task_id.name if run.task_id is not None else run.title,
    "created": lambda run: moment(readable(run, "started_at")),
    "ended": lambda run: moment(readable(run, "ended_at")),
    "duration": lambda run: spoken(readable(run, "duration")),
    "trigger": lambda run: run.trigger,
}
_SHOWN = ("name", "phase", "created", "duration", "task")


def get(call: Call, *, run: str, web: bool) -> int:
    """Print what a run has come to."""
    with _fetched(call, run) as (remote, found):
        if web:
            return open_page(found.url)
        if call.is_for_people:
            _bring_states(remote, found)
        _show(call, found)
    return DONE


def list_(
    call: Call,
    *,
    limit: int,
    phase: Sequence[str],
    task: str | None,
    filter: Sequence[str],
    sort: str | None,
    columns: str | None,
) -> int:
    """List runs."""
    with _connect(call) as (remote, config):
        project, domain = place(config)
        found = list(
            remote.list_runs(
                project,
                domain,
                phase=[each.replace("-", "_") for each in phase],
                task=task,
                filters=[*filter],
                sort_by=sort,
                limit=limit + 1,
            )
        )
    print_table(call, found[:limit], _COLUMNS, _SHOWN, columns, lambda each: label(each.run_id))
    say_what_is_left(call, len(found), limit)
    return DONE


def tree(call: Call, *, run: str, all: bool) -> int:
    """Print a run and its actions as a tree."""
    with _fetched(call, run) as (remote, found):
        _bring_states(remote, found)
        made = replace(found.tree(), long=None if all else LONG)
    if call.is_for_people:
        print_drawing(made)
    else:
        print_document(call, made.to_dict(), name=label(found.run_id))
    return DONE


def timeline(call: Call, *, run: str, svg: str | None, html: str | None, all: bool) -> int:
    """Draw where the time of a run went: print it, or write it to files."""
    check_drawings(svg, html)
    with _fetched(call, run) as (remote, found):
        _bring_states(remote, found)
        made = replace(found.timeline(), long=None if all else LONG)
    if not write_drawings(call, made, svg, html):
        if call.is_for_people:
            print_drawing(made)
        else:
            print_document(call, made.to_dict(), name=label(found.run_id))
    return DONE


def wait(call: Call, *, run: str, timeout: float | None) -> int:
    """Wait until a run is done."""
    with _fetched(call, run) as (remote, found):
        return _wait_for(call, remote, found, timeout)


def watch(call: Call, *, run: str, timeout: float | None) -> int:
    """Show a run until it is done: as a tree that changes, or each change of phase."""
    with _fetched(call, run) as (remote, found):
        if call.is_for_people and not call.quiet and sys.stdout.isatty() and can_draw():
            return _wait_for(call, remote, found, timeout)
        with _said_to_go_on(found):
            for change in remote.watch(found, timeout):
                _print_change(call, change)
        if call.is_for_people and not call.quiet:
            print()
            _sum_up(remote, found)
    return _code(found)


def inputs(call: Call, *, run: str) -> int:
    """Print what went into a run."""
    with _fetched(call, run) as (_, found):
        return print_resolved(call, found.inputs, "it has no inputs")


def outputs(call: Call, *, run: str) -> int:
    """Print what came out of a run."""
    with _fetched(call, run) as (_, found):
        return print_resolved(call, found.outputs, "it has no outputs")


def logs(call: Call, *, run: str, action: str | None, attempt: int | None) -> int:
    """Print what an action of a run has logged."""
    with _fetched(call, run) as (remote, found):
        part: FlyteAction = found
        if action is not None:
            part = remote.fetch_action(found, action)
        for line in remote.logs(part, attempt):
            if call.output == "json":
                print_json(line, on_one_line=True)
            elif call.is_for_people:
                when = moment(readable(line, "timestamp"))
                print(f"{when}  {harmless(line.message)}".lstrip(), flush=True)
            else:
                print_document(call, line, name=line.message)
    return DONE


def abort(call: Call, *, run: str, reason: str) -> int:
    """End a run."""
    with _fetched(call, run) as (_, found):
        found.abort(reason)
    if not call.is_for_people:
        print_document(call, {"id": found.run_id, "reason": reason}, name=label(found.run_id))
    elif not call.quiet:
        print(f"ended {label(found.run_id)}")
    return DONE


def rerun(call: Call, *, run: str, run_name: str | None, wait: bool, timeout: float | None) -> int:
    """Run the same again, with the same inputs."""
    with _fetched(call, run) as (remote, found):
        started = remote.rerun(found, name=run_name)
        if wait:
            return _wait_for(call, remote, started, timeout)
        if not call.is_for_people:
            _show(call, started)
        else:
            print(label(started.run_id))
            if started.url and not call.quiet:
                print(harmless(started.url))
    return DONE


@contextmanager
def _connect(call: Call) -> Iterator[tuple[Flyte2Remote, Config]]:
    config = settings(call, flyte2=True)
    with told_calls(call), Flyte2Remote(config, token=token()) as remote:
        yield remote, config


@contextmanager
def _fetched(call: Call, run: str) -> Iterator[tuple[Flyte2Remote, FlyteRun]]:
    """The run that a command is about, with a connection to load more of it."""
    with _connect(call) as (remote, config):
        project, domain, name = _place_of(run, config)
        yield remote, remote.fetch_run(name, project=project, domain=domain)


def _place_of(text: str, config: Config) -> tuple[str, str, str]:
    page = _PAGE.match(text)
    if page is not None:
        domain, project, name = page.groups()
        return project, domain, name
    parts = text.split("/")
    if len(parts) == 3 and all(parts):
        return parts[0], parts[1], parts[2]
    if len(parts) != 1 or not text:
        raise CommandError(
            f"{text!r} is no run: give its name, PROJECT/DOMAIN/NAME, or the URL of its page in"
            " the console"
        )
    try:
        return (*place(config), text)
    except CommandError as error:
        raise CommandError(f"{error}, or the run as PROJECT/DOMAIN/NAME") from None


def _bring_states(remote: Flyte2Remote, run: FlyteRun) -> None:
    """Bring how actions are, and why those failed that did; as much as can be had."""
    with suppress(FlyteError):
        run.sync(actions=True)
        failed = [each for each in run.actions.values() if has_failed(each.phase.name)]
        for action in failed[:_MOST_DETAILS]:
            _ = action.details


def _wait_for(call: Call, remote: Flyte2Remote, run: FlyteRun, timeout: float | None) -> int:
    with _said_to_go_on(run):
        run.wait(timeout, progress=not call.quiet)
    if not call.is_for_people:
        _show(call, run)
    elif not call.quiet:
        _sum_up(remote, run)
    return _code(run)


def _show(call: Call, run: FlyteRun) -> None:
    """Print a run, as the options want it."""
    if call.is_for_people:
        _print_run(run)
    else:
        document = {"run": run.run_id, "spec": run.spec, "action": run.details}
        print_document(call, document, name=label(run.run_id))


def _sum_up(remote: Flyte2Remote, run: FlyteRun) -> None:
    """What has become of a run: all that matters of it, and what came out or went wrong."""
    _bring_states(remote, run)
    _print_run(run)
    print_outputs(run)


def _print_run(run: FlyteRun) -> None:
    row = run.snapshot()
    failed = first_failed_row(row)
    print_fields(
        {
            "run": label(run.run_id),
            "phase": row.phase,
            "task": label(run.task_id) if run.task_id is not None else run.title,
            "created": moment(row.created_at),
            "duration": spoken(row.time),
            "attempts": str(row.attempts) if row.attempts > 1 else "",
            "aborted": (run.abort_reason or "nobody says why") if row.phase == "ABORTED" else "",
            "console": run.url or "",
            "failed first": "" if failed is None else _called(failed),
        }
    )
    for each in (telling(row) or [row])[:_MOST_LOGS]:
        for log in each.logs:
            print_fields({"logs": f"{each.name}: {log.uri}"})
    error = (failed.error if failed is not None else None) or row.error
    if error is not None:
        print(f"{'error':12}  {in_full(error)}")


def _called(row: Row) -> str:
    return f"{row.kind} {row.name} ({row.what})" if row.what else f"{row.kind} {row.name}"


@contextmanager
def _said_to_go_on(run: FlyteRun) -> Iterator[None]:
    """Who stops waiting hears that the run does not stop."""
    try:
        yield
    except KeyboardInterrupt:
        name = label(run.run_id)
        print(
            f"\nno longer waiting; the run goes on:\n"
            f"  flytebind run wait {name}\n"
            f"  flytebind run abort {name}",
            file=sys.stderr,
        )
        raise


def _code(run: FlyteRun) -> int:
    return DONE if run.is_successful else UNSUCCESSFUL


def _print_change(call: Call, change: RunChange) -> None:
    part = change.run if change.action is None else change.action
    phase = change.phase.name
    before = None if change.before is None else change.before.name
    if call.is_for_people:
        when = moment(readable(part, "ended_at") if part.is_done else None) or " " * 20
        of = label(part.run_id if change.action is None else part.id)
        print(f"{when}  {of}  {f'{before} -> ' if before else ''}{phase}", flush=True)
        return
    document = {
        "run": change.run.run_id,
        "action": None if change.action is None else change.action.name,
        "before": before,
        "phase": phase,
        "endedAt": readable(part, "ended_at"),
    }
    if call.output == "json":
        print_json(document, on_one_line=True)
    else:
        print_document(call, document, name=phase)
