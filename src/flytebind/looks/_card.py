"""An execution as a card: all that matters of it in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from flytebind.looks._chart import Chart, chart_of
from flytebind.looks._errors import faults, in_full
from flytebind.looks._failure import first_failed_row, first_failure
from flytebind.looks._lanes_html import head, lanes
from flytebind.looks._literals import worded
from flytebind.looks._markup import Child, Markup, element, joined, link
from flytebind.looks._page import fragment, page
from flytebind.looks._rows import Row, named, row_of, telling
from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
from flytebind.looks._tree import LONG, Tree
from flytebind.looks._words import moment
from flytebind.looks._work import Work
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.literals import Literal
from flytebind.models.core.metrics import Span as Measured
from flytebind.runtime.homes import public_in

Shown: TypeAlias = ExecutionSnapshot | NodeSnapshot | TaskExecution | Row
Values: TypeAlias = Mapping[str, Literal] | str | None
"""Inputs or outputs; why they cannot be shown; or None where nobody has looked."""

_MOST_VALUES: Final = 50
_MOST_LOGS: Final = 10


@public_in("flytebind.looks")
@dataclass(frozen=True, repr=False)
class Card:
    """An execution as a card, for notebooks and pages; elsewhere it prints as its tree."""

    execution: Shown
    inputs: Values = None
    outputs: Values = None
    measured: Measured | None = None
    """What the server has measured of it: ``GetExecutionMetrics``."""
    long: int | None = LONG
    """A level of more nodes than this is summarised. None shows everything."""

    @cached_property
    def root(self) -> Row:
        """All that is shown below its head."""
        return row_of(self.execution)

    def html(self) -> str:
        """A page that stands for itself: no script, nothing from elsewhere."""
        return page(self.root.name, self.content())

    def content(self) -> Markup:
        """What is in its box, for pages that have more than one."""
        chart = chart_of(self.root, self.measured, self.long)
        return joined(
            head(self.root),
            element("dl", *_facts(self.execution, self.root), class_="fb-facts"),
            self._failure(),
            self._sides(),
            self._nodes(chart),
        )

    def __str__(self) -> str:
        return str(Tree(self.root, self.long))

    __repr__ = __str__  # what a shell shows unasked

    def _repr_html_(self) -> str:
        return fragment(self.content())

    @cached_property
    def _failed_first(self) -> tuple[str, ExecutionError | None]:
        """What failed first below it, in words, and why; nothing where nobody knows of any."""
        if isinstance(self.execution, ExecutionSnapshot):
            node = first_failure(self.execution)
            return ("", None) if node is None else (f"node {named(node)}", node.error)
        row = first_failed_row(self.root) if isinstance(self.execution, Row) else None
        if row is None:
            return "", None
        what = f" ({row.what})" if row.what else ""
        return f"{row.kind} {row.name}{what}", row.error

    @property
    def _error(self) -> ExecutionError | None:
        """What is told whole."""
        return self._failed_first[1] or self.root.error

    def _failure(self) -> Child:
        (failed, _), error = self._failed_first, self._error
        if error is None:
            return None
        heading = f"Failed first: {failed}" if failed else "Error"
        return element(
            "section",
            element("h4", heading),
            *_told(error),
            *_logs(self.root),
            class_="fb-failure",
        )

    def _sides(self) -> Child:
        sides = [
            element("div", element("h4", title), _values(values))
            for title, values in (("Inputs", self.inputs), ("Outputs", self.outputs))
            if values is not None
        ]
        return element("section", element("div", *sides, class_="fb-sides")) if sides else None

    def _nodes(self, chart: Chart) -> Child:
        if not isinstance(self.execution, ExecutionSnapshot):
            is_run = isinstance(self.execution, Row) and bool(self.root.children)
            return element("section", lanes(chart, self._error, has_root=not is_run))
        if not self.execution.nodes:
            hint = "Nodes have not been loaded: sync(sync_nodes=True) brings them."
            return element("section", element("p", hint, class_="fb-hint"))
        return element("section", lanes(chart, self._error))


def card(
    execution: Shown | Work,
    inputs: Values = None,
    outputs: Values = None,
    measured: Measured | None = None,
    long: int | None = LONG,
) -> Card:
    """All that matters of an execution, of a node, of an attempt or of a run in one place.

    Args:
        execution: The execution or the run, or what has been loaded of it.
        inputs: What went in, by name; text says why that cannot be shown, None leaves it out.
        outputs: What came out.
        measured: What the server has measured of it, as ``get_execution_metrics`` brings it.
        long: A level of more nodes than this is summarised. None shows everything.
    """
    if not isinstance(execution, (ExecutionSnapshot, NodeSnapshot, TaskExecution, Row)):
        execution = execution.snapshot()
    return Card(execution, inputs, outputs, measured, long)


def _facts(execution: Shown, root: Row) -> Iterator[Markup]:
    facts: dict[str, Child] = {}
    if isinstance(execution, ExecutionSnapshot):
        closure, spec = execution.model.closure, execution.model.spec
        entity = closure.workflow_id
        facts["workflow"] = "" if entity is None else f"{entity.name} {entity.version}".rstrip()
        if entity is None or spec.launch_plan.name != entity.name:
            facts["launch plan"] = f"{spec.launch_plan.name} {spec.launch_plan.version}".rstrip()
        facts["started by"] = spec.metadata.principal
        abortion = closure.abort_metadata
        if abortion is not None:
            by = f"by {abortion.principal}" if abortion.principal else ""
            facts["aborted"] = ": ".join(filter(None, (by, abortion.cause))) or "nobody says why"
    else:
        facts["runs"] = root.what
    facts["created"] = moment(root.created_at)
    facts["started"] = moment(root.started_at)
    facts["ended"] = moment(root.ended_at)
    for name, value in facts.items():
        if value:
            yield element("div", element("dt", name), element("dd", value))


def _told(error: ExecutionError) -> Iterator[Markup]:
    """All of an error: what was said, and how it came to that where somebody wants to see it."""
    found = faults(error)
    brief, _, rest = in_full(error).partition("\n")
    yield element("pre", brief, class_="fb-said")
    if rest.strip():
        has_trace = any(fault.trace for fault in found)
        lines = element("pre", rest.strip("\n"))
        words = "traceback" if has_trace else "all of it"
        yield element("details", element("summary", words), lines, class_="fb-trace")


def _logs(root: Row) -> Iterator[Markup]:
    rows = (telling(root) or [root]) if root.kind in ("execution", "run") else [root]
    for row in rows[:_MOST_LOGS]:
        for log in row.logs:
            shown = link(log.uri, log.name or "logs")
            more = None if shown.startswith("<a") else f": {log.uri}"
            yield element("div", f"{row.name}: ", shown, more)


def _values(values: Mapping[str, Literal] | str) -> Markup:
    if isinstance(values, str):
        return element("p", values, class_="fb-none")
    if not values:
        return element("p", "none", class_="fb-none")
    names = sorted(values)
    pairs = [
        joined(element("dt", name), element("dd", worded(values[name])))
        for name in names[:_MOST_VALUES]
    ]
    if len(names) > _MOST_VALUES:
        pairs.append(element("dt", f"… {len(names) - _MOST_VALUES:,} more"))
    return element("dl", *pairs, class_="fb-values")
