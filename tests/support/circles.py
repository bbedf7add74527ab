"""Modules that import one another in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path
from types import ModuleType


def circle(package: ModuleType) -> list[str]:
    """The modules of a circle in a package, its first one again at the end; empty without one.

    Imports count wherever they stand: in functions and for type checkers, too.
    """
    (folder,) = map(Path, package.__path__)
    files = {_name(package, path.relative_to(folder)): path for path in folder.rglob("*.py")}
    imports = {
        name: set(_imported(name, path, files)) & files.keys() for name, path in files.items()
    }
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _name(package: ModuleType, path: Path) -> str:
    return ".".join([package.__name__, *path.with_suffix("").parts]).removesuffix(".__init__")


def _imported(name: str, path: Path, files: dict[str, Path]) -> Iterator[str]:
    parent = name if path.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), parent)
            for alias in node.names:
                whole = f"{source}.{alias.name}"
                yield whole if whole in files else source
