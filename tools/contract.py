"""Write what templates are given into docs/templates.md.

The text is that of the schema's own docstrings; here it becomes tables, between two markers.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.written import ROOT, Command, NotMadeError, Place

SCHEMA = ROOT / "generator" / "flytegen" / "schema.py"
PLACE = Place(
    ROOT / "docs" / "templates.md",
    "<!-- contract: written by tools/contract.py from generator/flytegen/schema.py -->\n",
    "<!-- /contract -->\n",
)


class ContractError(NotMadeError):
    """A schema that does not say what it means."""


@dataclass(frozen=True)
class Member:
    """What a template can ask of an object."""

    name: str
    type: str
    doc: str


@dataclass(frozen=True)
class Kind:
    """One kind of object that templates are given."""

    name: str
    doc: str
    members: tuple[Member, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    command = Command("contract", __doc__, mend="make generate")
    options = command.parser.parse_args(arguments)
    return command.run(options, lambda: PLACE.holding(tables(SCHEMA.read_text(encoding="utf-8"))))


def tables(schema: str) -> str:
    """The tables of a schema, a section for each kind of object.

    Raises:
        ContractError: If the schema does not say what it means.
    """
    sections = [_section(kind) for kind in reversed(kinds(schema))]
    return f"{''.join(sections)}{_words(schema)}\n"


def kinds(schema: str) -> list[Kind]:
    """The kinds of objects that a schema has, in its own order.

    Raises:
        ContractError: If something has no docstring.
    """
    found = [_kind(node) for node in ast.parse(schema).body if isinstance(node, ast.ClassDef)]
    bare = [
        f"{kind.name}.{member.name}" for kind in found for member in kind.members if not member.doc
    ] + [kind.name for kind in found if not kind.doc]
    if bare:
        raise ContractError(f"{SCHEMA.name}: no docstring: {', '.join(bare)}")
    return found


def _given(annotation: ast.expr) -> str:
    """The type of what a template gets, who is given code as the text that it prints."""
    return re.sub(r"\bCode\b", "str", ast.unparse(annotation))


def _kind(node: ast.ClassDef) -> Kind:
    return Kind(node.name, _flat(ast.get_docstring(node)), tuple(_members(node)))


def _members(node: ast.ClassDef) -> Iterator[Member]:
    for item, below in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(item, ast.AnnAssign):
            doc = ""
            if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
                doc = str(below.value.value)
            yield Member(ast.unparse(item.target), _given(item.annotation), _flat(doc))
        elif isinstance(item, ast.FunctionDef):
            call = "" if item.decorator_list else "()"
            returns = _given(item.returns) if item.returns else ""
            yield Member(item.name + call, returns, _flat(ast.get_docstring(item)))


def _section(kind: Kind) -> str:
    rows = [
        f"| `{member.name}` | `{_cell(member.type)}` | {_cell(member.doc)} |"
        for member in kind.members
    ]
    head = "| Attribute | Type | Meaning |\n|---|---|---|"
    return f"\n### {kind.name}\n\n{_cell(kind.doc)}\n\n{head}\n" + "".join(
        f"{row}\n" for row in rows
    )


def _words(schema: str) -> str:
    """The section about attributes that hold one of a few words."""
    body = ast.parse(schema).body
    rows = []
    for item, below in pairwise(body):
        if isinstance(item, ast.Assign) and isinstance(below, ast.Expr):
            words = [
                str(ast.literal_eval(node))
                for node in ast.walk(item.value)
                if isinstance(node, ast.Constant)
            ]
            shown = ", ".join(f"`{word}`" if word else "empty" for word in words)
            doc = _flat(ast.literal_eval(below.value))
            rows.append(f"| `{ast.unparse(item.targets[0])}` | {shown} | {_cell(doc)} |\n")
    head = "| Type | One of | Meaning |\n|---|---|---|\n"
    return f"\n### Words\n\n{head}{''.join(rows)}"


def _flat(doc: str | None) -> str:
    return " ".join((doc or "").split())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("``", "`")


if __name__ == "__main__":
    sys.exit(main())
