"""Nodes as HTML: the tree and the timeline of an execution in one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from flytebind.looks._chart import Bar, Chart, Fold, Lane, ticks
from flytebind.looks._errors import in_brief, in_full
from flytebind.looks._markup import Child, Markup, element, joined, link
from flytebind.looks._palette import tone
from flytebind.looks._rows import Row
from flytebind.looks._tree import remarks
from flytebind.looks._words import address, first_line, moment, spoken
from flytebind.models.core.execution import ExecutionError

_MOST_TICKS: Final = 5
_MOST_LOGS: Final = 3
#: What bars of each tone stand for.
_TONES: Final = {
    "good": "succeeded",
    "bad": "failed",
    "busy": "running",
    "warn": "aborted",
    "idle": "other",
}
#: So much is shown of each error; the one that was first is shown whole.
_LONGEST_ERROR: Final = 10_000


def timeline_section(chart: Chart) -> Markup:
    """A timeline that stands alone, with what it is about."""
    return joined(head(chart.root.row), element("section", lanes(chart, has_root=True)))


def head(root: Row) -> Markup:
    """What it is about: its name, which leads to the console, and how it stands."""
    return element(
        "div",
        title(root.id, root.url),
        badge(root.phase),
        element("span", spoken(root.time), class_="fb-remark") if root.time is not None else None,
        class_="fb-head",
    )


def title(id: str, url: str) -> Markup:
    """A name as people write it, and where it leads; project and domain matter least."""
    *place, name = id.split("/", 2)
    before = element("span", "".join(f"{step}/" for step in place), class_="fb-place")
    return element("h3", link(url, element("span", before, name)), class_="fb-title fb-mono")


def badge(phase: str) -> Markup:
    """A phase."""
    return element("span", phase, class_=f"fb-badge fb-{tone(phase)}")


def lanes(chart: Chart, told: ExecutionError | None = None, has_root: bool = False) -> Markup:
    """All nodes with their bars.

    Args:
        chart: What they have spent their time on.
        told: The error that is told elsewhere, whole.
        has_root: Whether the execution itself has a lane.
    """
    places = ticks(chart.length, _MOST_TICKS)
    step = places[1].place * 100 if len(places) > 1 else 100.0
    axis = [
        element("i", tick.words, style=f"left:{tick.place * 100:.3f}%")
        for tick in places
        if tick.place < 0.9
    ]
    top = _row("fb-top", "node", "phase", "time", element("div", *axis, class_="fb-axis"))
    root = [_lane(chart, chart.root, told, 0, alone=True)] if has_root else []
    below = [_part(chart, each, told, 0) for each in chart.root.below]
    rows = element("div", top, *root, *below, style=f"--fb-step:{step:.3f}%")
    return joined(rows, _legend(chart))


def _part(chart: Chart, part: Lane | Fold, told: ExecutionError | None, depth: int) -> Markup:
    return _lane(chart, part, told, depth) if isinstance(part, Lane) else _fold(part, depth)


def _lane(
    chart: Chart, lane: Lane, told: ExecutionError | None, depth: int, alone: bool = False
) -> Markup:
    row = lane.row
    name = element("span", *_spaced(_name(row, alone)), class_="fb-name")
    cells = name, badge(row.phase), spoken(row.time), _track(chart, lane.bars)
    style = f"--fb-depth:{depth}" if depth else None
    below = [] if alone else [_part(chart, each, told, depth + 1) for each in lane.below]
    wrong = _wrong(row, told)
    if not below:
        return joined(_row("", *cells, style=style), _styled(wrong, style))
    summary = element("summary", *_cells(*cells), class_="fb-row", style=style)
    return element("details", summary, _styled(wrong, style), *below, open=True)


def _name(row: Row, is_root: bool) -> Iterator[Child]:
    yield element("b", row.kind if is_root else row.name, class_="fb-mono")
    if row.what:
        yield element("span", row.what, class_="fb-what fb-mono")
    said = ", ".join(
        part for part in (row.kind, *remarks(row)) if part not in ("task", "item") and not is_root
    )
    if said:
        yield element("span", said, class_="fb-remark")
    logs = [log for log in row.logs if address(log.uri)][:_MOST_LOGS]
    for log in logs:
        name = "logs" if len(logs) == 1 else log.name or "logs"
        yield link(log.uri, name, class_="fb-log", title=log.name or None)


def _wrong(row: Row, told: ExecutionError | None) -> Child:
    """What went wrong at a row itself: what comes from below is told there."""
    lines: list[Child] = []
    below = {each.error for child in row.children for each in child.walk()}
    if row.error is not None and row.error not in {told, *below}:
        whole = in_full(row.error)
        if len(whole) > _LONGEST_ERROR:
            left_out = len(whole) - _LONGEST_ERROR
            whole = f"{whole[:_LONGEST_ERROR]}\n... and {left_out:,} more characters"
        summary = element("summary", in_brief(row.error, 400))
        is_short = "\n" not in whole and len(whole) <= 400
        lines.append(
            element("span", whole)
            if is_short
            else element("details", summary, element("pre", whole), class_="fb-trace")
        )
    if row.problem:
        lines.append(element("span", f"problem: {first_line(row.problem, 1000)}"))
    return joined(*lines) if lines else None


def _styled(wrong: Child, style: str | None) -> Child:
    return None if wrong is None else element("div", wrong, class_="fb-error", style=style)


def _fold(fold: Fold, depth: int) -> Markup:
    most = max(fold.busy, default=0.0)
    area = None
    if most:
        wide = len(fold.busy)
        steps = "".join(f"V{16 - 15 * each / most:.3g}h1" for each in fold.busy)
        area = element(
            "svg",
            element("title", f"at most {most:.3g} at once"),
            element("path", d=f"M0 16{steps}V16Z", fill="currentColor"),
            viewBox=f"0 0 {wide} 16",
            preserveAspectRatio="none",
            class_="fb-busy-area fb-busy",
        )
    words = element("span", f"… {fold.words}", class_="fb-remark", style="white-space:normal")
    return _row(
        "",
        element("span", words, class_="fb-name"),
        None,
        None,
        element("span", area, class_="fb-track"),
        style=f"--fb-depth:{depth}" if depth else None,
    )


def _track(chart: Chart, bars: Sequence[Bar]) -> Markup:
    return element("span", *(_bar(chart, bar) for bar in bars), class_="fb-track")


def _bar(chart: Chart, bar: Bar) -> Markup:
    left, right = chart.place(bar.start) * 100, chart.place(bar.end) * 100
    kind = {"running": "fb-solid", "inside": "fb-solid fb-inside"}.get(bar.kind, f"fb-{bar.kind}")
    toned = f" fb-{tone(bar.phase)}" if bar.kind in ("running", "inside") else ""
    return element(
        "span",
        class_=f"fb-bar {kind}{toned}",
        style=f"left:{min(left, 99.5):.4g}%;width:{right - left:.4g}%",
        title=told(bar),
    )


def told(bar: Bar) -> str:
    """A bar in words."""
    phase = f", {bar.phase}" if bar.kind == "running" else ""
    return f"{bar.name}{phase}: {spoken(bar.end - bar.start)}, from {moment(bar.start)}"


def legend(chart: Chart) -> list[tuple[str, str]]:
    """What bars of a chart look like, by tone or kind, and what that means."""
    bars = [bar for lane in chart.root.walk() for bar in lane.bars]
    kinds = {bar.kind for bar in bars}
    tones = {tone(bar.phase) for bar in bars if bar.kind == "running"}
    shown = [(kind, kind) for kind in ("queued", "overhead") if kind in kinds]
    return shown + [(each, words) for each, words in _TONES.items() if each in tones]


def _legend(chart: Chart) -> Markup | None:
    told = [
        element("span", element("i", class_=f"fb-bar fb-{look}{_solid(look)}"), words)
        for look, words in legend(chart)
    ]
    return element("div", *told, class_="fb-legend") if told else None


def _solid(look: str) -> str:
    return " fb-solid" if look in _TONES else ""


def _row(class_: str, *cells: Child, style: str | None = None) -> Markup:
    return element("div", *_cells(*cells), class_=f"fb-row {class_}".rstrip(), style=style)


def _cells(name: Child, phase: Child, time: Child, track: Child) -> Iterator[Child]:
    yield name if isinstance(name, Markup) else element("span", name)
    yield element("span", phase)
    yield element("span", time, class_="fb-time")
    yield track


def _spaced(parts: Iterator[Child]) -> Iterator[Child]:
    for index, part in enumerate(parts):
        if index:
            yield " "
        yield part
