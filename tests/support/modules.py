"""The modules of the library."""

from __future__ import annotations

import pkgutil

import flytebind
import flytebind.v2

#: All of them; a namespace shows its parts, but not the namespaces among them.
MODULES = sorted(
    module.name
    for package in (flytebind, flytebind.v2)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
)
