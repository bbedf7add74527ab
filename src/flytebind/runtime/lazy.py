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
    own_name: str, modules: Sequence[str] = (), names: Mapping[str, str] = {}
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a module.

    Args:
        own_name: The module's own name.
        modules: Its submodules, where it is a package.
        names: Further names and where they live, as ``module:Class``.
    """

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


def find_model(full_name: str, root: str, models: Mapping[str, str], base: type[M]) -> type[M]:
    """The model class of a message, which is a subclass of ``base``.

    Raises:
        LookupError: If there is no such message.
    """
    try:
        target = models[full_name]
    except KeyError:
        raise LookupError(
            f"there is no model of {full_name!r}{did_you_mean(full_name, models)}"
        ) from None
    return cast("type[M]", _load(f"{root}.{target}"))


def _load(target: str) -> object:
    module, _, qualname = target.partition(":")
    found: object = import_module(module)
    for name in qualname.split("."):
        found = getattr(found, name)
    return found
