"""What the documents show is true."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.documents import examples_in

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
WITH_EXAMPLES = [
    "README.md",
    "docs/guide.md",
    "docs/migrating.md",
    "docs/migrating-client.md",
    "docs/services.md",
    "docs/sandbox.md",
    "docs/remote.md",
    "docs/remote-connections.md",
]


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_the_examples_run_in_the_order_they_are_read(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.NOTSET, "flytebind.remote")  # so that theirs is undone in the end
    examples = examples_in(ROOT / name)
    assert examples
    exec("\n".join(examples), {"__name__": "example"})


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_by_itself_and_shows_something(path: Path) -> None:
    run = subprocess.run([sys.executable, str(path)], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.strip()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_the_files_that_a_document_links_to_exist(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if f'"{page}"' not in navigation] == []
