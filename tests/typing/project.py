"""The downstream project: what its files expect, and whether a checker agrees.

``downstream/`` is written as by somebody who has flytebind installed. It is checked from a copy,
with a configuration of its own, so that nothing of this checkout's configuration helps.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.typing.checkers import mypy, pyright
from tests.typing.expectations import (
    Checker,
    assertions_in,
    has_any,
    is_revealed,
    mistakes_in,
    reveal_assertions,
)
from tests.typing.surface import surface_source

CHECKERS = {"mypy": mypy, "pyright": pyright}

_DOWNSTREAM = Path(__file__).parent / "downstream"
_SOURCES = {path.name: path.read_text() for path in sorted(_DOWNSTREAM.glob("*.py"))}
_MISTAKES = [mistake for name, source in _SOURCES.items() for mistake in mistakes_in(name, source)]
_ASSERTED = {
    (name, expression.lineno)
    for name, source in _SOURCES.items()
    for expression in assertions_in(source)
}


def check_project(
    checker: Checker, folder: Path, subtests: pytest.Subtests, python: Path = Path(sys.executable)
) -> None:
    """Run a checker over a copy of the project and compare with what its files expect.

    Args:
        checker: The name of the checker.
        folder: An empty folder for the copy.
        subtests: Reports each expectation by itself: starting a checker again takes too long.
        python: The interpreter that has flytebind installed.
    """
    touched = _make_copy(folder)
    found = CHECKERS[checker](folder, python)
    errors = [one for one in found if one.is_error]
    revealed = {(one.file, one.line): one for one in found if is_revealed(one)}

    with subtests.test("code without a mistake passes"):
        marked = {(mistake.file, mistake.line) for mistake in _MISTAKES}
        _expect_none(error for error in errors if (error.file, error.line) not in marked)

    with subtests.test("each mistake is found, and the message says what it is about"):
        _expect_none(mistake for mistake in _MISTAKES if mistake.missed_by(checker, errors))

    with subtests.test("each asserted expression is reached"):
        _expect_none(_ASSERTED - revealed.keys())

    with subtests.test("each property and constructor of each model is seen"):
        _expect_none(touched - revealed.keys())

    with subtests.test("no type is Any, nor has Any in it"):
        _expect_none(one for one in revealed.values() if has_any(one))


def _make_copy(folder: Path) -> set[tuple[str, int]]:
    """Copy the project, revealing what it asserts; add a file that touches all of the library.

    Returns:
        The lines of that file which reveal a type.
    """
    for name in ("mypy.ini", "pyrightconfig.json"):
        (folder / name).write_text((_DOWNSTREAM / name).read_text())
    for name, source in _SOURCES.items():
        (folder / name).write_text(reveal_assertions(source))
    surface = folder / "surface.py"
    surface.write_text(surface_source())
    lines = enumerate(surface.read_text().splitlines(), 1)
    return {(surface.name, number) for number, line in lines if "reveal_type(" in line}


def _expect_none(findings: Iterable[object]) -> None:
    listed = sorted(map(str, findings))
    assert not listed, "\n".join(listed)
