"""Documents and comments name no file, no folder and no extra of ours that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest

from tools.distributions import projects
from tools.documents import DOCUMENTS
from tools.written import ROOT

HOUSE = (
    "benchmarks",
    "distributions",
    "docs",
    "examples",
    "generator",
    "overlay",
    "requirements",
    "src",
    "templates",
    "tests",
    "tools",
)
PAGES = [
    *(page for page in DOCUMENTS if page.parent.name != "changes"),  # they tell of what is gone
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "overlay" / "README.md",
]
SOURCES = [
    ROOT / "Makefile",
    ROOT / "pyproject.toml",
    *(path for part in HOUSE for path in (ROOT / part).rglob("*.toml")),
    *(path for part in ("generator", "src", "tools") for path in (ROOT / part).rglob("*.py")),
]
#: Files that are somebody else's, or that a reader will have.
THEIRS = ("acme/", "below/", "google/", "src/myapp/")

_OURS = rf"(?<![\w./-])(?:{'|'.join(HOUSE)})(?:/[\w*-][\w.*-]*)+"
_PATH = re.compile(_OURS)
_PATH_IN_QUOTES = re.compile(rf"{_OURS}|(?<![\w./-])[\w/.-]+\.(?:py|j2)(?![\w.])")


def in_prose(text: str) -> Iterator[str]:
    """The paths between backticks, without blocks of code."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M)
    for quoted in re.findall(r"`([^`\n]+)`", text):
        yield from _PATH_IN_QUOTES.findall(quoted)


def in_source(text: str) -> Iterator[str]:
    """The paths in comments, docstrings and settings."""
    for line in text.splitlines():
        yield from (path for path in _PATH.findall(line) if "{" not in line)


@cache
def ours() -> list[Path]:
    """What is in the house, by its place below the root."""
    inside = (path for part in HOUSE for path in (ROOT / part).rglob("*"))
    return [path.relative_to(ROOT) for path in (*ROOT.glob("*"), *inside)]


@cache
def is_there(path: str) -> bool:
    """Whether a path leads somewhere, from the root or from a folder that is spoken of."""
    path = path.rstrip(".")
    return path.startswith(THEIRS) or any(one.match(path) for one in ours())


@pytest.mark.parametrize("page", PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_path_of_a_document_is_there(page: Path) -> None:
    named = in_prose(page.read_text(encoding="utf-8"))
    assert [path for path in named if not is_there(path)] == []


def test_every_path_in_a_comment_is_there() -> None:
    named = {path for source in SOURCES for path in in_source(source.read_text(encoding="utf-8"))}
    assert len(named) > 30
    assert [path for path in sorted(named) if not is_there(path)] == []


@pytest.mark.parametrize("path", ["overlay/flytekit", "test_nothing.py", "tools/no_such_tool.py"])
def test_a_path_that_is_not_there_is_found(path: str) -> None:
    assert list(in_prose(f"See `{path}`.")) == [path]
    assert not is_there(path)


def test_every_extra_that_is_named_is_there() -> None:
    extras = {
        name: project.get("optional-dependencies", {}).keys()
        for name, project in projects(ROOT).items()
    }
    named = {
        (name, extra)
        for path in (*PAGES, *SOURCES)
        for name, some in re.findall(r"(flyte[\w-]+)\[([\w,]+)\]", path.read_text(encoding="utf-8"))
        for extra in some.split(",")
        if name in extras
    }
    assert {("flytebind", "remote"), ("flytebind-runtime", "grpc")} <= named
    assert [(name, extra) for name, extra in sorted(named) if extra not in extras[name]] == []


@pytest.mark.parametrize("house", ["src/flytebind", "generator/flytegen"])
def test_the_map_of_the_house_has_each_part(house: str) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = text[text.index(f"| `{house}/` |") :].splitlines()[1:]
    told = {row.split("`")[1] for row in takewhile(lambda row: row.startswith("| &emsp;"), rows)}
    assert told == {f"{part.name}/" for part in (ROOT / house).iterdir() if any(part.rglob("*.py"))}
