"""Write the table of differences between flytekit's models and ours into docs/differences.md.

The rows are those of tests/parity/differences.toml, which `make parity` measures; here their texts
become a table, between two markers. This needs no flytekit.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from tools.written import ROOT, Command, NotMadeError, Place

ROWS = ROOT / "tests" / "parity" / "differences.toml"
PLACE = Place(
    ROOT / "docs" / "differences.md",
    "<!-- differences: written by tools/differences.py from tests/parity/differences.toml -->\n",
    "<!-- /differences -->\n",
)
COLUMNS = ("flytekit", "flytebind", "reason")


class DifferencesError(NotMadeError):
    """Rows that no table can be made of."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    command = Command("differences", __doc__, mend="make generate")
    options = command.parser.parse_args(arguments)
    return command.run(options, lambda: PLACE.holding(table(ROWS.read_text(encoding="utf-8"))))


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
