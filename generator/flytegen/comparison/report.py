"""A comparison as a page: for a terminal, for a changelog, or for a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby

from flytegen.common.texts import counted
from flytegen.comparison.changes import Change, Changes, Total
from flytegen.comparison.compatibility import LEVELS, Level, Meaning

_HEADS: dict[Level, str] = {
    "breaking": "Breaking",
    "risky": "Risky",
    "compatible": "Compatible",
    "same": "Without effect",
}
_WORST_FIRST: tuple[Level, ...] = LEVELS[::-1]

LEGEND = """\
Each change is judged on three levels. *Wire* and *JSON*: is what the old version wrote still read?
*Python*: does code that was written for the old models still work, and does mypy say where not?
*Risky* goes on working, but gives something else for some values."""


@dataclass(frozen=True)
class Report:
    """What there is to tell."""

    old: str
    """How to call the old version."""
    new: str
    title: str
    """How to call both at once."""
    changes: Changes
    notes: tuple[str, ...] = ()
    """What to know about the comparison itself."""


def as_text(report: Report) -> str:
    """For a terminal."""
    lines = [f"{report.old} -> {report.new}: {summary(report.changes)}"]
    lines.extend(f"note: {note}" for note in report.notes)
    for level, modules in _grouped(report.changes):
        lines += ["", _HEADS[level].upper()]
        for module, changes in modules:
            lines.append(f"  {module}")
            for change in changes:
                lines.append(f"    {_headline(change, _plain)}")
                for name, meaning in _meanings(change):
                    lines.append(f"      {name:<6}  {_meaning(meaning, _plain)}")
    if report.changes.changes:
        lines += ["", *_table(report.changes.totals, "{:<10}{:>7}{:>8}{:>9}{:>7}")]
    return "\n".join(lines) + "\n"


def as_markdown(report: Report) -> str:
    """For a changelog or a pull request."""
    lines = [
        f"# {report.title}",
        "",
        f"{summary(report.changes)[0].upper()}{summary(report.changes)[1:]}.",
    ]
    if report.changes.changes:
        lines += ["", *LEGEND.splitlines()]
    for note in report.notes:
        lines += ["", f"> {note}"]
    lines += ["", *_markdown_table(report.changes.totals)]
    for level, modules in _grouped(report.changes):
        lines += ["", f"## {_HEADS[level]}"]
        for module, changes in modules:
            lines += ["", f"### `{module}`", ""]
            for change in changes:
                lines.append(f"- {_headline(change, _quoted)}")
                for name, meaning in _meanings(change):
                    lines.append(f"    - {name}: {_meaning(meaning, str)}")
    return "\n".join(lines) + "\n"


def as_json(report: Report) -> str:
    """For a program. Keys are those of the dataclasses."""
    table = {
        "old": report.old,
        "new": report.new,
        "level": report.changes.level,
        "notes": list(report.notes),
        "totals": {
            item.thing: {name: value for name, value in asdict(item).items() if name != "thing"}
            for item in report.changes.totals
        },
        "changes": [{"level": item.level, **asdict(item)} for item in report.changes.changes],
    }
    return json.dumps(table, indent=2, ensure_ascii=False) + "\n"


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "json": as_json,
}


# ---- Parts -------------------------------------------------------------------------------------


def _grouped(changes: Changes) -> Iterator[tuple[Level, Iterator[tuple[str, Iterator[Change]]]]]:
    """Changes by level, the worst first, and by module."""
    for level in _WORST_FIRST:
        if found := changes.of(level):
            yield level, groupby(found, key=lambda item: item.module)


def summary(changes: Changes) -> str:
    """All of it in one line, without a full stop: ``3 changes: 1 breaking, 2 compatible``."""
    if not changes.changes:
        return "nothing changed"
    counts = {level: len(changes.of(level)) for level in _WORST_FIRST}
    words = ", ".join(
        f"{counts[level]} {_HEADS[level].lower()}" for level in _WORST_FIRST if counts[level]
    )
    return f"{counted(len(changes.changes), 'change')}: {words}"


def _headline(change: Change, quote: Callable[[str], str]) -> str:
    """What happened, in one line."""
    line = f"{change.thing} {quote(change.name)} {change.how}"
    if change.before and change.after:
        line += f", from {quote(change.before)} to {quote(change.after)}"
    elif change.before or change.after:
        into_or_out = {"moved into a oneof": ", ", "moved out of a oneof": ", "}
        line += f"{into_or_out.get(change.how, ': ')}{quote(change.before or change.after)}"
    if change.holds:
        held = (counted(count, thing) for thing, count in change.holds.items())
        line += f", with {', '.join(held)}"
    return line


def _meanings(change: Change) -> Iterable[tuple[str, Meaning]]:
    """The levels that are touched; all of them if none is."""
    levels = (("wire", change.wire), ("JSON", change.json), ("Python", change.python))
    return [item for item in levels if item[1].level != "same"]


def _meaning(meaning: Meaning, quote: Callable[[str], str]) -> str:
    return f"{meaning.level}: {quote(meaning.text)}" if meaning.text else meaning.level


def _plain(text: str) -> str:
    """Text without the marks that Markdown has for code."""
    return text.replace("`", "")


def _quoted(text: str) -> str:
    return f"`{text}`"


def _table(totals: Iterable[Total], layout: str) -> Iterator[str]:
    yield layout.format("", "old", "added", "removed", "new")
    for item in totals:
        numbers = (item.old, item.added, item.removed, item.new)
        yield layout.format(f"{item.thing}s", *numbers)


def _markdown_table(totals: Iterable[Total]) -> Iterator[str]:
    head, *rows = _table(totals, "| {} | {} | {} | {} | {} |")
    yield head
    yield "|---|--:|--:|--:|--:|"
    yield from rows
