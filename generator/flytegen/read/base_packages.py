"""Packages of models that are there already, and that another one is generated on top of."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from google.protobuf.descriptor import Descriptor, FileDescriptor

from flytegen.common.home import Home
from flytegen.common.problems import GenerationError, Problem, Problems
from flytegen.read.fingerprints import fingerprint
from flytegen.read.references import uses_of_file, uses_of_message


@dataclass(frozen=True)
class ProvidedClass:
    """A class of a base."""

    home: Home
    fingerprint: str
    """What its message or enum looked like."""


@dataclass(frozen=True)
class BasePackage:
    """A package of models that is there already."""

    root: str
    """The package."""
    package: str
    """The package of ``*_pb2`` modules that it was generated from."""
    version: str
    """And the version of that; empty where it has none."""
    bases: tuple[str, ...]
    """What it was generated on top of itself."""
    files: frozenset[str]
    """The .proto files that it has models of."""
    pb2_modules: Mapping[str, str]
    """Where protobuf's classes of a file are: of its own files, and of those that they import."""
    classes: Mapping[str, ProvidedClass]
    """By full proto name."""

    @property
    def source(self) -> str:
        """What it was generated from: ``acme-idl 1.16.8``."""
        return f"{self.package} {self.version}".rstrip()


@dataclass(frozen=True)
class BasePackages:
    """All that a package is generated on top of; the first that has something provides it."""

    all: tuple[BasePackage, ...] = ()

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
            name: item.home for base in reversed(self.all) for name, item in base.classes.items()
        }

    def owner(self, file_name: str, package: str) -> BasePackage | None:
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
        if not self.all:
            return
        problems = Problems()
        provided = {
            name: item for base in reversed(self.all) for name, item in base.classes.items()
        }
        differing: dict[str, list[str]] = {}
        seen: set[str] = set()
        pending = deque(use for file in files for use in uses_of_file(file))
        while pending:
            user, item = pending.popleft()
            base = self.owner(item.file.name, package)
            if base is None or item.full_name in seen:
                continue
            seen.add(item.full_name)
            found = provided.get(item.full_name)
            if found is None:
                what = (
                    f"refers to {item.full_name}, which {base.root} ({base.source}) does not have"
                )
                problems.add(user, what, _same(base, package, against))
            elif found.fingerprint != fingerprint(item):
                differing.setdefault(base.root, []).append(item.full_name)
            if isinstance(item, Descriptor):
                pending.extend(uses_of_message(item))
        for base in self.all:
            if base.root in differing:
                what = f"has another version of {_enumerated(sorted(differing[base.root]))}"
                problems.add(base.root, what, _same(base, package, against))
        problems.raise_if_any()


#: For a package that stands on its own.
NO_BASE_PACKAGES = BasePackages()


def _same(base: BasePackage, package: str, against: Mapping[str, str]) -> str:
    """A hint for a base and a package that are made for two versions of one thing."""
    built = against[base.root]
    return (
        f"It was generated from {base.source}, and {package} is built against {built}. Take"
        f" {base.source}, or a {base.root} that was generated from {built}."
    )


def _enumerated(names: Sequence[str]) -> str:
    few = ", ".join(names[:3])
    return f"{few} and {len(names) - 3} more" if len(names) > 3 else few
