"""What tools write, and check: the same command line for all of them.

A tool makes the contents of files. With ``--write`` they are written, with ``--check`` it fails
where the files have others.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).resolve().parents[1]

UP_TO_DATE, OUT_OF_DATE, NOT_MADE = 0, 1, 2
_EXIT_CODES = """\
exit codes:
  0  written, or up to date
  1  a file is not what would be written
  2  what would be written cannot be made, or its document has no place for it
"""

#: What files should hold; None is a file that should not be there.
Contents: TypeAlias = Mapping[Path, bytes | None]


class NotMadeError(Exception):
    """There is nothing to write, or no place for it; the message says why."""


@dataclass(frozen=True)
class Place:
    """What is between two lines of a document."""

    document: Path
    begin: str
    end: str

    def holding(self, text: str) -> dict[Path, bytes]:
        """The document with this text in there, and all else as it is.

        Raises:
            NotMadeError: If it does not have the lines, once each and in this order.
        """
        before, has_begin, rest = self.document.read_text(encoding="utf-8").partition(self.begin)
        _, has_end, after = rest.partition(self.end)
        if not has_begin or not has_end or self.begin in rest or self.end in after:
            lines = f"{self.begin.strip()} and {self.end.strip()}"
            raise NotMadeError(f"{self.document.name} wants one place between {lines}")
        return {self.document: f"{before}{self.begin}{text}{self.end}{after}".encode()}


class Command:
    """The command line of a tool.

    Attributes:
        parser: What reads the arguments.
        what: The options that exclude each other, ``--write`` and ``--check`` among them.
    """

    def __init__(
        self, name: str, description: str | None, *, mend: str, can_only_show: bool = False
    ) -> None:
        """Make one.

        Args:
            name: The tool's name, as in ``python -m tools.NAME``.
            description: What the help says of it.
            mend: The command that brings everything up to date.
            can_only_show: True for a tool that can be run without one of the two options.
        """
        self._name, self._mend = name, mend
        self.parser = argparse.ArgumentParser(
            prog=f"python -m tools.{name}",
            description=description,
            epilog=_EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        self.what = self.parser.add_mutually_exclusive_group(required=not can_only_show)
        self.what.add_argument("--write", action="store_true", help="write what is made")
        self.what.add_argument("--check", action="store_true", help="fail if it is out of date")

    def run(self, options: argparse.Namespace, make: Callable[[], Contents]) -> int:
        """Make the contents, and do with them what the options say.

        Nothing is written before all of it is made.

        Returns:
            The exit code; the help says what each one means.
        """
        try:
            contents = make()
        except NotMadeError as error:
            self._say(f"{error}")
            return NOT_MADE
        changed = [path for path, wanted in contents.items() if _present(path) != wanted]
        if options.write:
            for path in changed:
                _put(path, contents[path])
        elif options.check and changed:
            for path in changed:
                self._say(f"{os.path.relpath(path, ROOT)} is out of date; run `{self._mend}`")
            return OUT_OF_DATE
        return UP_TO_DATE

    def _say(self, text: str) -> None:
        print(f"{self._name}: {text}", file=sys.stderr)


def _present(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _put(path: Path, wanted: bytes | None) -> None:
    if wanted is None:
        path.unlink()
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted)
