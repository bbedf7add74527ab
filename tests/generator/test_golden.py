"""Three classes to the last character: what the templates are made to print."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flytegen import locate

GOLDEN = Path(__file__).parent / "golden"
CLASSES = {
    "identifier": ("core/identifier.py", "Identifier"),
    "literal": ("core/literals.py", "Literal"),
    "execution_closure": ("admin/execution.py", "ExecutionClosure"),
}


@pytest.mark.parametrize("name", CLASSES)
def test_the_templates_print_the_golden_class(name: str) -> None:
    path, class_name = CLASSES[name]
    source = (locate.output() / "flytebind/models" / path).read_text()
    printed = next(
        ast.get_source_segment(source, node)
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == class_name
    )
    assert printed == (GOLDEN / f"{name}.py.txt").read_text().rstrip()
