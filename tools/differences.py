"""Write the table of differences between flytekit's models and ours into docs/differences.md.

The rows are those of tests/parity/differences.toml, which `make parity` measures; here their texts
become a table, between two markers. This needs no flytekit.

exit codes:
  0  written, or up to date
  1  the document is not what would be written
  2  the rows cannot be read, or the document has no markers
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from tools.tables import replace_table

ROOT = Path(__file__).resolve().parents[1]
ROWS = ROOT / "tests" / "parity" / "differences.toml"
DOCUMENT = ROOT / "docs" / "differences.md"
BEGIN = "<!-- differences: written by tools/differences.py from tests/parity/differences.toml -->\n"
END = "<!-- /differences -->\n"
COLUMNS = ("flytekit", "flytebind", "reason")


class DifferencesError(ValueError):
    """Rows that no table can be made of."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.differences",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write the table")
    what.add_argument("--check", action="store_true", help="fail if the table is not up to date")
    options = parser.parse_args(arguments)
    present = DOCUMENT.read_text(encoding="utf-8")
    try:
        rows = table(ROWS.read_text(encoding="utf-8"))
        wanted = replace_table(present, BEGIN, rows, END)
    except ValueError as error:
        print(f"differences: {error}", file=sys.stderr)
        return 2
    if wanted == present:
        return 0
    if options.check:
        name = DOCUMENT.relative_to(ROOT)
        print(f"differences: {name} is out of date; run `make generate`", file=sys.stderr)
        return 1
    DOCUMENT.write_text(wanted, encoding="utf-8")
    return 0


def table(toml: str) -> str:
    """The table that the rows make.

    Raises:
        DifferencesError: If a row is not whole, or says how to measure what is not measured.
    """
    try:
        rows: list[dict[str, Any]] = tomllib.loads(toml)["difference"]
    except (KeyError, tomllib.TOMLDecodeError) as error:
        raise DifferencesError(f"{ROWS.name}: {error!r}") from None
    lines = ["| flytekit | flytebind | Reason |", "|---|---|---|"]
    for row in rows:
        wanted = (
            {*COLUMNS, "measured"}
            if not row.get("measured", True)
            else {*COLUMNS, "kinds", "where"}
        )
        if row.keys() != wanted:
            raise DifferencesError(f"{ROWS.name}: wants {sorted(wanted)}: {row}")
        lines.append(f"| {' | '.join(_cell(row[name]) for name in COLUMNS)} |")
    return "".join(f"{line}\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.exit(main())
