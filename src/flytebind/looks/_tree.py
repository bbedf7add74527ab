"""An execution and its nodes as a tree for people to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from flytebind.looks._errors import in_brief
from flytebind.looks._layout import Branch, Cell, Columns, Line, fit, wrap
from flytebind.looks._phases import RUNNING
from flytebind.looks._rows import Row, row_of
from flytebind.looks._snapshots import ExecutionSnapshot
from flytebind.looks._terminal import stdout_speaks_unicode, width_of_stdout
from flytebind.looks._words import STYLES, address, first_line, harmless, spoken
from flytebind.looks._work import Work, loaded
from flytebind.models.core.execution import ExecutionError
from flytebind.runtime.homes import public_in

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, OverflowMethod, RenderResult
    from rich.text import Text

    from flytebind.looks._markup import Markup

#: A level of more nodes than this is summarised.
LONG = 20
#: So many of them are shown all the same, and all that failed.
_FIRST = 10
#: So many errors and logs are written below a tree.
_NOTES = 20
_LONGEST_ERROR = 1000

#: What became of the cache, where it was asked.
_CACHE = {
    "CACHE_HIT": "cached",
    "CACHE_POPULATED": "put into cache",
    "CACHE_MISS": "not in cache",
    "CACHE_SKIPPED": "cache skipped",
    "CACHE_EVICTED": "evicted from cache",
    "CACHE_LOOKUP_FAILURE": "cache lookup failed",
    "CACHE_PUT_FAILURE": "cache put failed",
}


@public_in("flytebind.looks")
@dataclass(frozen=True, repr=False)
class Tree:
    """An execution as a tree: a line for each node, and below them what went wrong.

    It prints as text, looks better with rich, and in notebooks. It stays as it was made.
    """

    root: Row
    """The execution; all that is shown."""
    long: int | None = LONG
    """A level of more nodes than this is summarised: its first ones are shown, and those that
    failed. None shows everything."""

    def text(self, *, width: int | None = None, ascii_only: bool = False) -> str:
        """One line for each node.

        Args:
            width: How long lines may be, in characters; None for as long as they get. What does
                not fit is left out from the right, except for phases and times.
            ascii_only: Whether to draw with ASCII alone, and escape whatever else there is.
        """
        lines = self._lines(width, ascii_only)
        text = "\n".join("".join(cell.text for cell in line).rstrip() for line in lines)
        return text.encode("ascii", "backslashreplace").decode() if ascii_only else text

    def to_dict(self) -> dict[str, object]:
        """All of it with the types of JSON, however long its levels are."""
        return self.root.to_dict()

    def __str__(self) -> str:
        return self.text(width=width_of_stdout(), ascii_only=not stdout_speaks_unicode())

    __repr__ = __str__  # what a shell shows unasked

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self._lines(options.max_width, options.ascii_only):
            yield rich_text(line, overflow="fold")

    def _repr_html_(self) -> str:
        from flytebind.looks._markup import element, joined
        from flytebind.looks._page import fragment

        lines = (joined(*map(_marked, line), "\n") for line in self._lines(None, False))
        return fragment(element("pre", *lines, class_="fb-tree"))

    def _lines(self, width: int | None, ascii_only: bool) -> Iterator[Line]:
        yield from header(self.root, width)
        rows = list(branches(self.root, self.long))
        yield from fit(rows, width, ascii_only)
        notes = list(_notes(self.root, width))
        if notes:
            yield []
            yield from notes


def tree(execution: ExecutionSnapshot | Row | Work, long: int | None = LONG) -> Tree:
    """What an execution or a run has come to, with all below it that has been loaded.

    Args:
        execution: The execution or the run, or what has been loaded of it.
        long: A level of more nodes than this is summarised. None shows everything.
    """
    return Tree(row_of(loaded(execution)), long)


def header(root: Row, width: int | None) -> Iterator[Line]:
    """The execution itself; its name is too long for a column, and leads to its page."""
    name = Cell(harmless(root.id), "bold", address(root.url))
    rest = [
        Cell(harmless(root.what)),
        Cell(root.phase, STYLES.get(root.phase, "")),
        Cell(spoken(root.time)),
    ]
    line = spaced([name, *rest])
    if width is None or sum(len(cell.text) for cell in line) <= width:
        yield line
    else:
        yield [name]
        yield spaced(rest)


def spaced(cells: Sequence[Cell]) -> Line:
    shown = [cell for cell in cells if cell.text]
    return [part for cell in shown for part in (Cell("  "), cell)][1:]


def branches(
    row: Row, long: int | None, stems: tuple[bool, ...] = (), more: Sequence[Row] = ()
) -> Iterator[Branch]:
    """What is shown below a row.

    Args:
        row: The row.
        long: See ``Tree.long``.
        stems: Of each level above, whether it goes on below.
        more: What else is below it, which is told in a last line.
    """
    shown, left_out = _level(row.children, long)
    hidden = _in_words([*left_out, *more])
    for child in shown:
        below = (*stems, child is not shown[-1] or bool(hidden))
        yield Branch(
            below,
            Cell(harmless(child.name), "bold" if child.kind == "execution" else ""),
            Columns(
                Cell(child.kind, "dim"),
                Cell(harmless(child.what)),
                Cell(child.phase, STYLES.get(child.phase, ""), _link(child)),
                Cell(spoken(child.time)),
                Cell(", ".join(remarks(child)), "yellow" if child.attempts > 1 else "dim"),
            ),
            spills=child.kind == "execution",
        )
        yield from branches(child, long, below)
    if hidden:
        yield Branch((*stems, False), Cell(hidden))


def _level(rows: Sequence[Row], long: int | None) -> tuple[list[Row], list[Row]]:
    """What is shown of a level, and what is not."""
    if long is None or len(rows) <= long:
        return list(rows), []
    shown = list(rows[:_FIRST])
    left_out: list[Row] = []
    for row in rows[_FIRST:]:
        (shown if any(map(_is_bad, row.walk())) else left_out).append(row)
    return shown, left_out


def _in_words(rows: Sequence[Row]) -> str:
    """Rows that are not shown; empty for none."""
    count = Counter(row.phase for row in rows)
    phases = ", ".join(f"{number:,} {phase}" for phase, number in count.most_common())
    return f"... {len(rows):,} more: {phases}" if rows else ""


def _is_bad(row: Row) -> bool:
    return row.has_failed or bool(row.problem)


def remarks(row: Row) -> Iterator[str]:
    """What is remarkable about a row, in words."""
    if row.items is not None:
        yield f"{row.items[0]:,}/{row.items[1]:,}"
    if row.cache in _CACHE:
        yield _CACHE[row.cache]
    if row.attempts > 1:
        yield f"{row.attempts} attempts"


def _notes(root: Row, width: int | None) -> Iterator[Line]:
    """What went wrong, and where the logs of that are."""
    notes = sorted(_noted(root, ""), key=lambda note: not note.is_failure)
    for note in notes[:_NOTES]:
        yield [note.heading]
        for cell in note.cells:
            yield from wrap(cell, width, "    ")
    if len(notes) > _NOTES:
        yield [Cell(f"... and {len(notes) - _NOTES:,} more", "dim")]


class _Note(NamedTuple):
    heading: Cell
    cells: list[Cell]
    is_failure: bool


def _noted(row: Row, path: str) -> Iterator[_Note]:
    """What there is to say of a row and of those below it, innermost ones first.

    An error that comes from below is told there.
    """
    told: set[ExecutionError | None] = {None}
    for child in row.children:
        yield from _noted(child, f"{path}/{child.name}" if path else child.name)
        told.update(each.error for each in child.walk())
    lines = []
    if row.error not in told:
        lines.append(Cell(in_brief(row.error, _LONGEST_ERROR), "red"))
    if row.problem:
        lines.append(Cell(f"problem: {first_line(row.problem, _LONGEST_ERROR)}", "magenta"))
    if row.has_failed or row.phase in RUNNING:
        lines += [
            Cell(f"{harmless(log.name) or 'logs'}: {harmless(log.uri)}", "dim", address(log.uri))
            for log in row.logs
        ]
    if lines:
        what = f" ({harmless(row.what)})" if path and row.what else ""
        yield _Note(Cell(f"{harmless(path) or row.kind}{what}", "bold"), lines, row.has_failed)


def _link(row: Row) -> str:
    return next((link for log in row.logs if (link := address(log.uri))), "")


def _marked(cell: Cell) -> Markup:
    from flytebind.looks._markup import element, link, text
    from flytebind.looks._palette import tone_of_style

    shown = text(cell.text)
    if cell.style == "bold":
        shown = element("b", shown)
    elif cell.style:
        shown = element("span", shown, class_=f"fb-{tone_of_style(cell.style)}")
    return link(cell.link, shown)


def rich_text(line: Line, overflow: OverflowMethod) -> Text:
    """A line as rich prints it."""
    from rich.style import Style
    from rich.text import Text

    text = Text(no_wrap=True, overflow=overflow, end="\n")
    for cell in line:
        text.append(cell.text, Style.parse(cell.style) + Style(link=cell.link or None))
    return text
