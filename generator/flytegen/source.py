"""Step 1: the descriptors of an installed package."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from google.protobuf import __version__ as _protobuf, descriptor_pb2
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from flytegen.problems import GenerationError, Problem, Problems


@dataclass(frozen=True)
class Source:
    """A package of protobuf modules, and the descriptors that it carries."""

    package: str
    version: str
    """The version of the distribution that holds the package; empty when unknown."""
    files: tuple[FileDescriptor, ...]
    """The package's own files, in the order of their names."""
    modules: dict[str, str]
    """The Python module of each of these files, by file name."""
    closure: tuple[FileDescriptor, ...]
    """The files together with all that they import, imports first."""


def load_package(package: str) -> Source:
    """Read every ``*_pb2`` module of an installed package.

    The descriptors end up in a pool of their own, so that two versions of one file can be looked
    at side by side.

    Raises:
        GenerationError: If a module cannot be imported, or there are no descriptors.
    """
    modules: dict[str, str] = {}
    protos: dict[str, bytes] = {}
    for module in _pb2_modules(package):
        file: FileDescriptor = module.DESCRIPTOR
        modules.setdefault(file.name, module.__name__)
        _collect(file, protos)
    closure = _pool_of(protos)
    return Source(
        package=package,
        version=_version(package),
        files=tuple(
            sorted((file for file in closure if file.name in modules), key=lambda file: file.name)
        ),
        modules=modules,
        closure=closure,
    )


def file_proto(file: FileDescriptor) -> descriptor_pb2.FileDescriptorProto:
    """The message form of a file's descriptor."""
    return descriptor_pb2.FileDescriptorProto.FromString(file.serialized_pb)


def _pb2_modules(package: str) -> list[ModuleType]:
    if not all(part.isidentifier() for part in package.split(".")):
        what, hint = "cannot be the name of a Python package", _installed_as(package)
        raise GenerationError(Problem(package or "--package", what, hint))
    problems = Problems()

    def load(name: str) -> ModuleType | None:
        try:
            return importlib.import_module(name)
        except (Exception, SystemExit) as error:  # whatever a foreign module does when imported
            what = f"cannot be imported ({_in_one_line(error)})"
            problems.add(name, what, _way_out(error, package))
            return None

    root = load(package)
    problems.raise_if_any()
    names = [name for name in _walk(root, load) if name.endswith("_pb2")]
    modules = [module for module in map(load, names) if module is not None]
    problems.raise_if_any()
    found = [
        module
        for module in modules
        if isinstance(getattr(module, "DESCRIPTOR", None), FileDescriptor)
    ]
    if not found:
        what = "has no modules made by protoc (*_pb2)"
        raise GenerationError(Problem(package, what, _installed_as(package)))
    return found


def _walk(package: ModuleType | None, load: Callable[[str], ModuleType | None]) -> Iterator[str]:
    """The names of the modules of a package; what has no ``*_pb2`` below it is not imported."""
    folders: list[str] = list(getattr(package, "__path__", []))
    names = {info.name: info.ispkg for info in pkgutil.iter_modules(folders)}
    # protoc makes no __init__.py, so that a folder is a package by what is in it.
    names |= {
        path.name: True
        for folder in filter(os.path.isdir, folders)
        for path in Path(folder).iterdir()
        if path.is_dir() and path.name.isidentifier()
    }
    for name, is_package in sorted(names.items()):
        full_name = f"{getattr(package, '__name__', '')}.{name}"
        if not is_package:
            yield full_name
        elif _has_pb2_modules(full_name):
            yield from _walk(load(full_name), load)


def _has_pb2_modules(package: str) -> bool:
    spec = find_spec(package)
    folders = [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()]
    # What is no folder is an archive, which cannot be looked into as cheaply.
    return any(not folder.is_dir() or any(folder.rglob("*_pb2.py*")) for folder in folders)


def _in_one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _way_out(error: BaseException, package: str) -> str:
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
    return f"Try it alone: python -c 'import {package}'"


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


def _pool_of(protos: Mapping[str, bytes]) -> tuple[FileDescriptor, ...]:
    """The files in a pool of their own."""
    pool, problems = DescriptorPool(), Problems()
    files = []
    for name, serialized in protos.items():
        try:
            pool.AddSerializedFile(serialized)
            files.append(pool.FindFileByName(name))
        except (TypeError, KeyError) as error:  # what protobuf raises, with a reason, or without
            problems.add(name, f"does not fit the others ({_in_one_line(error)})")
    problems.raise_if_any()
    return tuple(files)


def _collect(file: FileDescriptor, protos: dict[str, bytes]) -> None:
    """Add a file and all that it imports, imports first."""
    if file.name not in protos:
        for dependency in file.dependencies:
            _collect(dependency, protos)
        protos[file.name] = file.serialized_pb


def _version(package: str) -> str:
    for distribution in (
        package,
        *metadata.packages_distributions().get(package.partition(".")[0], ()),
    ):
        try:
            return metadata.version(distribution)
        except metadata.PackageNotFoundError:
            continue
    return ""
