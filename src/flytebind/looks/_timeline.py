"""An execution and its nodes as a timeline for people to look at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from flytebind.looks._chart import Bar, Chart, Fold, Lane, chart_of, ticks
from flytebind.looks._layout import Cell, Line, cut, guides
from flytebind.looks._rows import Row, row_of
from flytebind.looks._snapshots import ExecutionSnapshot
from flytebind.looks._terminal import stdout_speaks_unicode, width_of_stdout
from flytebind.looks._tree import LONG, header, rich_text
from flytebind.looks._words import STYLES, harmless, has_failed, spoken
from flytebind.looks._work import Work, loaded
from flytebind.models.core.metrics import Span as Measured
from flytebind.runtime.homes import public_in

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

#: As wide as a timeline is where nothing tells a width.
_WIDTH: Final = 100
_NARROWEST: Final = 12


class _Marks(NamedTuple):
    """What bars are drawn with, and how much is going on."""

    queued: str
    overhead: str
    running: str
    inside: str
    failed: str
    levels: str


_MARKS = _Marks("·", "░", "█", "─", "▚", " ▁▂▃▄▅▆▇█")
_ASCII_MARKS = _Marks(".", "+", "#", "-", "x", " .:-=+*#")


@public_in("flytebind.looks")
@dataclass(frozen=True, repr=False)
class Timeline:
    """An execution as a timeline: a line for each node, with bars for what it spent its time on.

    It prints as text, looks better with rich, and in notebooks; ``svg`` and ``html`` give files.
    It stays as it was made.
    """

    root: Row
    """The execution; all that is shown."""
    measured: Measured | None = None
    """What the server has measured of it: ``GetExecutionMetrics``. Without, overhead is what no
    attempt at a task accounts for."""
    long: int | None = LONG
    """A level of more nodes than this shares a line, but for those that failed or took longest.
    None gives each its own."""
    now: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    """When it was made, which matters for what goes on."""

    @cached_property
    def chart(self) -> Chart:
        """Its lanes and bars, as data."""
        return chart_of(self.root, self.measured, self.long, self.now)

    def text(self, *, width: int | None = None, ascii_only: bool = False) -> str:
        """One line for each node.

        Args:
            width: How long lines may be, in characters; None for 100.
            ascii_only: Whether to draw with ASCII alone, and escape whatever else there is.
        """
        lines = self._lines(width or _WIDTH, ascii_only)
        text = "\n".join("".join(cell.text for cell in line).rstrip() for line in lines)
        return text.encode("ascii", "backslashreplace").decode() if ascii_only else text

    def svg(self, *, width: int = 960) -> str:
        """A picture that stands for itself, light or dark as its viewer wants it.

        Args:
            width: How wide, in pixels; it becomes as high as it needs to be.
        """
        from flytebind.looks._svg import svg

        return svg(self.chart, width)

    def html(self) -> str:
        """A page that stands for itself: no script, nothing from elsewhere."""
        from flytebind.looks._lanes_html import timeline_section
        from flytebind.looks._page import page

        return page(self.root.name, timeline_section(self.chart))

    def to_dict(self) -> dict[str, object]:
        """All of its bars with the types of JSON, however long its levels are."""
        chart = chart_of(self.root, self.measured, None, self.now)
        return {
            "execution": self.root.id,
            "start": chart.start.isoformat(),
            "end": chart.end.isoformat(),
            "isMeasured": self.measured is not None,
            "lanes": [
                {
                    "id": lane.row.id,
                    "name": lane.row.name,
                    "kind": lane.row.kind,
                    "what": lane.row.what,
                    "phase": lane.row.phase,
                    "bars": [bar.to_dict() for bar in lane.bars],
                }
                for lane in chart.root.walk()
            ],
        }

    def __str__(self) -> str:
        return self.text(width=width_of_stdout(), ascii_only=not stdout_speaks_unicode())

    __repr__ = __str__  # what a shell shows unasked

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._lines(options.max_width, options.ascii_only):
            yield rich_text(line, overflow="crop")

    def _repr_html_(self) -> str:
        from flytebind.looks._lanes_html import timeline_section
        from flytebind.looks._page import fragment

        return fragment(timeline_section(self.chart))

    def _lines(self, width: int, ascii_only: bool) -> Iterator[Line]:
        chart = self.chart
        yield from header(self.root, width)
        lines = list(_lines_of(chart.root, ascii_only))
        columns = _Columns.of(lines, width)
        yield [Cell(" " * columns.before), *_axis(chart, columns.chart, ascii_only)]
        marks = _ASCII_MARKS if ascii_only else _MARKS
        for line in lines:
            yield [*columns.fill(line, ascii_only), *_drawn(chart, line.lane, columns.chart, marks)]
        legend = _legend(chart, marks)
        yield [Cell(" " * max(min(columns.before, width - len(legend)), 0)), Cell(legend, "dim")]


def timeline(
    execution: ExecutionSnapshot | Row | Work,
    measured: Measured | None = None,
    long: int | None = LONG,
) -> Timeline:
    """What an execution or a run, and all below it that has been loaded, spent their time on.

    Args:
        execution: The execution or the run, or what has been loaded of it.
        measured: What the server has measured of it, as ``get_execution_metrics`` brings it.
        long: A level of more nodes than this shares a line. None gives each its own.
    """
    return Timeline(row_of(loaded(execution)), measured, long)


class _Line(NamedTuple):
    """What is told of a lane before its bars."""

    lane: Lane | Fold
    guides: str
    name: Cell
    what: Cell = Cell("")
    time: Cell = Cell("")


class _Columns(NamedTuple):
    """How wide each column is."""

    name: int
    what: int
    time: int
    chart: int

    @classmethod
    def of(cls, lines: Sequence[_Line], width: int) -> _Columns:
        """As it suits some lines of a width: half of it is for bars, at least."""
        lanes = [line for line in lines if isinstance(line.lane, Lane)]
        time = max((len(line.time.text) for line in lanes), default=0)
        space = max(width // 2 - time - 4, 8)
        name = min(max((len(line.guides + line.name.text) for line in lanes), default=0), space)
        what = min(max((len(line.what.text) for line in lanes), default=0), space - name - 2)
        what = what if what >= 6 else 0
        before = name + (what + 2 if what else 0) + time + 4
        return cls(name, what, time, max(width - before, _NARROWEST))

    @property
    def before(self) -> int:
        """How far in bars begin."""
        return self.name + (self.what + 2 if self.what else 0) + self.time + 4

    def fill(self, line: _Line, ascii_only: bool) -> Iterator[Cell]:
        """What stands before the bars of a line."""
        yield Cell(line.guides, "dim")
        if isinstance(line.lane, Fold):
            space = self.before - len(line.guides) - 2
            yield from _padded(cut(line.name, space, ascii_only), space)
        else:
            space = self.name - len(line.guides)
            yield from _padded(cut(line.name, space, ascii_only), space)
            if self.what:
                yield Cell("  ")
                yield from _padded(cut(line.what, self.what, ascii_only, True), self.what)
            yield Cell(f"  {' ' * (self.time - len(line.time.text))}")
            yield line.time
        yield Cell("  ")


def _padded(cell: Cell, width: int) -> Iterator[Cell]:
    yield cell
    yield Cell(" " * (width - len(cell.text)))


def _lines_of(
    lane: Lane | Fold, ascii_only: bool, stems: tuple[bool, ...] = (), is_root: bool = True
) -> Iterator[_Line]:
    before = guides(stems, 2, ascii_only) if stems else ""
    if isinstance(lane, Fold):
        yield _Line(lane, before, Cell(f"... {lane.words}", "dim"))
        return
    row = lane.row
    style = STYLES.get(row.phase, "")
    name = row.kind if is_root else harmless(row.name)
    yield _Line(
        lane,
        before,
        Cell(name, "bold" if is_root else style if row.has_failed else ""),
        Cell("" if is_root else harmless(row.what), "dim"),
        Cell(spoken(row.time), style if row.has_failed else ""),
    )
    for each in lane.below:
        outer = () if is_root else (*stems, each is not lane.below[-1])
        yield from _lines_of(each, ascii_only, outer, False)


def _axis(chart: Chart, width: int, ascii_only: bool) -> Iterator[Cell]:
    mark = "|" if ascii_only else "╷"
    line = ""
    for tick in ticks(chart.length, max(width // 9, 2)):
        column, words = int(tick.place * width), f"{mark}{tick.words}"
        if column + len(words) <= width:
            line = f"{line:{column}}{words} "
    yield Cell(line, "dim")


def _drawn(chart: Chart, lane: Lane | Fold, width: int, marks: _Marks) -> Iterator[Cell]:
    if isinstance(lane, Fold):
        yield Cell(_levels(lane.busy, width, marks.levels), "cyan")
        return
    cells = [Cell(" ")] * width
    for bar in lane.bars:
        first = min(int(chart.place(bar.start) * width), width - 1)
        last = max(math.ceil(chart.place(bar.end) * width), first + 1)
        cells[first:last] = [_mark(bar, marks)] * (last - first)
    at = 0
    while at < width:  # what looks the same is one cell
        end = next((each for each in range(at, width) if cells[each] != cells[at]), width)
        yield cells[at]._replace(text=cells[at].text * (end - at))
        at = end


def _mark(bar: Bar, marks: _Marks) -> Cell:
    if bar.kind in ("queued", "overhead"):
        return Cell(marks.queued if bar.kind == "queued" else marks.overhead, "dim")
    style = STYLES.get(bar.phase, "")
    if bar.kind == "inside":
        return Cell(marks.inside, style)
    return Cell(marks.failed if _is_bad(bar) else marks.running, style)


def _is_bad(bar: Bar) -> bool:
    return has_failed(bar.phase) or bar.phase == "RETRYABLE_FAILED"


def _levels(busy: Sequence[float], width: int, levels: str) -> str:
    most = max(busy, default=0) or 1
    line = ""
    for index in range(width):
        first = index * len(busy) // width
        last = max((index + 1) * len(busy) // width, first + 1)
        line += levels[math.ceil(max(busy[first:last]) / most * (len(levels) - 1))]
    return line


def _legend(chart: Chart, marks: _Marks) -> str:
    bars = [bar for lane in chart.root.walk() for bar in lane.bars]
    told = {
        "queued": (marks.queued, any(bar.kind == "queued" for bar in bars)),
        "overhead": (marks.overhead, any(bar.kind == "overhead" for bar in bars)),
        "running": (
            marks.running,
            any(bar.kind == "running" and not _is_bad(bar) for bar in bars),
        ),
        "failed": (marks.failed, any(bar.kind == "running" and _is_bad(bar) for bar in bars)),
    }
    return "  ".join(f"{mark} {words}" for words, (mark, is_there) in told.items() if is_there)
