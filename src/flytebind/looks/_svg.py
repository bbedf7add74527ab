"""Timelines as pictures that stand for themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from flytebind.looks._chart import Bar, Chart, Fold, Lane, ticks
from flytebind.looks._lanes_html import legend, told
from flytebind.looks._layout import Cell, cut
from flytebind.looks._markup import Child, Markup, element
from flytebind.looks._page import MONO, SANS, themes
from flytebind.looks._palette import TONES, tone
from flytebind.looks._words import harmless, spoken

_LANE: Final = 24
_MARGIN: Final = 18
_TOP: Final = 84
#: How wide a character gets, in pixels, whatever font there is.
_MONO_WIDTH: Final = 7.3
_SMALL_WIDTH: Final = 6.6
_INDENT: Final = 14
_NARROWEST: Final = 320

_RULES: Final = """
text{fill:var(--fb-text);font:12px %(mono)s;dominant-baseline:central}
.fb-small{font:11px %(sans)s}
.fb-dim{fill:var(--fb-dim)}
.fb-bold{font-weight:600}
.fb-card{fill:var(--fb-card)}
.fb-line{stroke:var(--fb-line)}
.fb-queued{fill:var(--fb-card);stroke:var(--fb-idle)}
.fb-overhead{fill:url(#fb-hatch)}
.fb-hatch{stroke:var(--fb-idle);stroke-width:1.5}
"""


class _Sizes(NamedTuple):
    """Where things are, in pixels."""

    width: int
    bars: float
    """Where bars begin."""

    @property
    def room(self) -> float:
        """How wide all of the time is."""
        return self.width - _MARGIN - self.bars

    def place(self, part: float) -> float:
        """Where a part of the time is."""
        return self.bars + part * self.room


class _Row(NamedTuple):
    depth: int
    lane: Lane | Fold
    is_root: bool


def svg(chart: Chart, width: int) -> str:
    """A picture of a timeline.

    Args:
        chart: What it shows.
        width: How wide it is, in pixels.
    """
    width = max(width, _NARROWEST)
    rows = list(_rows(chart.root, 0))
    labels = [_label(row) for row in rows]
    longest = max(len(name) + bool(what) + len(what) for name, what in labels)
    deepest = max(row.depth for row in rows)
    space = min(longest * _MONO_WIDTH + deepest * _INDENT, width * 0.42)
    times = max(len(_time(row.lane)) for row in rows) * _SMALL_WIDTH + 22
    sizes = _Sizes(width, _MARGIN + space + times)
    bottom = _TOP + len(rows) * _LANE
    height = bottom + 40
    return element(
        "svg",
        element("title", f"{chart.root.row.id}: {chart.root.row.phase}"),
        element("style", _style()),
        _hatch(),
        element("rect", class_="fb-card", width="100%", height="100%", rx=10),
        *_head(chart, width),
        *_axis(chart, sizes, bottom),
        *(
            part
            for index, (row, label) in enumerate(zip(rows, labels, strict=True))
            for part in _lane(chart, row, label, _TOP + index * _LANE, sizes)
        ),
        *_legend(chart, bottom + 22),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="img",
        class_="fb-svg",
    )


def _style() -> Markup:
    rules = (_RULES % {"mono": MONO, "sans": SANS}).strip().split("\n")
    tones = [f".fb-{tone}{{fill:var(--fb-{tone})}}" for tone in TONES]
    scoped = "".join(f".fb-svg {rule}" for rule in (*rules, *tones))
    return Markup(themes(".fb-svg", ".fb-svg") + scoped)


def _hatch() -> Markup:
    line = element("path", d="M-1 5L5 -1M3 9L9 3", class_="fb-hatch", fill="none")
    # An id of its own would not help: what is in a page twice is the same.
    pattern = element(
        "pattern", line, id="fb-hatch", width=8, height=8, patternUnits="userSpaceOnUse"
    )
    return element("defs", pattern)


def _head(chart: Chart, width: int) -> Iterator[Child]:
    row = chart.root.row
    space = int((width - 2 * _MARGIN) / _MONO_WIDTH / 1.1)
    yield _text(_MARGIN, 26, _cut(row.id, space), "fb-bold", style="font-size:13px")
    said = [row.what, row.phase, spoken(row.time)]
    x: float = _MARGIN
    for words, class_ in zip(
        said, ("fb-dim", f"fb-bold fb-{tone(row.phase)}", "fb-dim"), strict=True
    ):
        if words:
            words = _cut(words, int((width - _MARGIN - x) / _MONO_WIDTH))
            yield _text(x, 46, words, class_)
            x += (len(words) + 2) * _MONO_WIDTH


def _axis(chart: Chart, sizes: _Sizes, bottom: int) -> Iterator[Child]:
    free = sizes.bars
    for tick in ticks(chart.length, max(int(sizes.room / 80), 2)):
        x = sizes.place(tick.place)
        yield element("path", class_="fb-line", d=f"M{x:.1f} {_TOP - 18}V{bottom}")
        length = len(tick.words) * _SMALL_WIDTH + 4
        if x >= free and x + length <= sizes.width:
            yield _text(x + 4, _TOP - 12, tick.words, "fb-small fb-dim")
            free = x + length + 4


def _lane(
    chart: Chart, row: _Row, label: tuple[str, str], y: int, sizes: _Sizes
) -> Iterator[Child]:
    middle = y + _LANE / 2
    lane, x = row.lane, _MARGIN + row.depth * _INDENT
    time = _time(lane)
    until = sizes.bars - 12 - (len(time) * _SMALL_WIDTH + 8 if time else 0)
    space = int((until - x) / _MONO_WIDTH)
    name, what = _cut(label[0], space), ""
    if label[1] and space - len(name) > 4:
        what = _cut(label[1], space - len(name) - 1, from_left=True)
    yield _text(x, middle, name, _class_of(lane, row.depth))
    if what:
        yield _text(x + (len(name) + 1) * _MONO_WIDTH, middle, what, "fb-dim")
    if isinstance(lane, Fold):
        yield _area(lane, y, sizes)
        return
    yield _text(sizes.bars - 12, middle, time, "fb-small", text_anchor="end")
    for bar in lane.bars:
        yield _bar(chart, bar, y, sizes)


def _bar(chart: Chart, bar: Bar, y: int, sizes: _Sizes) -> Markup:
    top, height = {"queued": (8.5, 7), "inside": (11, 2)}.get(bar.kind, (6, 12))
    first, last = chart.place(bar.start), chart.place(bar.end)
    left = min(sizes.place(first), sizes.width - _MARGIN - 2)
    wide = max((last - first) * sizes.room, 2)
    is_toned = bar.kind in ("running", "inside")
    return element(
        "rect",
        element("title", told(bar)),
        class_=f"fb-{tone(bar.phase) if is_toned else bar.kind}",
        x=f"{left:.1f}",
        y=f"{y + top:g}",
        width=f"{wide:.1f}",
        height=height,
        rx=2.5 if height > 2 and wide > 6 else 0,
    )


def _area(fold: Fold, y: int, sizes: _Sizes) -> Child:
    most = max(fold.busy, default=0.0)
    if not most:
        return None
    step = sizes.room / len(fold.busy)
    low = y + _LANE - 4
    line = "".join(f"V{low - 16 * each / most:.1f}h{step:.3f}" for each in fold.busy)
    return element(
        "path",
        element("title", f"at most {most:.3g} at once"),
        class_="fb-busy",
        d=f"M{sizes.bars:.1f} {low}{line}V{low}Z",
    )


def _legend(chart: Chart, y: int) -> Iterator[Child]:
    x = float(_MARGIN)
    for look, words in legend(chart):
        yield element("rect", class_=f"fb-{look}", x=f"{x:.1f}", y=y - 4, width=18, height=8, rx=2)
        yield _text(x + 24, y, words, "fb-small fb-dim")
        x += 24 + len(words) * _SMALL_WIDTH + 18


def _rows(lane: Lane | Fold, depth: int) -> Iterator[_Row]:
    yield _Row(max(depth - 1, 0), lane, not depth)
    if isinstance(lane, Lane):
        for each in lane.below:
            yield from _rows(each, depth + 1)


def _label(row: _Row) -> tuple[str, str]:
    if isinstance(row.lane, Fold):
        return f"… {row.lane.words}", ""
    shown = row.lane.row
    return harmless(shown.kind if row.is_root else shown.name), harmless(shown.what)


def _time(lane: Lane | Fold) -> str:
    return "" if isinstance(lane, Fold) else spoken(lane.row.time)


def _class_of(lane: Lane | Fold, depth: int) -> str:
    if isinstance(lane, Fold):
        return "fb-dim"
    return "fb-bold fb-bad" if lane.row.has_failed else "fb-bold"


def _text(x: float, y: float, words: str, class_: str, **more: str) -> Markup:
    return element("text", words, x=f"{x:.1f}", y=f"{y:g}", class_=class_, **more)


def _cut(words: str, space: int, from_left: bool = False) -> str:
    return cut(Cell(words), max(space, 1), False, from_left).text
