"""Errors in words: what went wrong first, and how it came to that last.

Flytekit writes a traceback, and what went wrong below it. Arrays write one error for each item,
and propeller how often it has tried before the last one. What comes of that may be anything: what
no rule knows is its first line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from textwrap import dedent

from flytebind.looks._words import first_line, harmless
from flytebind.models.core.execution import ExecutionError

#: What begins the error of one item of an array.
_ITEM = re.compile(r"\[(\d+)\]: ")
_NEXT_ITEM = re.compile(r"\n(?=\[\d+\]: )")
_TRIES = re.compile(r"\[(\d+/\d+)\] currentAttempt done\. Last Error: \w+::")
_HEADING = re.compile(r"^[ \t]*(Trace|Message):[ \t]*$", re.MULTILINE)
_TRACEBACK = re.compile(r" *(?:\+ Exception Group )?Traceback \(most recent call last\):")
#: What a plugin of propeller leaves behind when it panics, and Go itself.
_GO_STACK = re.compile(r"Stack: \[(?=goroutine \d)|\n(?=goroutine \d+ \[)")
_BAR = re.compile(r"^ *\| ")
_COLOURS = re.compile(r"\x1b\[[\d;:]*m")


@dataclass(frozen=True)
class Fault:
    """One thing that went wrong."""

    where: str
    """What stands before it: ``[1]``, an item of an array; ``3/3 attempts``; or nothing."""
    message: str
    """What went wrong, in one line or in several."""
    trace: str = ""
    """How it came to that, if anybody tells."""

    @property
    def headline(self) -> str:
        """What went wrong, in one line of any length."""
        said = first_line(self.message, limit=None)
        return ": ".join(filter(None, (self.where, said)))


def faults(error: ExecutionError) -> list[Fault]:
    """What went wrong: several things where items of an array failed. Empty if nobody tells."""
    text = _COLOURS.sub("", error.message).replace("\r\n", "\n").strip()
    if not text:
        return []
    parts = _NEXT_ITEM.split(text) if _ITEM.match(text) else [text]
    return [_fault(part) for part in parts]


def in_brief(error: ExecutionError | None, limit: int | None = 100) -> str:
    """An error in one line: its code, and what went wrong first; empty for none.

    Args:
        error: The error.
        limit: How long the line may be, in characters.
    """
    if error is None:
        return ""
    found = faults(error)
    said = [each.headline for each in found[:1]] or ["" if error.code else "nobody says why"]
    more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
    line = ": ".join(filter(None, (harmless(error.code), *said)))
    return first_line(line, None if limit is None else limit - len(more)) + more


def in_full(error: ExecutionError) -> str:
    """All of an error, in lines: what went wrong first, and traces last.

    Begins like ``in_brief``; all other lines are indented.
    """
    found = faults(error)
    return "\n".join((in_brief(error, None), *_details(found)))


def _details(found: list[Fault]) -> Iterator[str]:
    for index, fault in enumerate(found):
        first, *rest = _lines(fault.message) or [""]
        if index:
            yield f"    {': '.join(filter(None, (fault.where, first)))}"
        yield from _indented(rest)
    for fault in found:
        if fault.trace:
            yield ""
            if len(found) > 1:
                yield f"    {fault.where}"
            yield from _indented(_lines(fault.trace))


def _lines(text: str) -> list[str]:
    return [harmless(line) for line in text.splitlines()]


def _indented(lines: list[str]) -> Iterator[str]:
    return (f"    {line}".rstrip() for line in lines)


def _fault(text: str) -> Fault:
    where: list[str] = []
    while (prefix := _ITEM.match(text) or _TRIES.match(text)) is not None:
        where.append(f"{prefix[1]} attempts" if prefix.re is _TRIES else f"[{prefix[1]}]")
        text = text[prefix.end() :].lstrip()
    message, trace = _split(text)
    return Fault(": ".join(where), message, trace)


def _split(text: str) -> tuple[str, str]:
    """What went wrong, and how it came to that."""
    headings = list(_HEADING.finditer(text))
    if headings and headings[-1][1] == "Message":
        message = _block(text[headings[-1].end() :])
        if message:
            return message, _block(text[: headings[-1].start()].removeprefix("Trace:"))
    lines = _block(text.removeprefix("Trace:")).split("\n")
    begins = [index for index, line in enumerate(lines) if _TRACEBACK.match(line)]
    if begins:
        raised = _raised(lines[begins[-1] + 1 :])
        said = "\n".join(lines[: begins[0]]).strip()
        # A text may have been cut before the last line of its traceback.
        message = raised or said or next(line.strip() for line in reversed(lines) if line.strip())
        return message, "\n".join(lines)
    stack = _GO_STACK.search(text)
    if stack is not None:
        return text[: stack.start()].rstrip(". "), text[stack.end() :].removesuffix("]")
    return text, ""


def _block(text: str) -> str:
    return dedent(text.expandtabs().strip("\n")).strip()


def _raised(lines: list[str]) -> str:
    """What stands below the frames of a traceback."""
    # Those of the exceptions in a group stand further in, with a bar before them.
    below = (_BAR.sub("", line) for line in lines)
    found = dropwhile(lambda line: not line or line.startswith(" "), below)
    message = takewhile(lambda line: line and not line.lstrip().startswith("+-"), found)
    return "\n".join(message)
