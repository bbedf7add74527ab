"""Modules import in any order, and bring in nothing that they do not need."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.modules import MODULES

#: What the generator, the remote layer or a type checker needs, or what takes long to import.
UNWANTED = {
    "black",
    "google.protobuf.json_format",
    "grpc",
    "importlib.metadata",
    "jinja2",
    "typing_extensions",
}


def run_apart(program: str) -> str:
    """What a program prints in a process of its own."""
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, text=True, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("names", [MODULES, MODULES[::-1]], ids=["forwards", "backwards"])
def test_all_modules_import_in_either_order(names: list[str]) -> None:
    program = """
from importlib import import_module
for name in {names}:
    module = import_module(name)
    listed = dir(module)
    for exported in getattr(module, "__all__", ()):
        assert exported in listed, f"dir({{name}}) leaves out {{exported}}"
        getattr(module, exported)
"""
    run_apart(program.format(names=names))


@pytest.mark.parametrize(
    "statement",
    [
        "import flytebind.models.execution",
        "from flytebind.models.execution import Execution",
        "from flytebind.models.execution import *",
    ],
)
def test_executions_import_without_what_they_do_not_need(statement: str) -> None:
    # Only what the statement adds: an environment may load more of these when Python starts.
    program = (
        f"import sys\nbefore = set(sys.modules)\n{statement}\nprint(*set(sys.modules) - before)"
    )
    added = set(run_apart(program).split())
    assert "flytebind.models.execution" in added
    assert not added & UNWANTED


@pytest.mark.parametrize(
    ("module", "sibling"),
    [
        ("flytebind.models.admin.execution", "flytebind.models.core.literals"),
        ("flytebind.v2.models.workflow.run_service", "flytebind.v2.models.workflow.run_definition"),
    ],
)
def test_a_model_of_another_module_is_imported_when_it_is_touched(
    module: str, sibling: str
) -> None:
    program = f"""
import sys
from typing import get_type_hints
import {module} as module
print({sibling!r} in sys.modules)
for name in module.__all__:
    get_type_hints(getattr(module, name).__init__)
print({sibling!r} in sys.modules)
"""
    assert run_apart(program).split() == ["False", "True"]
