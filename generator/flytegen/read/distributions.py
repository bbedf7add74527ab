"""Which distribution a package comes from."""

from __future__ import annotations

import csv
from importlib import metadata


def distribution_of(package: str) -> metadata.Distribution | None:
    """The distribution that has a package's modules; of several the one with most of them.

    A namespace such as ``google`` belongs to many distributions, and a part of it often to one.
    """
    # Of two with one name, the first on the path hides the other.
    names = dict.fromkeys(item.name for item in metadata.distributions() if _has(item, package))
    found = [metadata.distribution(name) for name in names]
    if found := [item for item in found if _has(item, package)]:
        return max(found, key=lambda item: _modules(item, package))
    # One that is installed editable has its modules elsewhere, and can be told by its name alone.
    top = package.partition(".")[0]
    names = dict.fromkeys((package, top))
    named = (item for name in names for item in metadata.distributions(name=name))
    declared = (item for item in metadata.distributions() if top in _declared(item))
    return next((item for item in (*named, *declared) if not _has(item, top)), None)


def _declared(distribution: metadata.Distribution) -> list[str]:
    """The packages that a distribution says it has, if it says that."""
    return (distribution.read_text("top_level.txt") or "").split()


def _has(distribution: metadata.Distribution, package: str) -> bool:
    return any(_modules(distribution, package))


def _modules(distribution: metadata.Distribution, package: str) -> tuple[int, int]:
    """How many modules of a package a distribution has: of those that protoc makes, and in all."""
    path = package.replace(".", "/")
    names = _files_with(path, distribution)
    inside = [name for name in names if name.startswith((f"{path}/", f"{path}."))]
    return sum("_pb2." in name for name in inside), sum(".py" in name for name in inside)


def _files_with(path: str, distribution: metadata.Distribution) -> list[str]:
    """The files of a distribution, if the path is in any of their names."""
    record = distribution.read_text("RECORD")
    if record is None:  # it was not made of a wheel
        return [file.as_posix() for file in distribution.files or ()]
    # To ask for all files of all distributions takes half a second.
    return [row[0] for row in csv.reader(record.splitlines()) if row] if path in record else []
