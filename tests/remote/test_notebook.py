"""A notebook, run by a real kernel: what a cell's last line shows."""

from __future__ import annotations

import json
import math

import nbformat
import pytest
from nbclient import NotebookClient

from flytebind.sandbox import Sandbox
from tests.remote.scenes import scripted
from tests.support.markup import Page

CELLS = {
    "begin": """
from flytebind.remote import Config, FlyteRemote
remote = FlyteRemote(Config.for_endpoint({endpoint!r}, insecure=True), "flytesnacks", "development")
""",
    "fetched": "remote.fetch_execution({failed!r})",
    "card": "execution = remote.fetch_execution({failed!r}).wait(); execution",
    "node": "execution.first_failure()",
    "nodes": "execution.node_executions",
    "list": "remote.recent_executions()",
    "timeline": "execution.timeline()",
    "tree": "execution.tree()",
    "inputs": "execution.inputs",
    "model": "execution.closure",
    "error": "execution.error",
}


@pytest.fixture(scope="module")
def outputs() -> dict[str, dict[str, str]]:
    """By cell, what it has put out: text by its type."""
    with Sandbox() as sandbox:
        sandbox.engine(math.inf)
        scripted.played(sandbox, "dynamic")
        failed = scripted.played(sandbox, "failure").id.name
        cells: list[dict[str, object]] = [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": name,
                "metadata": {},
                "outputs": [],
                "source": code.format(endpoint=sandbox.endpoint, failed=failed),
            }
            for name, code in CELLS.items()
        ]
        written = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        notebook = nbformat.reads(json.dumps(written), as_version=4)
        NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    return {
        name: cell.outputs[-1].data if cell.outputs else {}
        for name, cell in zip(CELLS, notebook.cells, strict=True)
    }


def page(output: dict[str, str]) -> Page:
    return Page(output["text/html"])


def test_an_execution_is_a_card(outputs: dict[str, dict[str, str]]) -> None:
    shown = page(outputs["card"])
    said = "\n".join(shown.text)
    for words in ("FAILED", "Failed first: node ", "play.validate", "Inputs", "traceback"):
        assert words in said
    assert any(title.startswith("attempt 1, FAILED: ") for title in shown.titles)
    assert "Nodes have not been loaded" in "\n".join(page(outputs["fetched"]).text)


def test_lists_and_nodes_are_tables(outputs: dict[str, dict[str, str]]) -> None:
    assert page(outputs["list"]).text.count("FAILED") == 1
    assert outputs["list"]["text/plain"].startswith("EXECUTION ")
    assert "play.validate" in page(outputs["nodes"]).text
    assert outputs["nodes"]["text/plain"].startswith("NODE ")


def test_what_can_be_drawn_is_drawn(outputs: dict[str, dict[str, str]]) -> None:
    assert any("attempt 1" in title for title in page(outputs["timeline"]).titles)
    assert "█" in outputs["timeline"]["text/plain"]
    assert "├──" in "".join(page(outputs["tree"]).text)
    assert "play.validate" in page(outputs["node"]).text


@pytest.mark.parametrize("name", ["model", "error", "tree", "card"])
def test_what_is_aligned_names_its_font(outputs: dict[str, dict[str, str]], name: str) -> None:
    assert "monospace" in outputs[name]["text/html"]
    assert page(outputs[name]).text


def test_values_are_a_table(outputs: dict[str, dict[str, str]]) -> None:
    assert "<table>" in outputs["inputs"]["text/html"]
