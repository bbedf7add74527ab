"""Classes to the last character: what the templates are made to print."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flytegen import locate

GOLDEN = Path(__file__).parent / "golden"
CLASSES = {
    "identifier": ("models/core/identifier.py", "Identifier"),
    "literal": ("models/core/literals.py", "Literal"),
    "execution_closure": ("models/admin/execution.py", "ExecutionClosure"),
    "client": ("services/identity.py", "IdentityServiceClient"),
    "async_client": ("services/agent.py", "SyncAgentServiceAsyncClient"),
    "servicer": ("services/agent.py", "SyncAgentServiceServicer"),
    "async_servicer": ("services/identity.py", "IdentityServiceAsyncServicer"),
}


@pytest.mark.parametrize("name", CLASSES)
def test_the_templates_print_the_golden_class(name: str) -> None:
    path, class_name = CLASSES[name]
    source = (locate.output() / "flytebind" / path).read_text()
    printed = next(
        ast.get_source_segment(source, node)
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == class_name
    )
    assert printed == (GOLDEN / f"{name}.py.txt").read_text().rstrip()
