"""What users' type checkers make of flytebind, tested as behaviour."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.typing.expectations import Checker
from tests.typing.project import CHECKERS, check_project


@pytest.mark.parametrize("checker", CHECKERS)
def test_checkers_see_every_type_and_every_mistake(
    checker: Checker, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    check_project(checker, tmp_path, subtests)
