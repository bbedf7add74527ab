"""Packages of generated models that another one is generated on top of.

Each package of models has a file beside its index that says what is in it, and what that was made
from. It is data: nothing of a base is run.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from google.protobuf.descriptor import Descriptor, FileDescriptor

from flytegen.descriptors import walk
from flytegen.problems import GenerationError, Problem, Problems, in_one_line
from flytegen.schema import Enum, Library, Message, Module
from flytegen.scope import Home
from flytegen.shapes import shape
from flytegen.uses import uses_of_file, uses_of_message

if TYPE_CHECKING:
    from flytegen.source import Source

CONTENTS = "flytegen.json"
_FORMAT = 1
_BELOW = f"*/{CONTENTS}"
_WANTED = "--base wants an installed package of models, such as flytebind.models."


@dataclass(frozen=True)
class LentClass:
    """A class of a base."""

    home: Home
    shape: str
    """What its message or enum looked like."""


@dataclass(frozen=True)
class Base:
    """A package of models that is there already."""

    root: str
    """The package."""
    source: str
    """What it was generated from: ``flyteidl 1.16.8``."""
    bases: tuple[str, ...]
    """What it was generated on top of itself."""
    files: frozenset[str]
    """The .proto files that it has models of."""
    pb2_modules: Mapping[str, str]
    """Where protobuf's classes of a file are: of its own files, and of those that they import."""
    classes: Mapping[str, LentClass]
    """By full proto name."""

    @property
    def package(self) -> str:
        """The package of ``*_pb2`` modules that it was generated from."""
        return self.source.partition(" ")[0]


@dataclass(frozen=True)
class Bases:
    """All that a package is generated on top of; the first that has something lends it."""

    all: tuple[Base, ...] = ()

    @property
    def roots(self) -> tuple[str, ...]:
        """The packages of models."""
        return tuple(base.root for base in self.all)

    def pb2(self, file_name: str) -> str:
        """The module with protobuf's classes of a file; empty where no base has any."""
        found = (base.pb2_modules.get(file_name, "") for base in self.all)
        return next(filter(None, found), "")

    def homes(self) -> dict[str, Home]:
        """Where the classes live, by full proto name."""
        return {
            name: lent.home for base in reversed(self.all) for name, lent in base.classes.items()
        }

    def owner(self, file_name: str, package: str) -> Base | None:
        """The base that a file of ``package``, or of what it imports, belongs to.

        That can be a file which the base does not have, since it was made from an older version.
        """
        for base in self.all:
            if file_name in base.files:
                return base
        for base in self.all:
            is_inside = file_name.startswith(base.package.replace(".", "/") + "/")
            if is_inside and not f"{package}.".startswith(f"{base.package}."):
                return base
        return None

    def refuse_nothing(self, where: str) -> NoReturn:
        """Complain that nothing is left to be generated.

        Raises:
            GenerationError: Always.
        """
        what = f"has nothing that does not belong to {' or '.join(self.roots)}"
        raise GenerationError(Problem(where, what, "Leave out --base, or name another package."))

    def check(
        self, package: str, files: Iterable[FileDescriptor], against: Mapping[str, str]
    ) -> None:
        """See that the bases have what a package refers to, and that it is the same there.

        Args:
            package: What is going to be generated.
            files: Its files.
            against: For each base's root what the package was built against, in words.

        Raises:
            GenerationError: If something is missing, or is not the same.
        """
        problems = Problems()
        lent = {name: item for base in reversed(self.all) for name, item in base.classes.items()}
        differing: dict[str, list[str]] = {}
        seen: set[str] = set()
        pending = deque(use for file in files for use in uses_of_file(file))
        while pending:
            user, item = pending.popleft()
            base = self.owner(item.file.name, package)
            if base is None or item.full_name in seen:
                continue
            seen.add(item.full_name)
            found = lent.get(item.full_name)
            if found is None:
                what = (
                    f"refers to {item.full_name}, which {base.root} ({base.source}) does not have"
                )
                problems.add(user, what, _same(base, package, against))
            elif found.shape != shape(item):
                differing.setdefault(base.root, []).append(item.full_name)
            if isinstance(item, Descriptor):
                pending.extend(uses_of_message(item))
        for base in self.all:
            if base.root in differing:
                what = f"has another version of {_enumerated(sorted(differing[base.root]))}"
                problems.add(base.root, what, _same(base, package, against))
        problems.raise_if_any()


#: For a package that stands on its own.
NO_BASES = Bases()


def load_bases(names: Iterable[str]) -> Bases:
    """Read what packages of models say about themselves, and those that they stand on.

    Raises:
        GenerationError: If one is not installed, or was not generated.
    """
    problems = Problems()
    found: dict[str, Base] = {}
    pending = list(names)
    while pending:
        name = pending.pop(0)
        if name not in found:
            base = _load(name, problems)
            if base is not None:
                found[name] = base
                pending.extend(base.bases)
    problems.raise_if_any()
    return Bases(tuple(found.values()))


def contents_text(library: Library, source: Source) -> str:
    """What a package of models says about itself, for packages on top of it."""
    shapes = {item.full_name: shape(item) for file in source.files for item in walk(file)}
    classes = {
        item.full_name: [f"{module.name}:{item.qualname}", shapes[item.full_name]]
        for module in library.modules
        for item in _classes(module)
    }
    files = {module.proto_file: module.pb2_module for module in library.modules}
    imports = {
        file.name: source.pb2(file)
        for file in source.closure
        if file.name not in files and not file.name.startswith("google/protobuf/")
    }
    about = f"Generated by flytegen from {library.source}. Do not edit: run `{library.remake}`."
    head = {
        "about": about,
        "format": _FORMAT,
        "source": library.source,
        "bases": library.base_packages,
    }
    # One line for each thing, so that a diff can be read.
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    for name, table in (("files", files), ("imports", imports), ("classes", classes)):
        rows = [f"    {json.dumps(key)}: {json.dumps(table[key])}" for key in sorted(table)]
        inside = "\n" + ",\n".join(rows) + "\n  " if rows else ""
        lines.append(f"  {json.dumps(name)}: {{{inside}}}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _classes(holder: Module | Message) -> Iterator[Message | Enum]:
    """The messages and enums in a module or in a message."""
    yield from holder.enums
    for message in holder.messages:
        yield message
        yield from _classes(message)


def _same(base: Base, package: str, against: Mapping[str, str]) -> str:
    """A hint for a base and a package that are made for two versions of one thing."""
    built = against[base.root]
    return (
        f"It was generated from {base.source}, and {package} is built against {built}. Take"
        f" {base.source}, or a {base.root} that was generated from {built}."
    )


def _enumerated(names: Sequence[str]) -> str:
    few = ", ".join(names[:3])
    return f"{few} and {len(names) - 3} more" if len(names) > 3 else few


def _load(name: str, problems: Problems) -> Base | None:
    folders = _folders(name, problems)
    path = next((path for folder in folders if (path := folder / CONTENTS).is_file()), None)
    if path is not None:
        return _read(name, path, problems)
    if any((folder / "_index.py").is_file() for folder in folders):
        hint = "Generate it with a newer flytegen, and see that its wheel takes the file along."
        problems.add(name, f"has no {CONTENTS}", hint)
    elif folders:
        found = sorted(
            f"{name}.{path.parent.name}" for item in folders for path in item.glob(_BELOW)
        )
        hint = f"Did you mean {found[0]!r}?" if found else _WANTED
        problems.add(name, "is no package of models that flytegen generated", hint)
    return None


def _folders(name: str, problems: Problems) -> list[Path]:
    """Where a package lies; it is not imported, but what it is in is. None is a problem."""
    if not all(part.isidentifier() for part in name.split(".")):
        problems.add(name or "--base", "cannot be the name of a Python package", _WANTED)
        return []
    try:
        spec = find_spec(name)
    except ModuleNotFoundError:
        spec = None
    except (Exception, SystemExit) as error:  # whatever a foreign package does when imported
        problems.add(name, f"cannot be imported ({in_one_line(error)})", _WANTED)
        return []
    if spec is None:
        problems.add(name, "is not installed", _WANTED)
        return []
    if not spec.submodule_search_locations:
        problems.add(name, "is no package of models that flytegen generated", _WANTED)
        return []
    return list(map(Path, spec.submodule_search_locations))


def _read(name: str, path: Path, problems: Problems) -> Base | None:
    try:
        table: Any = json.loads(path.read_text(encoding="utf-8"))
        if table["format"] != _FORMAT:
            what, hint = "was generated by another flytegen, and not for this one", "Update both."
            problems.add(name, what, hint)
            return None
        return Base(
            root=name,
            source=table["source"],
            bases=tuple(table["bases"]),
            files=frozenset(table["files"]),
            pb2_modules=table["imports"] | table["files"],
            classes={
                full_name: LentClass(Home(*place.split(":")), made_from)
                for full_name, (place, made_from) in table["classes"].items()
            },
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        what, hint = f"has a {CONTENTS} that cannot be read", "Install it anew; it is damaged."
        problems.add(name, what, hint)
        return None
