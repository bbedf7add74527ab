"""Which modules a file imports, and what each name is called there.

Each import gets a private alias, because a message may be called ``Literal`` and a field
``datetime``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from flytegen.common.code import LINE_LENGTH, Code, Name, spelled

#: Type checkers know this name only as it is.
_KEEPS_ITS_NAME = "TYPE_CHECKING"


class _Import(NamedTuple):
    module: str
    name: str
    alias: str


class Importer:
    """Spells code for one file, and keeps what that makes the file import.

    Args:
        roots: Packages of generated modules, whose name says nothing in an alias.
        called: What to call some modules, by their full names.
    """

    def __init__(self, roots: Sequence[str] = (), called: Mapping[str, str] | None = None) -> None:
        self._roots = roots
        self._called = called or {}
        self._aliases: dict[tuple[str, str], str] = {}

    def spell(self, code: Code) -> str:
        """The text of code in this file."""
        return spelled(code, self._name)

    def use(self, module: str, name: str = "", alias: str = "") -> str:
        """The alias under which a module, or a name of it, is imported from now on."""
        known = self._aliases.get((module, name))
        if known is None:
            known = name if name == _KEEPS_ITS_NAME else alias or f"_{name or module}"
            while known in self._aliases.values():
                known += "_"
            self._aliases[module, name] = known
        return known

    def statements(self, own: str) -> Iterator[list[str]]:
        """Import statements as isort has them: standard library, others, those of a package."""

        def group(item: _Import) -> int:
            top = item.module.partition(".")[0]
            return 0 if top in sys.stdlib_module_names else 2 if top == own else 1

        def key(item: _Import) -> tuple[int, bool, str]:
            return group(item), bool(item.name), item.module

        found = (_Import(*target, alias) for target, alias in self._aliases.items())
        for _, grouped in groupby(sorted(sorted(found), key=key), group):
            lines = []
            for (_, from_module, module), items in groupby(grouped, key):
                names = sorted(items, key=_isort_order)
                if from_module:
                    lines.append(import_statement(module, map(_imported, names)))
                else:
                    lines.extend(f"import {module} as {item.alias}" for item in names)
            yield lines

    def _name(self, name: Name) -> str:
        if name.imported is None:
            return name.qualname
        if name.reach == "module":
            alias = self.use(*name.imported, self._called.get(name.module, self._below(name)))
            return f"{alias}.{name.qualname}" if name.qualname else alias
        _, dot, inner = name.qualname.partition(".")
        return f"{self.use(*name.imported)}{dot}{inner}"

    def _below(self, name: Name) -> str:
        """What to call a module: ``_core_literals``."""
        root = next((item for item in self._roots if name.module.startswith(f"{item}.")), "")
        return "_" + name.module.removeprefix(f"{root}.").replace(".", "_")


def import_statement(module: str, names: Iterable[str], columns: int = LINE_LENGTH) -> str:
    """A statement that imports names, on several lines if it is longer than so many columns."""
    said = tuple(names)
    line = f"from {module} import {', '.join(said)}"
    if len(line) <= columns:
        return line
    return "\n".join((f"from {module} import (", *(f"    {name}," for name in said), ")"))


def _isort_order(item: _Import) -> tuple[int, str]:
    kind = 0 if item.name.isupper() else 1 if item.name[:1].isupper() else 2
    return kind, item.name


def _imported(item: _Import) -> str:
    return item.name if item.name == item.alias else f"{item.name} as {item.alias}"
