"""What the files of the downstream project expect from a checker."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tests.typing.checkers import Diagnostic

Checker = Literal["mypy", "pyright"]

_MARKER = re.compile(r" *# E: (?P<mypy>\S+) \| (?P<pyright>\S+) \| (?P<word>\S+)")


@dataclass(frozen=True)
class Mistake:
    """A line below a comment ``# E: mypy's code | pyright's rule | word``; rules are patterns."""

    file: str
    line: int
    rules: dict[Checker, str]
    word: str

    def missed_by(self, checker: Checker, errors: Iterable[Diagnostic]) -> bool:
        """True unless there are errors here, all of the expected rule, and one has the word."""
        here = [error for error in errors if (error.file, error.line) == (self.file, self.line)]
        expected = all(re.fullmatch(self.rules[checker], error.rule) for error in here)
        return not (expected and any(self.word in error.message for error in here))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rules}, {self.word!r}"


def mistakes_in(file: str, source: str) -> list[Mistake]:
    """The mistakes that are marked in a file."""
    return [
        Mistake(
            file, number + 1, {"mypy": found["mypy"], "pyright": found["pyright"]}, found["word"]
        )
        for number, line in enumerate(source.splitlines(), 1)
        if (found := _MARKER.fullmatch(line))
    ]


def assertions_in(source: str) -> Iterator[ast.expr]:
    """The first argument of each ``assert_type`` in a file."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "assert_type":
            yield node.args[0]


def reveal_assertions(source: str) -> str:
    """The same file, line for line, with the type of each asserted expression revealed.

    A checker passes over an assertion in code that it holds to be unreachable, and an assertion
    of ``Any`` would hold for ``Any``: what is revealed shows both.
    """
    lines = source.splitlines()
    # From the end, so that what is still to do keeps its place.
    for node in sorted(assertions_in(source), key=_position, reverse=True):
        for (line, column), text in ((_end(node), ")"), (_position(node), "reveal_type(")):
            lines[line] = lines[line][:column] + text + lines[line][column:]
    return "\n".join(lines) + "\n"


def is_revealed(diagnostic: Diagnostic) -> bool:
    """True when the diagnostic answers a ``reveal_type``."""
    return diagnostic.message.startswith(("Revealed type is ", "Type of "))


def has_any(revealed: Diagnostic) -> bool:
    """True when the revealed type is, or holds, one that the checker does not know."""
    # What can be sent to a coroutine is Any in the type of every async function.
    message = re.sub(r"\b(Coroutine(?:Type)?)\[Any, Any, ", r"\1[", revealed.message)
    return re.search(r"\b(Any|Unknown)\b", message) is not None


def _position(node: ast.expr) -> tuple[int, int]:
    return node.lineno - 1, node.col_offset


def _end(node: ast.expr) -> tuple[int, int]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.end_lineno - 1, node.end_col_offset
