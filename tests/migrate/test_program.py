"""A program that uses flytekit's remote in each of the usual ways, after it was migrated."""

from __future__ import annotations

from pathlib import Path

from flytebind.migrate import changed, check

PROGRAM = Path(__file__).with_name("program.txt")
#: What type checkers look at, as strictly as they can.
MIGRATED = Path(__file__).parents[1] / "typing" / "downstream" / "migrated.py"


def test_the_program_that_type_checkers_see_is_what_writing_makes_of_flytekits() -> None:
    program = PROGRAM.read_text(encoding="utf-8")
    migrated = changed(program, check(program))
    assert migrated == MIGRATED.read_text(encoding="utf-8")
    assert check(migrated) == []
    assert "flytekit." not in migrated
