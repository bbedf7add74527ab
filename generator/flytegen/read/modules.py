"""The modules of an installed package that protoc has made, whatever they are called."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from google.protobuf import __version__ as _protobuf
from google.protobuf.descriptor import FileDescriptor

from flytegen.common.problems import (
    GenerationError,
    Problem,
    Problems,
    did_you_mean,
    in_one_line,
)

_SUFFIX = "_pb2"
# What modules hand to protobuf that are not called so.
_DESCRIPTOR = re.compile(rb"(AddSerializedFile\(|\bserialized_pb\s*=)\s*b['\"]")


def find_modules(
    package: str, exclude: Collection[str] = (), *, skip_broken: bool = False
) -> tuple[dict[str, FileDescriptor], tuple[Problem, ...]]:
    """Import the modules of a package that have descriptors.

    Args:
        package: Its name.
        exclude: Modules that are not looked at; a package stands for all that is in it.
        skip_broken: Whether to do without what cannot be imported.

    Returns:
        The descriptors by the names of their modules, and what is done without.

    Raises:
        GenerationError: If a module cannot be imported or is not there to be excluded, or there
            are none.
    """
    if not all(part.isidentifier() for part in package.split(".")):
        what, hint = "cannot be the name of a Python package", _installed_as(package)
        raise GenerationError(Problem(package or "--package", what, hint))
    finder = _Finder(package, exclude)
    root = finder.load(package)
    finder.raise_if_broken()
    # What protoc makes of a file without a folder is in no package; a module of one is none.
    is_whole = hasattr(root, "__path__") or "." not in package
    is_own = root is not None and is_whole and holds_descriptor(_file_of(root))
    modules = [root] if root is not None and is_own else []
    modules += filter(None, map(finder.load, finder.names(root)))
    finder.check_excluded()
    if not skip_broken:
        finder.raise_if_broken()
    found = {module.__name__: file for module in modules if (file := _descriptor_of(module))}
    if not found:
        finder.raise_if_broken()
        what = "has no modules made by protoc (*_pb2)"
        raise GenerationError(Problem(package, what, _installed_as(package)))
    return found, tuple(finder.broken.values())


def _descriptor_of(module: ModuleType) -> FileDescriptor | None:
    """The descriptor in a module; nothing is imported for it, as by lazy modules."""
    found = vars(module).get("DESCRIPTOR")
    return found if isinstance(found, FileDescriptor) else None


@cache
def holds_descriptor(path: Path) -> bool:
    """Whether a file is a module that was made by protoc, by its name or by what it says."""
    if path.stem.endswith(_SUFFIX):
        return path.suffix.startswith(".py")
    return path.suffix == ".py" and path.is_file() and says_descriptor(path.read_bytes())


def says_descriptor(text: bytes) -> bool:
    """Whether the source of a module gives a descriptor to protobuf."""
    return bool(_DESCRIPTOR.search(text))


class _Finder:
    """Walks through a package, and keeps what it stumbles over."""

    def __init__(self, package: str, exclude: Collection[str]) -> None:
        self.broken: dict[str, Problem] = {}
        self._package = package
        self._exclude = exclude
        self._excluded: set[str] = set()
        self._seen: list[str] = []

    def load(self, name: str) -> ModuleType | None:
        self._seen.append(name)
        if name in self._exclude:
            self._excluded.add(name)
            return None
        try:
            return importlib.import_module(name)
        except (Exception, SystemExit) as error:  # whatever a foreign module does when imported
            what = f"cannot be imported ({in_one_line(error)})"
            self.broken[name] = Problem(name, what, _remedy(error, name, self._package))
            return None

    def names(self, package: ModuleType | None) -> Iterator[str]:
        """The names of its modules; what has no descriptors in or below it is not imported."""
        folders = list(map(Path, getattr(package, "__path__", [])))
        names = {info.name: info.ispkg for info in pkgutil.iter_modules(map(str, folders))}
        # protoc makes no __init__.py, so that a folder is a package by what is in it.
        names |= {
            path.name: True
            for folder in filter(os.path.isdir, folders)
            for path in folder.iterdir()
            if path.is_dir() and "." not in path.name
        }
        for name, is_package in sorted(names.items()):
            full_name = f"{getattr(package, '__name__', '')}.{name}"
            if not is_package:
                if name.endswith(_SUFFIX) or any(
                    holds_descriptor(folder / f"{name}.py") for folder in folders
                ):
                    yield full_name
            elif _has_modules(full_name) and (found := self.load(full_name)):
                if holds_descriptor(_file_of(found)):
                    yield full_name
                yield from self.names(found)

    def raise_if_broken(self) -> None:
        others = "Or leave it out: --exclude MODULE, or --skip-broken for all of them."
        problems = [
            problem if name == self._package else replace(problem, hint=f"{problem.hint} {others}")
            for name, problem in self.broken.items()
        ]
        if problems:
            raise GenerationError(*problems)

    def check_excluded(self) -> None:
        problems = Problems()
        for name in self._exclude:
            if name not in self._excluded:
                hint = did_you_mean(name, self._seen)
                problems.add(name, "cannot be excluded: it is none of the modules", hint)
        problems.raise_if_any()


def _file_of(module: ModuleType) -> Path:
    return Path(getattr(module, "__file__", None) or "")


def _has_modules(package: str) -> bool:
    spec = find_spec(package)
    folders = [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()]
    # What is no folder is an archive, which cannot be looked into as cheaply.
    return any(
        not folder.is_dir() or any(map(holds_descriptor, folder.rglob("*.py*")))
        for folder in folders
    )


def _remedy(error: BaseException, module: str, package: str) -> str:
    """What to do about a module that cannot be imported."""
    text = str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        if f"{package}.".startswith(f"{error.name}."):
            return _installed_as(package) or f"Install it first: pip install {package}"
        return f"It needs {error.name!r}; install what brings that."
    missing = re.search(r"[Dd]epends on file '([^']+)'", text)
    if missing:
        return f"It imports {missing[1]!r}; install the package that brings that file."
    if "duplicate file name" in text or "duplicate symbol" in text:
        return "Two versions of one .proto file are installed; remove a package that has the other."
    if type(error).__name__ == "VersionError" or "google.protobuf" in text:
        return f"It is made for another protobuf than {_protobuf}, which is installed."
    if "Descriptors cannot be created directly" in text:
        return "It was made by a protoc before 3.19; make it anew with a later one."
    return f"Try it alone: python -c 'import {module}'."


def _installed_as(name: str) -> str:
    """A hint for who names what `pip` installs instead of what `import` takes."""
    normal = re.sub(r"[-_.]+", "-", name).lower()
    packages = {
        package
        for package, distributions in metadata.packages_distributions().items()
        if normal in (re.sub(r"[-_.]+", "-", item).lower() for item in distributions)
        and package != name
        and package.isidentifier()
    }
    if not packages:
        return ""
    return f"The distribution {name!r} is imported as {' or '.join(sorted(packages))}."
