"""An execution and its nodes as a tree for people to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from flytebind.looks._errors import in_brief
from flytebind.looks._items import ArrayItem
from flytebind.looks._kinds import kind_of
from flytebind.looks._labels import label
from flytebind.looks._nodes import is_boundary, is_cached
from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
from flytebind.looks._words import (
    STYLES,
    first_line,
    harmless,
    has_failed,
    spoken,
    time_taken,
)
from flytebind.models.core.execution import TaskLog

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

#: A level of more nodes than this is summarised.
LONG = 20
#: So many of them are shown all the same, and all that failed.
_FIRST = 10

_Part: TypeAlias = NodeSnapshot | ExecutionSnapshot | ArrayItem
#: Text, and a style of rich's.
_Cell: TypeAlias = tuple[str, str]

_UNICODE = ("├── ", "└── ", "│   ", "    ")
_ASCII = ("|-- ", "`-- ", "|   ", "    ")
_CSS = {"red": "#c0392b", "green": "#1e8449", "cyan": "#117a8b", "yellow": "#9a7d0a"}


@dataclass(frozen=True, repr=False)
class Tree:
    """An execution, a node, or a number of nodes that are not shown one by one.

    It prints as text, looks better with rich, and in notebooks. It stays as it was made.
    """

    name: str
    """The node's id, an execution's project, domain and name, or an item's index: ``[3]``."""
    kind: str = ""
    """``execution``, ``task``, ``array``, ``item``, ``dynamic``, ``subworkflow``, ``branch``,
    ``gate``, ``launch plan`` or ``unknown``; empty for nodes that are not shown."""
    phase: str = ""
    """The name of the phase; empty for nodes that are not shown."""
    time: timedelta | None = None
    """How long it took, or has taken so far; None if nobody says."""
    attempts: int = 0
    """How often its task was tried, as far as that has been synced."""
    error: str = ""
    """What went wrong, in one line."""
    problem: str = ""
    """What kept ``sync`` from bringing all of it."""
    children: tuple[Tree, ...] = ()
    """What ran for it."""
    cached: bool = False
    """Whether its outputs were found in the cache."""
    logs: tuple[str, ...] = ()
    """Where the logs of its last attempt are, as far as that has been synced."""

    def text(self, *, ascii_only: bool = False) -> str:
        """One line for each node.

        Args:
            ascii_only: Whether to draw with ASCII alone, and escape whatever else there is.
        """
        lines = ("".join(text for text, _ in line).rstrip() for line in self._lines(ascii_only))
        text = "\n".join(lines)
        return text.encode("ascii", "backslashreplace").decode() if ascii_only else text

    def __str__(self) -> str:
        return self.text(ascii_only=not _stdout_speaks_unicode())

    __repr__ = __str__  # what a shell shows unasked

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        for line in self._lines(options.ascii_only):
            yield Text.assemble(*line, no_wrap=True, overflow="ellipsis", end="\n")

    def _repr_html_(self) -> str:
        return f"<pre>{chr(10).join(map(_html, self._lines(False)))}</pre>"

    def _lines(self, ascii_only: bool) -> list[list[_Cell]]:
        """Lines in cells, whose columns begin below each other."""
        rows = [
            ([(guide, "dim"), (tree.name, "bold" if tree.kind == "execution" else "")], tree)
            for guide, tree in self._rows(_ASCII if ascii_only else _UNICODE, "", "")
        ]
        shown = [(cells, tree) for cells, tree in rows if tree.kind]
        width = max((sum(len(text) for text, _ in cells) for cells, _ in shown), default=0)
        kind_width = max((len(tree.kind) for _, tree in shown), default=0)
        phase_width = max((len(tree.phase) for _, tree in shown), default=0)
        lines = []
        for cells, tree in rows:
            if tree.kind:
                used = sum(len(text) for text, _ in cells)
                cells.append((" " * (width - used + 2), ""))
                cells.append((f"{tree.kind:{kind_width}}  ", "dim"))
                cells.append((f"{tree.phase:{phase_width}}", STYLES.get(tree.phase, "")))
                cells.extend(tree._notes())
            lines.append(cells)
        return lines

    def _rows(
        self, guides: tuple[str, str, str, str], first: str, rest: str
    ) -> Iterator[tuple[str, Tree]]:
        fork, last, through, blank = guides
        yield first, self
        for child in self.children:
            is_last = child is self.children[-1]
            yield from child._rows(
                guides, rest + (last if is_last else fork), rest + (blank if is_last else through)
            )

    def _notes(self) -> Iterator[_Cell]:
        if self.time is not None:
            yield f"  {spoken(self.time)}", ""
        if self.cached:
            yield "  cached", "dim"
        if self.attempts > 1:
            yield f"  {self.attempts} attempts", "yellow"
        if self.error:
            yield f"  {self.error}", "red"
        if self.problem:
            yield f"  problem: {self.problem}", "magenta"


def tree(execution: ExecutionSnapshot, long: int | None = LONG) -> Tree:
    """What an execution has come to, with all of its nodes that have been loaded.

    Args:
        execution: The execution.
        long: A level of more nodes than this is summarised: its first ones are shown, and those
            that failed. None shows everything.
    """
    return _tree(execution, long, execution.is_done)


def _tree(part: _Part, long: int | None, is_over: bool) -> Tree:
    """The tree of one part.

    Args:
        part: What it is about.
        long: See ``tree``.
        is_over: Whether what it is part of is done, so that its own time goes on no more.
    """
    phase = part.phase.name
    error = in_brief(part.error)
    if isinstance(part, ArrayItem):
        return Tree(
            f"[{part.index}]",
            "item",
            phase,
            attempts=part.attempts,
            error=error,
            cached=part.is_cached,
            logs=_uris(part.logs),
        )
    children = tuple(_level(_parts_below(part), long, is_over or part.is_done))
    counts = part.is_done or not is_over
    time = time_taken(part.model.closure, part.is_done) if counts else None
    if isinstance(part, ExecutionSnapshot):
        name = harmless(label(part.model.id))
        return Tree(name, "execution", phase, time, error=error, children=children)
    return Tree(
        harmless(part.model.id.node_id),
        kind_of(part),
        phase,
        time,
        len(part.attempts),
        error,
        first_line(part.problem),
        children,
        is_cached(part.model),
        _uris(part.attempts[-1].closure.logs) if part.attempts else (),
    )


def _uris(logs: Sequence[TaskLog]) -> tuple[str, ...]:
    return tuple(log.uri for log in logs)


def _parts_below(part: _Part) -> list[_Part]:
    if isinstance(part, ArrayItem):
        return []
    if isinstance(part, ExecutionSnapshot):
        return _without_boundaries(part.nodes)
    nodes = _without_boundaries(part.children)
    return [*nodes, *part.launched, *(() if nodes else _items_alone(part))]


def _items_alone(node: NodeSnapshot) -> list[ArrayItem]:
    """The items of an array node that are nothing else that is shown."""
    launched = {execution.model.id for execution in node.launched}
    return [item for item in node.items if item.execution_id not in launched]


def _without_boundaries(nodes: Sequence[NodeSnapshot]) -> list[_Part]:
    return [node for node in nodes if not is_boundary(node.model) or has_failed(node.phase)]


def _level(parts: Sequence[_Part], long: int | None, is_over: bool) -> Iterator[Tree]:
    hidden: Counter[str] = Counter()
    for index, part in enumerate(parts):
        if long is None or len(parts) <= long or index < _FIRST or _is_bad(part):
            yield _tree(part, long, is_over)
        else:
            hidden[part.phase.name] += 1
    if hidden:
        phases = ", ".join(f"{count:,} {phase}" for phase, count in hidden.most_common())
        yield Tree(f"... {hidden.total():,} more: {phases}")


def _is_bad(part: _Part) -> bool:
    """Whether something went wrong there, or anywhere below."""
    if has_failed(part.phase):
        return True
    if isinstance(part, NodeSnapshot) and part.problem:
        return True
    return any(map(_is_bad, _parts_below(part)))


def _html(line: list[_Cell]) -> str:
    import html

    return "".join(
        (
            f'<span style="color: {_CSS[style]}">{html.escape(text)}</span>'
            if style in _CSS
            else html.escape(text)
        )
        for text, style in line
    )


def _stdout_speaks_unicode() -> bool:
    import sys

    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        "".join(_UNICODE).encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True
