"""The scripted workflows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from flyteidl.core.condition_pb2 import ComparisonExpression

from flytebind.sandbox.play._tasks import (
    describe,
    download,
    fetch,
    grow,
    notify,
    probe,
    square,
    total,
    train_large,
    train_small,
    validate,
)
from flytebind.sandbox.play._workflow import Script, Workflow, call

_scripts: dict[str, Script] = {}

SCRIPTS: Mapping[str, Script] = MappingProxyType(_scripts)
"""By the name of the launch plan."""


def _script(name: str, offloads: bool = False) -> Callable[[Callable[[Workflow], None]], Script]:
    def declare(write: Callable[[Workflow], None]) -> Script:
        script = _scripts[name] = Script(name, offloads, write)
        return script

    return declare


@_script("chain")
def chain(w: Workflow) -> None:
    """Three tasks, each with what the one before it gave."""
    values = w.task(fetch, rows=w.input("rows", 5))
    result = w.task(total, values=values)
    w.output("summary", w.task(describe, number=result))


@_script("map")
def map_task(w: Workflow) -> None:
    """A task that runs once for each item of a list."""
    values = w.task(fetch, rows=w.input("rows", 4))
    squares = w.map(square, x=values)
    w.output("total", w.task(total, values=squares))


@_script("branch")
def branch(w: Workflow) -> None:
    """A large or a small model, by the number of rows."""
    values = w.task(fetch, rows=w.input("rows", 12))
    rows = w.task(total, values=values)
    model = w.branch(
        rows,
        ComparisonExpression.GT,
        50,
        then=call(train_large, rows=rows),
        otherwise=call(train_small, rows=rows),
    )
    w.output("model", model)


@_script("subworkflow")
def subworkflow(w: Workflow) -> None:
    """A workflow in a workflow in a workflow."""
    inner = Workflow("subworkflow.inner")
    inner.output("y", inner.task(square, x=inner.input("x", 1)))

    outer = Workflow("subworkflow.outer")
    twice = outer.subworkflow(inner, x=outer.subworkflow(inner, x=outer.input("x", 1)))
    outer.output("y", twice)

    result = w.subworkflow(outer, x=w.input("x", 3))
    w.output("summary", w.task(describe, number=result))


@_script("dynamic")
def dynamic(w: Workflow) -> None:
    """A task that yields a workflow, whose size nobody knew before."""
    result = w.task(grow, width=w.input("width", 3))
    w.output("summary", w.task(describe, number=result))


@_script("launch_plan")
def launch_plan(w: Workflow) -> None:
    """A launch plan in a launch plan, so an execution in an execution."""
    summary = w.launch_plan(chain, rows=w.input("rows", 3))
    w.output("message", w.task(notify, who=summary))


@_script("gate")
def gate(w: Workflow) -> None:
    """Waits for a number and an approval; set the signals ``number`` and ``sign-off``."""
    number = w.wait_for_input("number", int)
    squared = w.task(square, x=number)
    approved = w.approve("sign-off", squared)
    rested = w.sleep(0.5, after=[approved])
    w.output("summary", w.task(describe, number=approved, after=[rested]))


@_script("retries")
def retries(w: Workflow) -> None:
    """A task whose first attempt fails."""
    w.output("page", w.task(download, url=w.input("url", "https://example.org")))


@_script("failure")
def failure(w: Workflow) -> None:
    """A task that fails, so what waits for it never runs; a failure node runs."""
    rows = w.task(total, values=w.task(fetch, rows=w.input("rows", 16)))
    checked = w.task(validate, rows=rows)
    w.output("summary", w.task(describe, number=checked))
    w.on_failure(notify, who="ada")


@_script("fan_out")
def fan_out(w: Workflow) -> None:
    """As many tasks side by side as a workflow may have."""
    w.output("total", w.task(total, values=[w.task(probe, index=i) for i in range(97)]))


@_script("offloaded", offloads=True)
def offloaded(w: Workflow) -> None:
    """Two tasks whose data lies in files; events say where."""
    values = w.task(fetch, rows=w.input("rows", 1000))
    w.output("total", w.task(total, values=values))
