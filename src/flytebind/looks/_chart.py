"""Where the time went, as bars below each other: what timelines of all kinds draw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final, Literal, NamedTuple, TypeAlias

from flytebind.looks._labels import label
from flytebind.looks._phases import DONE
from flytebind.looks._rows import Row
from flytebind.looks._words import readable
from flytebind.models.core.metrics import Span as Measured

Kind: TypeAlias = Literal["queued", "overhead", "running", "inside"]


class Bar(NamedTuple):
    """A stretch of time."""

    kind: Kind
    """``queued``; ``overhead``, in which Flyte is busy and not the task; ``running``; or
    ``inside``, in which nodes below are shown by themselves."""
    name: str
    """What went on: ``attempt 2``."""
    phase: str
    """The name of the phase that it ended in, or is in."""
    start: datetime
    end: datetime

    def to_dict(self) -> dict[str, object]:
        """With the types of JSON."""
        start, end = self.start.isoformat(), self.end.isoformat()
        return {
            "kind": self.kind,
            "name": self.name,
            "phase": self.phase,
            "start": start,
            "end": end,
        }


@dataclass(frozen=True)
class Lane:
    """A row, and how it has spent its time."""

    row: Row
    bars: tuple[Bar, ...]
    below: tuple[Lane | Fold, ...] = ()

    def walk(self) -> Iterator[Lane]:
        """This one, and all that are shown below it."""
        yield self
        for each in self.below:
            if isinstance(each, Lane):
                yield from each.walk()


@dataclass(frozen=True)
class Fold:
    """Rows of one level that share a lane, since there are so many."""

    rows: tuple[Row, ...]
    busy: tuple[float, ...]
    """How many of them ran, on average, in each of as many parts of all the time."""

    @property
    def words(self) -> str:
        """``980 more: 978 SUCCEEDED, 2 RUNNING``."""
        count = Counter(row.phase for row in self.rows)
        phases = ", ".join(f"{number:,} {phase}" for phase, number in count.most_common())
        return f"{len(self.rows):,} more: {phases}"


@dataclass(frozen=True)
class Chart:
    """All lanes of an execution, and the time that they are about."""

    root: Lane
    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """How much time it shows; never nothing."""
        return max(self.end - self.start, timedelta(milliseconds=1))

    def place(self, time: datetime) -> float:
        """Where a time is, from 0 to 1."""
        return min(max((time - self.start) / self.length, 0.0), 1.0)


class Tick(NamedTuple):
    """A time on an axis."""

    place: float
    """Where, from 0 to 1."""
    words: str
    """``1 m 30 s``"""


#: How much of long levels is shown, and of how many levels; the first way that fits is taken.
_WAYS: Final = ((20, 99), (10, 99), (4, 99), (4, 3), (2, 2), (2, 1))
_MOST_LANES: Final = 120
_PARTS: Final = 120

_STEPS: Final = (
    *(number * 10**power for power in range(3) for number in (1, 2, 5)),  # milliseconds
    *(number * 1000 for number in (1, 2, 5, 10, 15, 30)),
    *(number * 60_000 for number in (1, 2, 5, 10, 15, 30)),
    *(number * 3_600_000 for number in (1, 2, 3, 6, 12)),
    *(number * 86_400_000 for number in (1, 2, 7, 14, 28)),
)


def chart_of(
    root: Row, measured: Measured | None, long: int | None, now: datetime | None = None
) -> Chart:
    """The chart of an execution or a node.

    Args:
        root: What it is about.
        measured: What the server has measured of it.
        long: A level of more rows than this shares lanes. None gives each its own.
        now: The time, if not this moment; matters for what goes on.
    """
    seen = [time for row in root.walk() for time in _times(row)]
    start = min(seen, default=datetime.now(timezone.utc))
    end = max(seen, default=start)
    if root.phase not in DONE and seen:
        end = max(end, now or datetime.now(timezone.utc))  # the server's clock is not ours
    making = _Making(start, end, _runtimes(measured))
    return Chart(making.lane(root, *_way(root, long)), start, end)


def ticks(length: timedelta, most: int) -> list[Tick]:
    """So many times on an axis, at most, and 0: at numbers that people count in."""
    milliseconds = length / timedelta(milliseconds=1)
    step = next(
        (step for step in _STEPS if milliseconds / step <= most),
        -(-milliseconds // (most * 86_400_000)) * 86_400_000,
    )
    count = int(milliseconds / step)
    return [Tick(step * each / milliseconds, _clock(int(step * each))) for each in range(count + 1)]


def foldable(rows: Sequence[Row], long: int | None) -> tuple[list[Row], list[Row]]:
    """The rows of a level that are shown, and the others.

    Of a long one it is half as many as need not be long: some that failed, then what goes on and
    what took longest, in their order.
    """
    if long is None or len(rows) <= long:
        return list(rows), []
    most = max(long // 2, 1)
    ranked = sorted(range(len(rows)), key=lambda index: _weight(rows[index]), reverse=True)
    bad = [index for index in ranked if _is_bad(rows[index])]
    others = [index for index in ranked if not _is_bad(rows[index])]
    first = -(-most // 2)
    kept = {*[*bad[:first], *others, *bad[first:]][:most]}
    shown = [row for index, row in enumerate(rows) if index in kept]
    return shown, [row for index, row in enumerate(rows) if index not in kept]


class _Making(NamedTuple):
    start: datetime
    end: datetime
    runtimes: Mapping[tuple[str, int], tuple[datetime, datetime]]

    def lane(self, row: Row, long: int | None, depth: int) -> Lane:
        shown, hidden = foldable(row.children, long)
        if depth <= 0:
            shown, hidden = [], list(row.children)
        below: list[Lane | Fold] = [self.lane(child, long, depth - 1) for child in shown]
        if hidden:
            below.append(Fold(tuple(hidden), self._busy(hidden)))
        return Lane(row, tuple(self._bars(row)), tuple(below))

    def _bars(self, row: Row) -> Iterator[Bar]:
        is_parted = any(_times(child) for child in row.children)
        tries = [span for span in row.spans if span.name.startswith("attempt")]
        for span in row.spans:
            if span not in tries:
                kind: Kind = "inside" if is_parted else "running"
                kind = "queued" if span.name == "queued" else kind
                yield Bar(kind, span.name, span.phase, span.start, self._until(span.end))
        if tries and row.started_at is not None:
            name: Kind = "inside" if is_parted else "overhead"
            yield Bar(name, name, row.phase, row.started_at, self._until(row.ended_at))
        for span in tries:
            number = int(span.name.split()[1]) - 1
            start, end = span.start, self._until(span.end)
            runtime = self.runtimes.get((row.id, number))
            if runtime is not None:
                # Tasks tell whole seconds, of a clock of their own.
                inner = max(start, runtime[0]), min(end, runtime[1])
                start, end = inner if inner[0] < inner[1] else (start, end)
            yield Bar("running", span.name, span.phase, start, end)

    def _until(self, end: datetime | None) -> datetime:
        return self.end if end is None else end

    def _busy(self, rows: Iterable[Row]) -> tuple[float, ...]:
        """How many rows ran, on average, in each part of the time."""
        part = max(self.end - self.start, timedelta(milliseconds=1)) / _PARTS
        busy = [0.0] * _PARTS
        for row in rows:
            if row.started_at is None:
                continue
            begins = (row.started_at - self.start) / part
            ends = (self._until(row.ended_at) - self.start) / part
            for index in range(max(int(begins), 0), min(int(ends) + 1, _PARTS)):
                busy[index] += max(min(ends, index + 1) - max(begins, index), 0.0)
        return tuple(busy)


def _way(root: Row, long: int | None) -> tuple[int | None, int]:
    """How much of long levels is shown, and of how many levels."""
    if long is None:
        return None, 1_000_000
    for least, depth in _WAYS:
        way = min(least, long), depth
        if _count(root, *way) <= _MOST_LANES:
            break
    return way


def _count(row: Row, long: int, depth: int) -> int:
    if depth <= 0:
        return 1
    shown, hidden = foldable(row.children, long)
    return 1 + bool(hidden) + sum(_count(child, long, depth - 1) for child in shown)


def _is_bad(row: Row) -> bool:
    return row.has_failed or bool(row.problem)


def _weight(row: Row) -> tuple[bool, timedelta]:
    return row.phase not in DONE, row.time or timedelta()


def _times(row: Row) -> Iterator[datetime]:
    for time in (row.created_at, row.started_at, row.ended_at):
        if time is not None:
            yield time
    for span in row.spans:
        if span.end is not None:
            yield span.end


def _runtimes(
    measured: Measured | None,
) -> dict[tuple[str, int], tuple[datetime, datetime]]:
    """By node and attempt, when the task itself ran."""
    found: dict[tuple[str, int], tuple[datetime, datetime]] = {}
    waiting = [] if measured is None else [measured]
    while waiting:
        span = waiting.pop()
        waiting += span.spans
        if span.task_id is None:
            continue
        for inner in span.spans:
            times = readable(inner, "start_time"), readable(inner, "end_time")
            if inner.operation_id == "TASK_RUNTIME" and all(times):
                node = label(span.task_id.node_execution_id)
                found[node, span.task_id.retry_attempt] = times
    return found


def _clock(milliseconds: int) -> str:
    """``0``, ``500 ms``, ``20 s``, ``1 m 30 s``, ``2 d 12 h``."""
    if not milliseconds:
        return "0"
    parts = []
    for size, unit in ((86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")):
        number, milliseconds = divmod(milliseconds, size)
        if number:
            parts.append(f"{number} {unit}")
    if parts[-1].endswith("ms") and len(parts) > 1:
        *_, seconds, rest = parts
        whole, fraction = int(seconds.split()[0]), int(rest.split()[0])
        parts[-2:] = [f"{whole + fraction / 1000:g} s"]
    return " ".join(parts)
