"""Step 4: the layout of Python files, as black has it; or as a formatter of the user's choice."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Literal, TypeAlias, get_args

from flytegen.common.code import LINE_LENGTH
from flytegen.common.problems import GenerationError, Problem, Problems
from flytegen.write.render import Page
from flytegen.write.wrapping import wrap_long_lines

FormatterName: TypeAlias = Literal["black", "ruff", "none"]
FORMATTERS: tuple[FormatterName, ...] = get_args(FormatterName)


@dataclass(frozen=True)
class Complaint:
    """Why a source cannot be formatted."""

    what: str
    line: int
    """Where, in the source as it was given; 0 when nobody knows."""


@dataclass(frozen=True)
class Formatter:
    """What the texts of a run go through."""

    identity: str
    """Its name and version, and how it is told to format."""
    whole: Callable[[str], str | Complaint]
    """Formats any text."""
    laid_out: Callable[[str], str | Complaint]
    """Formats one that has black's form already, but for lines that are too long."""


def formatter_of(name: FormatterName) -> Formatter:
    """The formatter of a name; ``none`` leaves texts as the templates print them.

    Raises:
        GenerationError: If it is not installed.
    """
    if name == "none":
        return Formatter(name, check_one, check_one)
    try:
        identity = f"{name} {version(name)} {LINE_LENGTH}"
    except PackageNotFoundError:
        hint = f"Install it: pip install {name}."
        raise GenerationError(Problem(name, "is not installed", hint)) from None
    if name == "ruff":
        return Formatter(identity, ruff_one, ruff_one)
    return Formatter(identity, format_one, wrap_one)


def format_all(
    pages: Mapping[str, Page],
    formatter: Formatter,
    executor: Executor,
    progress: Callable[[], None] = lambda: None,
    template_of: Callable[[str, int], str] = lambda path, line: "",
) -> dict[str, str]:
    """Format Python sources, each as soon as it is printed.

    Args:
        pages: What they are, by path.
        formatter: What to format them with.
        executor: Who does it.
        progress: Called after each file.
        template_of: Says which template printed a line of a source; asked if one is not Python.

    Raises:
        GenerationError: If a source cannot be printed, or is not Python; says which class, and
            which template.
    """
    texts: dict[str, str] = {}

    def printed() -> Iterator[str]:
        for path, page in pages.items():
            texts[path] = page.print()
            yield texts[path]

    problems = Problems()
    formatted: dict[str, str] = {}
    ways = (formatter.laid_out if page.is_laid_out else formatter.whole for page in pages.values())
    results = executor.map(_formatted, ways, printed())
    for path, result in zip(pages, results, strict=True):
        if isinstance(result, Complaint):
            _add(problems, path, texts[path], result, template_of)
        else:
            formatted[path] = result
        progress()
    problems.raise_if_any()
    return formatted


def _formatted(way: Callable[[str], str | Complaint], text: str) -> str | Complaint:
    return way(text)


def format_one(text: str) -> str | Complaint:
    """A text in black's form, or why there is none."""
    try:
        return _black(text, LINE_LENGTH)
    except Exception as error:  # InvalidInput, and whatever a text makes of black beside it
        return _complaint(text, error)


def wrap_one(text: str) -> str | Complaint:
    """The same for a text that has black's form already, but for lines that are too long."""
    try:
        return wrap_long_lines(text, LINE_LENGTH, _black)
    except Exception as error:
        return _complaint(text, error)


def check_one(text: str) -> str | Complaint:
    """The text itself, if it is Python."""
    try:
        return wrap_long_lines(text, sys.maxsize, _black)
    except Exception as error:
        return _complaint(text, error)


def ruff_one(text: str) -> str | Complaint:
    """A text in ruff's form, or why there is none."""
    options = ("--isolated", "--no-cache", "--target-version=py310", f"--line-length={LINE_LENGTH}")
    command = (import_module("ruff").find_ruff_bin(), "format", *options, "-")
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    if done.returncode:
        return _complaint(text, ValueError(done.stderr.decode(errors="replace")))
    return done.stdout.decode()


@lru_cache(maxsize=1024)
def _black(text: str, columns: int) -> str:
    import black
    from black.mode import TargetVersion

    mode = black.Mode(target_versions={TargetVersion.PY310}, line_length=columns)
    return black.format_str(text, mode=mode)


def _complaint(text: str, error: Exception) -> Complaint:
    """Python's own complaint about a text, which knows the place better; else the formatter's."""
    try:
        compile(text, "<generated>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as better:
        return Complaint(str(getattr(better, "msg", better)), getattr(better, "lineno", None) or 0)
    said = f"{error}" or type(error).__name__
    place = re.search(r": (\d+):\d+: ", said)
    return Complaint(said.splitlines()[0], int(place[1]) if place else 0)


def _add(
    problems: Problems,
    path: str,
    text: str,
    complaint: Complaint,
    template_of: Callable[[str, int], str],
) -> None:
    lines = text.splitlines()
    owner = _class_of(lines, complaint.line)
    shown = lines[complaint.line - 1].strip() if 0 < complaint.line <= len(lines) else ""
    what = f"is not Python ({complaint.what}{f': {shown[:60]}' if shown else ''})"
    template = template_of(path, complaint.line) if complaint.line else ""
    printed = f"The template {template} printed it" if template else "A template printed it"
    problems.add(
        f"{path}, class {owner}" if owner else path,
        what,
        f"{printed}; or a name that the overlay gives is none.",
    )


def _class_of(lines: list[str], number: int) -> str:
    """The class that a line is in, with those around it; empty outside of any."""
    names: list[str] = []
    margin: int | None = None
    for line in reversed(lines[:number]):
        found = re.match(r"( *)class\s+(\w+)", line)
        if found and (margin is None or len(found[1]) < margin):
            names.insert(0, found[2])
            margin = len(found[1])
    return ".".join(names)
