"""The programs that our documents show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.written import ROOT

#: What is shown to users and runs: every other document shows no Python.
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)


@dataclass(frozen=True)
class Example:
    """A block of Python, which runs by itself."""

    document: Path
    line: int
    """Where its first line stands."""
    code: str

    def __str__(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"

    @property
    def needs_flytekit(self) -> bool:
        """It shows flytekit beside flytebind."""
        return re.search(r"^\s*(from|import) flytekit", self.code, re.M) is not None

    @property
    def is_test(self) -> bool:
        """It is a file for pytest."""
        return "\ndef test_" in self.code

    def run(self) -> None:
        """Run it in a namespace of its own. Tracebacks show the line of the document."""
        exec(
            compile("\n" * (self.line - 1) + self.code, str(self), "exec"), {"__name__": "example"}
        )


def examples_in(document: Path) -> Iterator[Example]:
    """The blocks of Python in a document, in the order they are read."""
    return (Example(document, line, code) for line, code in blocks_in(document, "python"))


def blocks_in(document: Path, language: str) -> Iterator[tuple[int, str]]:
    """The blocks of a language, and where the first line of each stands."""
    text = document.read_text(encoding="utf-8")
    for block in _BLOCK.finditer(text):
        if block[1] == language:
            yield text.count("\n", 0, block.start(2)) + 1, block[2]
