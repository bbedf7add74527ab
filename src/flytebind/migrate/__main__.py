"""``python -m flytebind.migrate``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from flytebind.looks._words import harmless
from flytebind.migrate._files import Source, Unreadable, programs, write_all
from flytebind.migrate._scan import Finding, changed, check

_HELP = """\
List what is to be changed in programs that use flytekit's remote, file and line.

What flytebind understands as it is, is not listed. A remote is known by how it is made, by
annotations, and by names such as `remote`; uses in notebooks, and through functions without
annotations, are not found. What is listed, and what else there is to know, says
docs/migrating.md.
"""
_EXITS = """\
exit codes:
  0  nothing is left to change
  1  something is
  2  a path cannot be read or written; nothing was changed

examples:
  python -m flytebind.migrate src scripts          what is to be changed
  python -m flytebind.migrate --write src          change what is safe, list the rest
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Those after its name; by default those of this process.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python -m flytebind.migrate",
        description=_HELP,
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", type=Path, help="a program or a folder")
    parser.add_argument(
        "--write",
        action="store_true",
        help="change what is safe: imports, and names of arguments; all files or none",
    )
    given = parser.parse_args(arguments)
    try:
        found = _look_through(given.paths)
        left = _write(found) if given.write else {path: each[1] for path, each in found.items()}
    except Unreadable as problem:
        print(f"error: {harmless(str(problem))}", file=sys.stderr)
        return 2
    _print(left)
    many = sum(map(len, left.values()))
    safe = sum(1 for each in left.values() for one in each if one.edits)
    hint = f"; --write changes {safe} of them" if safe else ""
    print(f"{many} to change in {sum(map(bool, left.values()))} of {len(found)} files{hint}")
    return 1 if many else 0


_Found = dict[Path, tuple[Source, list[Finding]]]


def _look_through(paths: list[Path]) -> _Found:
    found: _Found = {}
    for path in programs(paths):
        try:
            source = Source.read(path)
            found[path] = source, check(source.text)
        except Unreadable as problem:
            raise Unreadable(f"{path}: {problem}") from None
        except (SyntaxError, ValueError) as error:  # the second for what no parser takes
            raise Unreadable(f"{path}: it is no Python: {error}") from None
    return found


def _write(found: _Found) -> dict[Path, list[Finding]]:
    """Do what is safe; answers what is left then."""
    changes, left = {}, {}
    for path, (source, findings) in found.items():
        text = changed(source.text, findings)
        left[path] = check(text) if text != source.text else findings
        if text != source.text:
            changes[path] = source, text
    try:
        write_all(changes)
    except (OSError, UnicodeEncodeError) as error:
        raise Unreadable(f"cannot write: {error}") from error
    for path in changes:
        print(f"{harmless(str(path))}: changed")
    return left


def _print(left: dict[Path, list[Finding]]) -> None:
    for path, findings in left.items():
        for one in findings:
            where = f"{harmless(str(path))}:{one.line}:{one.column}"
            print(f"{where}: {harmless(one.what)}: {harmless(one.message)}")


if __name__ == "__main__":
    sys.exit(main())
