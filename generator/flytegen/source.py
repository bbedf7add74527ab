"""Step 1: the descriptors of an installed package; ``descriptor_set`` has the other way."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from google.protobuf import __version__ as _protobuf, descriptor_pb2
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from flytegen.bases import NO_BASES, Bases
from flytegen.names import can_be_imported, spellable
from flytegen.problems import GenerationError, Problem, Problems, in_one_line
from flytegen.uses import uses_of_file


@dataclass(frozen=True)
class Source:
    """A package of protobuf modules, and the descriptors that it carries."""

    package: str
    version: str
    """The version of the distribution that holds the package; empty when unknown."""
    files: tuple[FileDescriptor, ...]
    """The files that models are made for, in the order of their names: the package's own, and
    those of other packages that they cannot do without."""
    modules: dict[str, str]
    """The Python module that protoc makes of each of these files, by file name."""
    closure: tuple[FileDescriptor, ...]
    """The files together with all that they import, imports first."""
    borrowed: frozenset[str] = frozenset()
    """The names of the files of other packages among them."""
    written: Mapping[str, str] = field(default_factory=dict)
    """The modules of message classes that are written beside the models, by file name: all of them
    for a descriptor set, and for a package those that no import statement can name."""
    is_set: bool = False
    """It is a descriptor set: nobody else has message classes."""
    bases: Bases = NO_BASES
    """The packages of models that this one's will stand on. What is theirs is not in ``files``."""
    distribution: str = ""
    """What pip calls the package; empty when unknown, and for a descriptor set."""

    @property
    def flat_name(self) -> str:
        """What the packages that are written begin with: ``acme_idl`` for ``acme.idl``."""
        return self.package.removesuffix("_pb2").replace(".", "_")

    def pb2(self, file: FileDescriptor) -> str:
        """The module that generated code takes the message classes of a file from."""
        return (
            self.written.get(file.name)
            or self.modules.get(file.name)
            or self.bases.pb2(file.name)
            or protoc_module(file.name)
        )

    def with_written(self, modules: Mapping[str, str], is_set: bool = False) -> Source:
        """The source, with modules beside the models that stand in for these ones of protoc's."""
        written = {
            name: f"{self.flat_name}_protos.{spellable(module)}" for name, module in modules.items()
        }
        return replace(self, written=written, is_set=is_set)


def load_package(package: str, bases: Bases = NO_BASES) -> Source:
    """Read every ``*_pb2`` module of an installed package.

    The descriptors end up in a pool of their own, so that two versions of one file can be looked
    at side by side.

    Raises:
        GenerationError: If a module cannot be imported, there are no descriptors, or they do not
            fit the bases.
    """
    modules: dict[str, str] = {}
    protos: dict[str, bytes] = {}
    for module in _pb2_modules(package):
        file: FileDescriptor = module.DESCRIPTOR
        modules.setdefault(file.name, module.__name__)
        collect(file, protos)
    distribution = _distribution(package)
    version = distribution.version if distribution else ""
    source = source_of(package, version, protos, modules, bases)
    source = replace(source, distribution=distribution.name if distribution else "")
    bases.check(package, source.files, {base.root: _installed(base.package) for base in bases.all})
    hidden = {name: made for name, made in source.modules.items() if not can_be_imported(made)}
    return source.with_written(hidden)


def source_of(
    package: str,
    version: str,
    protos: Mapping[str, bytes],
    modules: Mapping[str, str],
    bases: Bases = NO_BASES,
) -> Source:
    """A source that is made of serialized files.

    Args:
        package: What the source is called.
        version: The version of the distribution that holds it, if there is one.
        protos: The files by name, imports first.
        modules: The modules of the package's own files, by the names of these.
        bases: What the models will stand on.

    Raises:
        GenerationError: If protobuf refuses a file, or the bases have all of them.
    """
    closure = _pool_of(protos)
    modules = {name: made for name, made in modules.items() if not bases.owner(name, package)}
    if not modules:
        bases.refuse_nothing(package)
    own = [file for file in closure if file.name in modules]
    borrowed = _borrowed(own, package, bases)
    loaded = _loaded_modules() if borrowed else {}
    modules |= {name: bases.pb2(name) or loaded.get(name, protoc_module(name)) for name in borrowed}
    files = sorted((file for file in closure if file.name in modules), key=lambda item: item.name)
    needed: dict[str, bytes] = {}  # not all that a set has beside them, if that is a base's
    for file in files:
        collect(file, needed)
    closure = tuple(file for file in closure if file.name in needed)
    return Source(
        package, version, tuple(files), modules, closure, frozenset(borrowed), bases=bases
    )


def protoc_module(file_name: str) -> str:
    """The Python module that protoc makes of a file."""
    stem = file_name.removesuffix(".proto")
    return stem.replace("-", "_").replace("/", ".") + "_pb2"


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
            what = f"cannot be imported ({in_one_line(error)})"
            problems.add(name, what, _way_out(error, package))
            return None

    root = load(package)
    problems.raise_if_any()
    # What protoc makes of a file without a folder is in no package.
    alone = [package] if "." not in package else []
    names = [name for name in (*alone, *_walk(root, load)) if name.endswith("_pb2")]
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
        if path.is_dir() and "." not in path.name
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
            problems.add(name, f"does not fit the others ({in_one_line(error)})")
    problems.raise_if_any()
    return tuple(files)


def _borrowed(own: list[FileDescriptor], package: str, bases: Bases) -> set[str]:
    """The files of other packages whose messages and enums are used, in the end, by these."""
    seen = {file.name for file in own}
    found: set[str] = set()
    pending = list(own)
    while pending:
        for _, item in uses_of_file(pending.pop()):
            file = item.file
            if file.name not in seen and bases.owner(file.name, package) is None:
                seen.add(file.name)
                found.add(file.name)
                pending.append(file)
    return found


def _loaded_modules() -> dict[str, str]:
    """The modules of all files that have been imported, by file name."""
    return {
        file.name: name
        for name, module in sorted(sys.modules.items())
        if name.endswith("_pb2")
        and isinstance(file := getattr(module, "DESCRIPTOR", None), FileDescriptor)
    }


def collect(file: FileDescriptor, protos: dict[str, bytes]) -> None:
    """Add a file and all that it imports, imports first."""
    if file.name not in protos:
        for dependency in file.dependencies:
            collect(dependency, protos)
        protos[file.name] = file.serialized_pb


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
