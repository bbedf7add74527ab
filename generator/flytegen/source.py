"""Step 1: the descriptors of an installed package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from types import ModuleType

from google.protobuf import descriptor_pb2
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
        modules[file.name] = module.__name__
        _collect(file, protos)
    pool = DescriptorPool()
    for serialized in protos.values():
        pool.AddSerializedFile(serialized)
    closure = tuple(pool.FindFileByName(name) for name in protos)
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


def _pb2_modules(package: str) -> Iterator[ModuleType]:
    try:
        root = importlib.import_module(package)
    except ImportError as error:
        hint = f"Install it first: pip install {package}"
        raise GenerationError(Problem(package, f"cannot be imported ({error})", hint)) from None
    problems = Problems()
    found = []
    for info in pkgutil.walk_packages(getattr(root, "__path__", []), f"{package}."):
        if not info.name.endswith("_pb2"):
            continue
        try:
            module = importlib.import_module(info.name)
        except Exception as error:  # whatever a foreign module raises while it is imported
            problems.add(
                info.name,
                f"cannot be imported ({error})",
                "A package that it needs may be missing.",
            )
            continue
        if isinstance(getattr(module, "DESCRIPTOR", None), FileDescriptor):
            found.append(module)
    problems.raise_if_any()
    if not found:
        raise GenerationError(Problem(package, "has no modules made by protoc (*_pb2)"))
    return iter(found)


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
