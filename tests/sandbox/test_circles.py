"""The modules of the sandbox stand on one another, in one order."""

from __future__ import annotations

from flytebind import sandbox
from tests.support.circles import circle


def test_no_module_of_the_sandbox_imports_itself_through_others() -> None:
    assert circle(sandbox) == []
