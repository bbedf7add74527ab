"""Complaints as values: a run collects all of them and shows them at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import partial
from heapq import nsmallest

from flytegen.common.texts import visible

# Comparing two names takes the square of their length, and more: both are a file's to choose.
_LONGEST_NAME = 200
_MOST_NAMES = 50


@dataclass(frozen=True)
class Problem:
    """Something that a person has to mend."""

    where: str
    """A file, a proto name, an overlay key."""
    what: str
    """What is wrong there, as one sentence without a full stop."""
    hint: str = ""
    """What to do about it."""

    def __str__(self) -> str:
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{visible(self.where)}: {visible(self.what)}{hint}"


class GenerationError(Exception):
    """One or more problems that end a run.

    Attributes:
        problems: What has to be mended.
        is_whole: Whether the output is as it was before the run.
    """

    def __init__(self, *problems: Problem, is_whole: bool = True) -> None:
        super().__init__("\n".join(told(problems)))
        self.problems = problems
        self.is_whole = is_whole

    def __reduce__(self) -> tuple[object, ...]:  # it may come from another process
        return partial(GenerationError, is_whole=self.is_whole), self.problems


def told(problems: Iterable[Problem]) -> Iterator[str]:
    """The problems in words; those with one way out stand together, and it is said once."""
    groups: dict[str | int, list[Problem]] = {}
    for index, problem in enumerate(problems):
        groups.setdefault(problem.hint or index, []).append(problem)
    for *others, last in groups.values():
        yield from (str(replace(problem, hint="")) for problem in others)
        yield str(last)


class Problems:
    """A run's complaints, gathered over one step and raised together at its end."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, where: str, what: str, hint: str = "") -> None:
        """Remember a problem; the same one twice counts once."""
        problem = Problem(where, what, hint)
        if problem not in self._found:
            self._found.append(problem)

    def raise_if_any(self) -> None:
        """End the step.

        Raises:
            GenerationError: With every problem found so far.
        """
        if self._found:
            raise GenerationError(*self._found)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint for a misspelt name: the nearest known one, or all of them where they are few."""
    names = sorted(known)
    near = get_close_matches(name, _comparable(name, names), 1)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"There is: {', '.join(names)}." if 0 < len(names) <= 12 else ""


def _comparable(name: str, known: list[str]) -> list[str]:
    """The names that can be compared with one in no time; of many, those with its characters."""
    if len(name) > _LONGEST_NAME:
        return []
    names = [each for each in known if len(each) <= _LONGEST_NAME]
    if len(names) <= _MOST_NAMES:
        return names
    there = Counter(name)

    def apart(other: str) -> int:
        return len(name) + len(other) - 2 * (there & Counter(other)).total()

    return nsmallest(_MOST_NAMES, names, apart)


def in_one_line(error: BaseException) -> str:
    """What an error says, without what it adds on further lines."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
