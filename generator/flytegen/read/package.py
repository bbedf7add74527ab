"""The descriptors of an installed package; ``descriptor_set`` has the other way."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from flytegen.common.names import can_be_imported
from flytegen.read.base_packages import NO_BASE_PACKAGES, BasePackages
from flytegen.read.distributions import distribution_of
from flytegen.read.modules import find_modules
from flytegen.read.source import Source, collect, protoc_module, source_of


def load_package(
    package: str,
    bases: BasePackages = NO_BASE_PACKAGES,
    exclude: Collection[str] = (),
    *,
    skip_broken: bool = False,
    package_root: str = "",
) -> Source:
    """Read every module of an installed package that protoc has made.

    The descriptors end up in a pool of their own, so that two versions of one file can be looked
    at side by side.

    Args:
        package: Its name.
        bases: What the models will stand on.
        exclude: Modules that are not looked at; a package stands for all that is in it.
        skip_broken: Whether to do without the modules that cannot be imported.
        package_root: The package that everything is written below, if there is to be one.

    Raises:
        GenerationError: If a module cannot be imported or is not there to be excluded, there are no
            descriptors, or they do not fit the bases.
    """
    modules: dict[str, str] = {}
    protos: dict[str, bytes] = {}
    found, broken = find_modules(package, exclude, skip_broken=skip_broken)
    for name, file in sorted(found.items(), key=lambda item: not item[0].endswith("_pb2")):
        # Of several the one that protoc makes of the file; it may lie in a package of its own.
        if f".{name}".endswith(f".{protoc_module(file.name)}"):
            modules[file.name] = name
        modules.setdefault(file.name, name)
        collect(file, protos)
    distribution = distribution_of(package)
    version = distribution.version if distribution else ""
    source = source_of(package, version, protos, modules, bases)
    named = distribution.name if distribution else ""
    source = replace(source, distribution=named, broken=broken, package_root=package_root)
    bases.check(package, source.files, {base.root: _installed(base.package) for base in bases.all})
    strange = [name for name, made in source.modules.items() if not _can_be_named(made)]
    return source.with_written((), strange)


def _can_be_named(module: str) -> bool:
    """Whether a statement can import it, and mypy-protobuf write a stub for it."""
    return can_be_imported(module) and module.endswith("_pb2")


def _installed(package: str) -> str:
    """A package and its version, in words."""
    distribution = distribution_of(package)
    return f"{package} {distribution.version}" if distribution else package
