"""Which modules a file imports, and what each name is called there.

Each import gets a private alias, because a message may be called ``Literal`` and a field
``datetime``. Of other generated modules only the package is imported, which imports them when they
are touched.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from flytegen.common.code import LINE_LENGTH, Code, Name, parts_of, spelled

#: Type checkers know this name only as it is.
_KEEPS_ITS_NAME = "TYPE_CHECKING"

#: What templates call variables and members of classes, so that no import may hide behind them.
_IN_TEMPLATES = frozenset(
    {
        "_error",
        "_has_required",
        "_item",
        "_methods",
        "_pair",
        "_pb",
        "_pb2_module",
        "_pb_type",
        "_renamed",
        "_reshaped",
        "_takes",
    }
)


class _Import(NamedTuple):
    module: str
    name: str
    alias: str


class Importer:
    """Spells code for one file, and keeps what that makes the file import.

    Args:
        roots: Packages of generated modules, whose name says nothing in an alias.
        called: What to call some modules, by their full names.
        busy: Packages whose submodules are imported themselves, because they may still be at work
            on imports of their own.
    """

    def __init__(
        self,
        roots: Sequence[str] = (),
        called: Mapping[str, str] | None = None,
        busy: Container[str] = (),
    ) -> None:
        self._roots = roots
        self._called = called or {}
        self._busy = busy
        self._aliases: dict[tuple[str, str], str] = {}

    def spell(self, code: Code) -> str:
        """The text of code in this file."""
        return spelled(code, self._name)

    def use(self, module: str, name: str = "", alias: str = "") -> str:
        """The alias under which a module, or a name of it, is imported from now on."""
        known = self._aliases.get((module, name))
        if known is None:
            known = name if name == _KEEPS_ITS_NAME else alias or f"_{name or module}"
            while known in _IN_TEMPLATES or known in self._aliases.values():
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
            module = self._module(name.module)
            return f"{module}.{name.qualname}" if name.qualname else module
        _, dot, inner = name.qualname.partition(".")
        return f"{self.use(*name.imported)}{dot}{inner}"

    def _module(self, module: str) -> str:
        """How to get at a module: ``_core.literals``, or ``_pb2``."""
        own = self._called.get(module)
        package, submodule = parts_of(module)
        if own or package in self._busy or not self._root(package):
            return self.use(*parts_of(module), own or self._below(module))
        return f"{self.use(*parts_of(package), self._below(package))}.{submodule}"

    def _root(self, module: str) -> str:
        """The package of generated modules that a module or package is of; empty for others."""
        return next((root for root in self._roots if f"{module}.".startswith(f"{root}.")), "")

    def _below(self, module: str) -> str:
        """What to call a module or package: ``_core``, and ``_models`` for the root."""
        root = self._root(module)
        below = module.rpartition(".")[2] if module == root else module.removeprefix(f"{root}.")
        return "_" + below.replace(".", "_")


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
