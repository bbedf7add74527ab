"""Steps of the generator meet in what they hand on, and none knows a later one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

import flytegen

HOUSE = Path(flytegen.__file__).parent

#: What each part may import beside itself. Deciding and writing know of each other by the schema.
MAY_IMPORT = {
    "common": set(),
    "schema": {"common"},
    "read": {"common"},
    "overlay": {"schema", "common", "read"},
    "decide": {"schema", "common", "read", "overlay"},
    "write": {"schema", "common", "read"},
    "comparison": {"schema", "common", "read", "overlay", "decide", "write"},
    "run": {"schema", "common", "read", "overlay", "decide", "write"},
    "progress": {"run"},
    "locate": set(),
    "cli": {
        "schema", "common", "read", "overlay", "decide", "write", "comparison", "run", "progress",
        "locate",
    },
    "__init__": set(),
    "__main__": {"cli"},
}  # fmt: skip


def modules_of(part: str) -> list[Path]:
    folder = HOUSE / part
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [HOUSE / f"{part}.py"]


def imported(source: str, package: str) -> Iterator[str]:
    """The modules that a source imports, wherever in it: in functions and for type checkers too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            name = "." * node.level + (node.module or "")
            module = resolve_name(name, package) if node.level else name
            yield from (f"{module}.{alias.name}" for alias in node.names)


def parts_used_by(path: Path) -> set[str]:
    """The parts of the generator that a module imports."""
    package = ".".join(("flytegen", *path.relative_to(HOUSE).parent.parts))
    found = imported(path.read_text(encoding="utf-8"), package)
    return {name.split(".")[1] for name in found if name.startswith("flytegen.")}


def test_each_part_of_the_house_has_a_place_in_the_order() -> None:
    parts = {
        path.stem
        for path in HOUSE.iterdir()
        if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))
    }
    assert parts == MAY_IMPORT.keys()


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_part_imports_only_what_comes_before_it(part: str) -> None:
    wrong = {
        path.relative_to(HOUSE).as_posix(): sorted(late)
        for path in modules_of(part)
        if (late := parts_used_by(path) - MAY_IMPORT[part] - {part})
    }
    assert wrong == {}


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    names = {
        ".".join(("flytegen", *path.relative_to(HOUSE).with_suffix("").parts)): path
        for path in HOUSE.rglob("*.py")
        if path.name != "__init__.py"
    }
    uses: dict[str, set[str]] = {}
    for name, path in names.items():
        found = set(imported(path.read_text(encoding="utf-8"), name.rpartition(".")[0]))
        found |= {item.rpartition(".")[0] for item in found}
        uses[name] = (found & names.keys()) - {name}
    while free := {name for name, used in uses.items() if not used & uses.keys()}:
        uses = {name: used for name, used in uses.items() if name not in free}
    assert uses == {}


@pytest.mark.parametrize(
    "source",
    [
        "import flytegen.decide.build",
        "from flytegen.decide import build",
        "from flytegen import decide",
        "from ..decide.build import build",
        "from .. import decide",
        "if TYPE_CHECKING:\n    from flytegen.decide.build import build",
        "def late():\n    from flytegen.decide.build import build",
    ],
)
def test_an_import_is_seen_in_whatever_way_it_is_written(source: str) -> None:
    (name,) = imported(source, "flytegen.read")
    assert name.startswith("flytegen.decide")
