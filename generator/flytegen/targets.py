"""What a run is about: the command line says one target, or ``pyproject.toml`` a list of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flytegen import locate
from flytegen.common.names import can_be_imported
from flytegen.common.problems import GenerationError, Problem, Problems, did_you_mean
from flytegen.common.toml import TomlError, parse_toml
from flytegen.overlay.entries import Overlay, Table
from flytegen.overlay.load import load_overlay
from flytegen.overlay.reader import Reader
from flytegen.read.descriptor_set import load_descriptor_set
from flytegen.read.manifest import load_bases
from flytegen.read.package import load_package
from flytegen.read.protoc import PROTO
from flytegen.read.source import Source
from flytegen.write.format import FormatterName

CONFIGURATION = "pyproject.toml"


@dataclass(frozen=True)
class Target:
    """A package, what is said about it, and where the result goes."""

    name: str
    """What ``--target`` calls it; empty for that of the command line."""
    package: str = ""
    """The package of ``*_pb2`` modules; by default the overlay's."""
    inputs: tuple[Path, ...] = ()
    """What is read instead of a package: a descriptor set, an image, or .proto files."""
    proto_paths: tuple[Path, ...] = ()
    """Where imports of .proto files are looked for."""
    overlay: Path | None = None
    """The folder of TOML files; by default that of ours which is for the package."""
    out: Path | None = None
    package_root: str = ""
    """The package that everything is written below, if there is to be one."""
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
        if folder is None and not self.inputs:
            folder = locate.overlay(self.package)
        return Overlay() if folder is None else load_overlay(folder)

    def load_source(self, overlay: Overlay) -> Source:
        """The descriptors of the package, or of what is read instead of it.

        Args:
            overlay: What is said about it.

        Raises:
            GenerationError: If they cannot be had, or what is said about them does not go together.
        """
        package = self.package or overlay.package.name
        bases = load_bases(self.bases)
        check_root(self.package_root)
        if self.inputs:
            for option, said in (("--exclude", self.exclude), ("--skip-broken", self.skip_broken)):
                if said:
                    what, hint = "is for modules of a package", "Make the set without these files."
                    raise GenerationError(Problem(option, what, hint))
            return load_descriptor_set(
                self.inputs, package, bases, self.proto_paths, self.package_root
            )
        if self.proto_paths:
            what, hint = "is for .proto files", "Give these with --input."
            raise GenerationError(Problem("--proto-path", what, hint))
        if not package:
            where, hint = str(self.overlay), "Give --package NAME."
            if self.name:
                where, hint = self.name, "Say package in its table, or name it in its overlay."
            raise GenerationError(Problem(where, "names no package", hint))
        return load_package(
            package,
            bases,
            self.exclude,
            skip_broken=self.skip_broken,
            package_root=self.package_root,
        )

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
    input: tuple[str, ...] = ()
    proto_path: tuple[str, ...] = ()
    overlay: str = ""
    out: str = ""
    package_root: str = ""
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
        hint = (
            "Give --package NAME or --input FILE, or name targets in a table"
            " [tool.flytegen.targets.NAME]."
        )
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
    said: object = table
    for name in ("tool", "flytegen"):
        if not isinstance(said, dict) or name not in said:
            return ()  # a table that is none is for the tools to find whose it is
        said = said[name]
    if not isinstance(said, dict):
        raise GenerationError(Problem(str(path), "tool.flytegen must be a table"))
    problems = Problems()
    reader = Reader({}, problems, of="tool.flytegen", where=str(path))
    configuration = reader.table(_Configuration, said, ())
    problems.raise_if_any()
    return tuple(_target(name, each, path.parent) for name, each in configuration.targets.items())


def _target(name: str, said: _Said, folder: Path) -> Target:
    def place(text: str) -> Path | None:
        return folder / text if text else None

    def places(texts: tuple[str, ...]) -> tuple[Path, ...]:
        return tuple(folder / text for text in texts)

    inputs, roots = places(said.input), places(said.proto_path)
    if not roots and inputs and all(path.suffix == PROTO for path in inputs):
        roots = (folder,)  # wherever the command is run

    return Target(
        name,
        said.package,
        inputs,
        roots,
        place(said.overlay),
        place(said.out),
        said.package_root,
        said.base,
        said.exclude,
        said.skip_broken,
        places(said.templates),
        said.formatter,
    )


def check_root(package: str) -> None:
    """See that a package can be what everything is written below; none can.

    Raises:
        GenerationError: If it can be no package.
    """
    if package and not can_be_imported(package):
        what, hint = "cannot be the name of a Python package", "Name one such as myapp.gen."
        raise GenerationError(Problem(package, what, hint))
