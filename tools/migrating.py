"""Write what becomes of flytekit's names into docs/migrating.md.

The rows are those of flytebind.migrate, which errors and ``python -m flytebind.migrate`` read, too.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from flytebind.migrate import ExceptionRow, Row, exceptions, rows
from tools.written import ROOT, Command, Place

PLACE = Place(
    ROOT / "docs" / "migrating.md",
    "<!-- names: written by tools/migrating.py from flytebind.migrate -->\n",
    "<!-- /names -->\n",
)
_TITLES = {
    "FlyteRemote": "`FlyteRemote`",
    "FlyteWorkflowExecution": "Executions of workflows",
    "FlyteNodeExecution": "Executions of nodes",
    "FlyteTaskExecution": "Attempts at tasks",
    "LiteralsResolver": "Inputs and outputs",
    "Config": "`Config`",
    "PlatformConfig": "`PlatformConfig`",
    "FlyteWorkflow": "Workflows",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    command = Command("migrating", __doc__, mend="make generate")
    options = command.parser.parse_args(arguments)
    return command.run(options, lambda: PLACE.holding(tables(rows(), exceptions())))


def tables(names: Sequence[Row], errors: Sequence[ExceptionRow]) -> str:
    """A table for each class, and one of the exceptions."""
    owners = dict.fromkeys(row.name.partition(".")[0] for row in names)
    sections = [_section(owner, names) for owner in owners]
    return f"\n{''.join(sections)}{_errors(errors)}\n"


def _section(owner: str, names: Sequence[Row]) -> str:
    cells = "".join(_rows([row for row in names if row.name.startswith(f"{owner}.")]))
    return f"### {_TITLES[owner]}\n\n| Name | | Write | Why |\n|---|---|---|---|\n{cells}\n"


def _rows(names: Sequence[Row]) -> Iterator[str]:
    """A line for each row; those that say the same are one."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for row in names:
        says = (row.verdict.value, row.write, row.why)
        alike.setdefault(says, []).append(f"`{row.name.partition('.')[2]}`")
    for (verdict, write, why), several in alike.items():
        yield f"| {', '.join(several)} | {verdict} | {write} | {why} |\n"


def _errors(errors: Sequence[ExceptionRow]) -> str:
    raised = "".join(
        f"| `{row.theirs}` | {', '.join(f'`{name}`' for name in row.ours)} | {row.why} |\n"
        for row in errors
        if row.ours
    )
    others = ", ".join(f"`{row.theirs}`" for row in errors if not row.ours)
    return (
        "### Exceptions\n\n| `flytekit.exceptions` | `flytebind.remote` | |\n|---|---|---|\n"
        f"{raised}\nThe rest is of tasks, and stays with flytekit: {others}.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
