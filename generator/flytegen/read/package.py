"""The descriptors of an installed package; ``descriptor_set`` has the other way."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from google.protobuf import __version__ as _protobuf
from google.protobuf.descriptor import FileDescriptor

from flytegen.common.names import can_be_imported
from flytegen.common.problems import (
    GenerationError,
    Problem,
    Problems,
    did_you_mean,
    in_one_line,
)
from flytegen.read.base_packages import NO_BASE_PACKAGES, BasePackages
from flytegen.read.source import Source, collect, protoc_module, source_of


def load_package(
    package: str, bases: BasePackages = NO_BASE_PACKAGES, exclude: Collection[str] = ()
) -> Source:
    """Read every ``*_pb2`` module of an installed package.

    The descriptors end up in a pool of their own, so that two versions of one file can be looked
    at side by side.

    Args:
        package: Its name.
        bases: What the models will stand on.
        exclude: Modules that are not looked at; a package stands for all that is in it.

    Raises:
        GenerationError: If a module cannot be imported or is not there to be excluded, there are no
            descriptors, or they do not fit the bases.
    """
    modules: dict[str, str] = {}
    protos: dict[str, bytes] = {}
    for module in _pb2_modules(package, exclude):
        file: FileDescriptor = module.DESCRIPTOR
        # Of several the one that protoc makes of the file; it may lie in a package of its own.
        if f".{module.__name__}".endswith(f".{protoc_module(file.name)}"):
            modules[file.name] = module.__name__
        modules.setdefault(file.name, module.__name__)
        collect(file, protos)
    distribution = _distribution(package)
    version = distribution.version if distribution else ""
    source = source_of(package, version, protos, modules, bases)
    source = replace(source, distribution=distribution.name if distribution else "")
    bases.check(package, source.files, {base.root: _installed(base.package) for base in bases.all})
    found = {name: made for name, made in source.modules.items() if not can_be_imported(made)}
    return source.with_written(found)


def _pb2_modules(package: str, exclude: Collection[str]) -> list[ModuleType]:
    if not all(part.isidentifier() for part in package.split(".")):
        what, hint = "cannot be the name of a Python package", _installed_as(package)
        raise GenerationError(Problem(package or "--package", what, hint))
    problems = Problems()
    excluded: set[str] = set()

    def load(name: str) -> ModuleType | None:
        if name in exclude:
            excluded.add(name)
            return None
        try:
            return importlib.import_module(name)
        except (Exception, SystemExit) as error:  # whatever a foreign module does when imported
            what = f"cannot be imported ({in_one_line(error)})"
            problems.add(name, what, _way_out(error, name, package))
            return None

    root = load(package)
    problems.raise_if_any()
    # What protoc makes of a file without a folder is in no package.
    alone = [package] if "." not in package else []
    names = [name for name in (*alone, *_walk(root, load)) if name.endswith("_pb2")]
    modules = [module for module in map(load, names) if module is not None]
    for name in exclude:
        if name not in excluded:
            hint = did_you_mean(name, names)
            problems.add(name, "cannot be excluded: it is none of the modules", hint)
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
        if path.is_dir() and "." not in path.name
    }
    for name, is_package in sorted(names.items()):
        full_name = f"{getattr(package, '__name__', '')}.{name}"
        if not is_package:
            yield full_name
        elif _has_pb2_modules(full_name) and (found := load(full_name)):
            yield from _walk(found, load)


def _has_pb2_modules(package: str) -> bool:
    spec = find_spec(package)
    folders = [Path(folder) for folder in (spec and spec.submodule_search_locations) or ()]
    # What is no folder is an archive, which cannot be looked into as cheaply.
    return any(not folder.is_dir() or any(folder.rglob("*_pb2.py*")) for folder in folders)


def _way_out(error: BaseException, module: str, package: str) -> str:
    """What to do about a module that cannot be imported."""
    remedy = _remedy(error, module, package)
    return remedy if module == package else f"{remedy} Or leave it out: --exclude MODULE."


def _remedy(error: BaseException, module: str, package: str) -> str:
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


def _installed(package: str) -> str:
    """A package and its version, in words."""
    distribution = _distribution(package)
    return f"{package} {distribution.version}" if distribution else package


def _distribution(package: str) -> metadata.Distribution | None:
    names = metadata.packages_distributions().get(package.partition(".")[0], [])
    found = [item for name in (package, *names) for item in metadata.distributions(name=name)]
    if "." in package:
        # Several may share a namespace, such as ``google``, and Python 3.10 does not know them all.
        folder = package.replace(".", "/") + "/"
        found = [
            item
            for item in (*found, *metadata.distributions())
            if any(file.as_posix().startswith(folder) for file in item.files or ())
        ] or found
    return found[0] if found else None
