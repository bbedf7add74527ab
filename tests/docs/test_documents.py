"""What the documents show is true."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.documents import DOCUMENTS, Example, examples_in
from tools.environments import PROJECT
from tools.site.places import FILES, RAW

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PROGRAMS = [program for document in DOCUMENTS for program in examples_in(document)]


@pytest.mark.parametrize(
    "program", [program for program in PROGRAMS if not program.needs_flytekit], ids=str
)
def test_each_block_of_python_runs_by_itself(
    program: Example,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    caplog.set_level(logging.NOTSET, "flytebind.remote")  # so that theirs is undone in the end
    monkeypatch.chdir(tmp_path)
    if program.is_test:
        Path("test_it.py").write_text(program.code, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        plugin = ("-p", "flytebind.pytest_plugin")  # installing brings it, if it is installed
        run = subprocess.run([*command, *plugin], capture_output=True, text=True)
        assert run.returncode == 0, run.stdout
    else:
        program.run()


def test_the_first_block_of_the_readme_shows_flytebind_alone() -> None:
    assert not next(examples_in(ROOT / "README.md")).needs_flytekit


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_by_itself_and_shows_something(path: Path) -> None:
    run = subprocess.run([sys.executable, str(path)], capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.strip()


@pytest.mark.parametrize("path", [*DOCUMENTS, ROOT / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_the_files_that_a_document_links_to_exist(path: Path) -> None:
    text = (
        path.read_text(encoding="utf-8")
        .replace(f"]({FILES}/", f"]({ROOT}/")
        .replace(f"]({RAW}/", f"]({ROOT}/")
    )
    links = re.findall(r"\]\((?!https?:|reference/)([^)#]+)", text)  # the reference is not yet made
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_links_of_the_readme_work_outside_of_the_repository() -> None:
    """A registry shows it without the files around it."""
    links = re.findall(r"\]\(([^)]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(links) > 20
    assert [link for link in links if not link.startswith("https://")] == []


def test_everything_names_one_address_of_the_project() -> None:
    address = PROJECT["urls"]["Source"]
    assert [url for url in PROJECT["urls"].values() if not url.startswith(address)] == []
    assert f'repo_url = "{address}"' in (ROOT / "zensical.toml").read_text(encoding="utf-8")
    host = address.rpartition("/")[0]
    for path in [*DOCUMENTS, ROOT / "CONTRIBUTING.md"]:
        named = re.findall(rf"{re.escape(host)}/[\w.-]+", path.read_text(encoding="utf-8"))
        assert set(named) <= {address}, path


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if f'"{page}"' not in navigation] == []
