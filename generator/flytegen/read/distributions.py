"""Which distribution a package comes from."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata


def distribution_of(package: str) -> metadata.Distribution | None:
    """The distribution that has a package's modules; of several the one with most of them.

    A namespace such as ``google`` belongs to many distributions, and a part of it often to one.
    """
    top = package.partition(".")[0]
    names = dict.fromkeys((package, top, *metadata.packages_distributions().get(top, ())))
    near = [item for name in names for item in metadata.distributions(name=name)]
    # Python 3.10 does not know all distributions of a package.
    found = _richest(near, package) or _richest(metadata.distributions(), package)
    # One that is installed editable has its modules elsewhere, and can be told by its name alone.
    return found or next((item for item in near if not any(_modules(item, top))), None)


def _richest(
    distributions: Iterable[metadata.Distribution], package: str
) -> metadata.Distribution | None:
    # Of two with one name, the first on the path hides the other.
    visible: dict[str, metadata.Distribution] = {}
    for item in distributions:
        visible.setdefault(item.name, item)
    counted = [(_modules(item, package), item) for item in visible.values()]
    most, found = max(counted, key=lambda each: each[0], default=((0, 0), None))
    return found if any(most) else None


def _modules(distribution: metadata.Distribution, package: str) -> tuple[int, int]:
    """How many modules of a package a distribution has: of those that protoc makes, and in all."""
    path = package.replace(".", "/")
    names = [file.as_posix() for file in distribution.files or ()]
    inside = [name for name in names if name.startswith((f"{path}/", f"{path}."))]
    return sum("_pb2." in name for name in inside), sum(".py" in name for name in inside)
