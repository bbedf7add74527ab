"""What the documents show beside flytekit runs beside flytekit."""

from __future__ import annotations

import pytest

from tools.documents import DOCUMENTS, Example, examples_in

PROGRAMS = [
    program for document in DOCUMENTS for program in examples_in(document) if program.needs_flytekit
]


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_each_block_with_flytekit_runs_by_itself(program: Example) -> None:
    program.run()


def test_there_are_some() -> None:
    assert {program.document.name for program in PROGRAMS} == {"README.md", "migrating.md"}
