"""Imports from flytekit, and where the same names are here."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence

from flytebind._flytekit.errors import exceptions

#: By module of flytekit's, the one that has the names which it has as well.
_MODULES = {
    "flytekit.remote": "flytebind.remote",
    "flytekit.remote.remote": "flytebind.remote.remote",
    "flytekit.remote.executions": "flytebind.remote.executions",
    "flytekit.remote.entities": "flytebind.remote.entities",
    "flytekit.configuration": "flytebind.remote",
    "flytekit.core.options": "flytebind.remote",
    "flytekit.core.type_engine": "flytebind.remote",
}
#: Of modules that tasks and workflows need, too, only these names are a remote's.
_SHARED = {
    "flytekit.configuration": {"Config", "PlatformConfig"},
    "flytekit.core.type_engine": {"LiteralsResolver"},
}
_EXCEPTIONS = {row.theirs.partition(".")[2]: row for row in exceptions()}


def target(module: str, names: Sequence[str]) -> tuple[str, str]:
    """Where names of a module of flytekit's are, or what to say of them.

    Returns:
        The module that has all of them, or else a sentence; both empty if they are not for here.
    """
    if module == "flytekit.models" or module.startswith("flytekit.models."):
        ours = module.replace("flytekit", "flytebind", 1)
        return (ours, "") if _lacking(ours, names) == [] else ("", _by_hand(ours, names))
    if module.startswith("flytekit.exceptions"):
        return "", _of_exceptions(names)
    if module.startswith("flytekit.clients"):
        return "", "the verbs of a remote, or remote.admin: see docs/migrating-client.md"
    if module not in _MODULES:
        return "", ""
    ours = _MODULES[module]
    wanted = _SHARED.get(module)
    if wanted is not None and not wanted.intersection(names):
        return "", ""
    if wanted is not None and not wanted.issuperset(names):
        both = ", ".join(sorted(wanted.intersection(names)))
        return "", f"import {both} from {ours}, and the rest from {module}"
    return (ours, "") if _lacking(ours, names) == [] else ("", _by_hand(ours, names))


def _lacking(module: str, names: Sequence[str]) -> list[str] | None:
    """Which names a module does not have; None where there is no such module."""
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError:
        return None
    return [name for name in names if name != "*" and not _has(found, module, name)]


def _has(found: object, module: str, name: str) -> bool:
    if hasattr(found, name):
        return True
    return hasattr(found, "__path__") and importlib.util.find_spec(f"{module}.{name}") is not None


def _by_hand(ours: str, names: Sequence[str]) -> str:
    lacking = _lacking(ours, names)
    if lacking is None:
        return f"there is no {ours}"
    if len(lacking) == len(names):
        return f"{ours} has no {', '.join(lacking)}"
    return f"{ours} has all but {', '.join(lacking)}"


def _of_exceptions(names: Sequence[str]) -> str:
    said = []
    for name in names:
        row = _EXCEPTIONS.get(name)
        if row is not None and row.ours:
            said.append(f"{name} is {' or '.join(row.ours)} of flytebind.remote")
    return "; ".join(said) or "the exceptions of tasks stay with flytekit"
