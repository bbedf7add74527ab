"""Whether what is installed is what models were generated for."""

from __future__ import annotations

import os
import re
from importlib import import_module

from flytebind.runtime._version import __version__


class OutdatedPackageError(ImportError):
    """A package is older than the models of its messages. The message says what to do."""


def require(models: str, package: str, distribution: str, version: str) -> None:
    """See that an installed package is not older than the one that models were generated from.

    A newer one is welcome: what it adds passes through models as unknown fields. Where nobody knows
    the version, because whoever put the package there left its metadata behind, nothing is checked.

    Args:
        models: The package of models.
        package: The package of their message classes.
        distribution: What pip calls it.
        version: The version that the models were generated from.

    Raises:
        OutdatedPackageError: If it is older; names both versions and the command that helps.
    """
    folder = _folder_of(package)
    installed = _versions_beside(folder, distribution) or _version_on_path(distribution)
    if version in installed:
        return
    if not installed or _order(found := max(installed, key=_order)) >= _order(version):
        return
    if not _order(found)[0]:  # 0.0.0 is what flyteidl calls itself when built from a checkout
        return
    raise OutdatedPackageError(
        f"{models} was generated from {distribution} {version}, and {distribution} {found} is"
        f" installed, which is older; run: pip install -U '{distribution}>={version}'",
        name=package,
        path=folder,
    )


class IncompatibleRuntimeError(ImportError):
    """Models were generated for another runtime than this one. The message says what to do."""


def require_runtime(models: str, version: str) -> None:
    """See that models can stand on this runtime.

    It has to be of the version that they were generated for, or of a later one that breaks nothing
    by Semantic Versioning: a patch while it is 0.y, a minor version from 1.0 on.

    Args:
        models: The package of models.
        version: The runtime that they were generated for, without its patch.

    Raises:
        IncompatibleRuntimeError: If it is older, or may have broken what they use; names both
            versions and what helps.
    """
    wanted, present = (
        [int(part) for part in each.split(".")[:2]] for each in (version, __version__)
    )
    series = 1 if wanted[0] else 2
    if wanted <= present and wanted[:series] == present[:series]:
        return
    compatible = version if wanted[0] else f"{version}.0"
    raise IncompatibleRuntimeError(
        f"{models} was generated for flytebind-runtime {version}, and {__version__} is installed;"
        f" generate it again, or run: pip install 'flytebind-runtime~={compatible}'",
        name=models,
    )


def _folder_of(package: str) -> str:
    """The folder that a package was installed into."""
    module = import_module(package)
    places: list[str] = [*getattr(module, "__path__", ()), module.__file__ or ""]
    folder = places[0]
    for _ in package.split("."):
        folder = os.path.dirname(folder)
    return folder


def _versions_beside(folder: str, distribution: str) -> list[str]:
    """The versions that the names of folders of metadata tell: ``flyteidl-1.16.8.dist-info``.

    To read what is in these folders takes ``importlib.metadata``, whose import would make that of
    the models half as long again. There may be two, where pip wrote over an older version with
    ``--target``.
    """
    start, end = distribution.replace("-", "_").replace(".", "_") + "-", ".dist-info"
    try:
        names = os.listdir(folder)
    except OSError:  # no folder: it may be imported from an archive
        return []
    return [
        name[len(start) : -len(end)]
        for name in names
        if name.endswith(end) and name.startswith(start)
    ]


def _version_on_path(distribution: str) -> list[str]:
    """The version as metadata tells it, wherever this lies; none if there is none."""
    from importlib import metadata

    try:
        return [metadata.version(distribution)]
    except metadata.PackageNotFoundError:
        return []


def _order(version: str) -> tuple[list[int], bool]:
    """What versions are ordered by: their numbers, and a release after what came ahead of it."""
    found = re.match(r"(\d+(?:\.\d+)*)(\.?(?:a|b|rc|dev)\d*)?", version)
    if found is None:
        return [], False
    numbers = [int(part) for part in found[1].split(".")]
    while numbers and not numbers[-1]:  # 1.16 is 1.16.0
        numbers.pop()
    return numbers, found[2] is None
