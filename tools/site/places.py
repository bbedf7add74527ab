"""Where the reference describes what, and links that lead there."""

from __future__ import annotations

import ast
import posixpath
import re
from collections import defaultdict
from functools import cache
from html import escape
from pathlib import Path

from tools.environments import PROJECT
from tools.written import ROOT

#: Below this folder lie the pages of the reference.
FOLDER = "reference"
#: Where a reader finds a file of the repository.
FILES = f"{PROJECT['urls']['Source']}/blob/main"
#: The same as it is, for pictures.
RAW = f"{PROJECT['urls']['Source']}/raw/main"

_OF_FLYTE_2 = ("flytebind.runs.", "flytebind.v2.")
_QUOTED = re.compile(r"``([A-Za-z_][\w.]*)(\(\))?``")


class Places:
    """Every public name, and the page and anchor where it is described."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, str]] = {}
        self._by_end: defaultdict[str, set[str]] = defaultdict(set)

    def add(self, path: str, page: str, anchor: str) -> None:
        """Say where the thing of a dotted path is described."""
        self._places.setdefault(path, (page, anchor))
        parts = path.split(".")
        for start in range(len(parts)):
            self._by_end[".".join(parts[start:])].add(path)

    def also(self, path: str, described: str) -> None:
        """Say that a path is another name of what is described."""
        if place := self._places.get(described):
            self._places.setdefault(path, place)

    def link(self, path: str, page: str) -> str | None:
        """A link to the thing of a dotted path, from a page; None if it is described nowhere."""
        if path not in self._places:
            return None
        target, anchor = self._places[path]
        there = "" if target == page else posixpath.relpath(target, posixpath.dirname(page))
        return f"{there}#{anchor}"

    def code(self, path: str, shown: str, page: str) -> str:
        """A name as it stands in HTML code, with a link if it is described anywhere."""
        link = self.link(path, page)
        return f'<a href="{link}">{escape(shown)}</a>' if link else escape(shown)

    def linked(self, text: str, page: str, context: str = "") -> str:
        """A docstring's text, in which the names between double backticks lead somewhere.

        A name means what is called so in its context (a module, or a class), or else what alone is
        called so.
        """

        def replaced(quoted: re.Match[str]) -> str:
            name, call = quoted[1], quoted[2] or ""
            link = self._find(name, page, context)
            return f"[`{name}{call}`]({link})" if link else f"`{name}{call}`"

        return _QUOTED.sub(replaced, text)

    def _find(self, name: str, page: str, context: str) -> str | None:
        is_of_flyte_2 = f"{context}.".startswith(_OF_FLYTE_2)
        while context:
            if link := self.link(f"{context}.{name}", page):
                return link
            context = context.rpartition(".")[0]
        if not (name[0].isupper() or "." in name):
            return None
        # Both versions of Flyte have much of the same name, and each speaks of its own.
        paths = [
            path
            for path in self._by_end.get(name, ())
            if path.startswith(_OF_FLYTE_2) == is_of_flyte_2
        ]
        if len({self._places[path] for path in paths}) != 1:
            return None
        return self.link(paths[0], page)


def source_of(path: Path, qualname: str) -> str:
    """The address of the lines that define something."""
    line = _lines(path).get(qualname)
    return f"{FILES}/{path.relative_to(ROOT).as_posix()}" + (f"#L{line}" if line else "")


@cache
def _lines(path: Path) -> dict[str, int]:
    """Where a file defines its classes and functions, by qualified name."""
    lines: dict[str, int] = {}

    def visit(body: list[ast.stmt], outer: str) -> None:
        for item in body:
            if isinstance(item, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                lines.setdefault(f"{outer}{item.name}", item.lineno)
            if isinstance(item, ast.ClassDef):
                visit(item.body, f"{outer}{item.name}.")

    visit(ast.parse(path.read_text(encoding="utf-8")).body, "")
    return lines
