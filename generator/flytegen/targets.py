"""What a run is about: the command line says one target, or ``pyproject.toml`` a list of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flytegen import locate
from flytegen.common.problems import GenerationError, Problem, Problems, did_you_mean
from flytegen.common.toml import TomlError, parse_toml
from flytegen.overlay.entries import Overlay, Table
from flytegen.overlay.load import load_overlay
from flytegen.overlay.reader import Reader
from flytegen.write.format import FormatterName

CONFIGURATION = "pyproject.toml"


@dataclass(frozen=True)
class Target:
    """A package, what is said about it, and where the result goes."""

    name: str
    """What ``--target`` calls it; empty for that of the command line."""
    package: str = ""
    """The package of ``*_pb2`` modules; by default the overlay's."""
    descriptor_set: Path | None = None
    """What is read instead of a package."""
    overlay: Path | None = None
    """The folder of TOML files; by default that of ours which is for the package."""
    out: Path | None = None
    bases: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    skip_broken: bool = False
    templates: tuple[Path, ...] = ()
    formatter: FormatterName = "black"

    def load_overlay(self) -> Overlay:
        """What is said about the package; nothing where nobody has said anything.

        Raises:
            GenerationError: If the overlay is wrong.
        """
        folder = self.overlay
        if folder is None and self.descriptor_set is None:
            folder = locate.overlay(self.package)
        return Overlay() if folder is None else load_overlay(folder)

    def output(self) -> Path:
        """Where to write.

        Raises:
            GenerationError: If that is not said: what is there would be replaced.
        """
        if self.out is None:
            raise GenerationError(Problem("--out", "is missing", "Say where to: --out DIR."))
        return self.out


@dataclass(frozen=True)
class _Said(Table):
    """A table ``[tool.flytegen.targets.NAME]``; paths begin at the file's folder."""

    package: str = ""
    descriptor_set: str = ""
    overlay: str = ""
    out: str = ""
    base: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    skip_broken: bool = False
    templates: tuple[str, ...] = ()
    formatter: FormatterName = "black"


@dataclass(frozen=True)
class _Configuration(Table):
    """The table ``[tool.flytegen]``."""

    targets: Mapping[str, _Said] = field(default_factory=dict)


def configured(folder: Path) -> tuple[Target, ...]:
    """The targets of the nearest ``pyproject.toml`` that has any, in its order.

    Args:
        folder: Where to begin; its parents follow.

    Raises:
        GenerationError: If that file is not TOML, or says what it cannot say.
    """
    for place in (folder, *folder.parents):
        path = place / CONFIGURATION
        if path.is_file() and (found := _read(path)):
            return found
    return ()


def chosen(targets: tuple[Target, ...], names: tuple[str, ...]) -> tuple[Target, ...]:
    """The targets with these names; all if there are none.

    Raises:
        GenerationError: If there is no target of a name, or none at all.
    """
    known = {target.name: target for target in targets}
    if not known:
        hint = "Give --package NAME, or name targets in a table [tool.flytegen.targets.NAME]."
        what = "names no target, here or in a folder above"
        raise GenerationError(Problem(CONFIGURATION, what, hint))
    problems = Problems()
    for name in names:
        if name not in known:
            problems.add(f"--target {name}", "is not there", did_you_mean(name, known))
    problems.raise_if_any()
    return tuple(known[name] for name in dict.fromkeys(names)) if names else targets


def _read(path: Path) -> tuple[Target, ...]:
    try:
        table = parse_toml(path.read_text(encoding="utf-8"))
    except (TomlError, UnicodeDecodeError) as error:
        raise GenerationError(Problem(str(path), f"is not TOML ({error})")) from None
    said = table.get("tool", {}).get("flytegen")
    if said is None:
        return ()
    problems = Problems()
    reader = Reader({}, problems, of="tool.flytegen", where=str(path))
    configuration = reader.table(_Configuration, said, ())
    problems.raise_if_any()
    return tuple(_target(name, each, path.parent) for name, each in configuration.targets.items())


def _target(name: str, said: _Said, folder: Path) -> Target:
    def place(text: str) -> Path | None:
        return folder / text if text else None

    return Target(
        name,
        said.package,
        place(said.descriptor_set),
        place(said.overlay),
        place(said.out),
        said.base,
        said.exclude,
        said.skip_broken,
        tuple(folder / each for each in said.templates),
        said.formatter,
    )
