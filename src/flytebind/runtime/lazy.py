"""Modules whose content is imported when it is first touched (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, TypeVar, cast

from flytebind.runtime.fields import did_you_mean
from flytebind.runtime.model import Model

M = TypeVar("M", bound=Model[Any])


def lazy_module(
    own_name: str,
    modules: Sequence[str] = (),
    names: Mapping[str, str] = {},
    homes: Mapping[str, Sequence[str]] = {},
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a module.

    Args:
        own_name: The module's own name.
        modules: Its submodules, where it is a package.
        names: Further names and where they live, as ``module:Class``.
        homes: By submodule, the names that live there.
    """
    names = {
        **names,
        **{name: f"{own_name}.{home}:{name}" for home, held in homes.items() for name in held},
    }

    def get(name: str) -> object:
        if name in modules:
            return import_module(f"{own_name}.{name}")
        if name in names:
            value = _load(names[name])
            setattr(sys.modules[own_name], name, value)
            return value
        raise AttributeError(f"module {own_name!r} has no attribute {name!r}")

    def listing() -> list[str]:
        return sorted({*vars(sys.modules[own_name]), *modules, *names})

    return get, listing


def find_model(
    full_name: str,
    root: str,
    models: Mapping[str, str],
    base: type[M],
    others: Sequence[str] = (),
) -> type[M]:
    """The model class of a message, which is a subclass of ``base``.

    Args:
        full_name: The full proto name of the message.
        root: The package of models that is asked.
        models: What that has, and where below it.
        base: What all models have in common.
        others: The packages of models that it stands on, to be asked after it.

    Raises:
        LookupError: If there is no such message.
    """
    known: list[str] = []
    for package in (root, *others):
        found = models if package == root else _models_of(package)
        if full_name in found:
            return cast("type[M]", _load(f"{package}.{found[full_name]}"))
        known.extend(found)
    raise LookupError(f"there is no model of {full_name!r}{did_you_mean(full_name, known)}")


def _models_of(package: str) -> Mapping[str, str]:
    found: Mapping[str, str] = import_module(f"{package}._index").MODELS
    return found


def _load(target: str) -> object:
    module, _, qualname = target.partition(":")
    found: object = import_module(module)
    for name in qualname.split("."):
        found = getattr(found, name)
    return found
