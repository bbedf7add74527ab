"""What the installed flytekit has, and what stands for it here."""

from __future__ import annotations

import enum
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import takewhile
from operator import attrgetter
from types import ModuleType
from typing import Any

import flytekit.models

from flytebind.runtime import Model

_ROOT = flytekit.models.__name__


@dataclass(frozen=True)
class Pair:
    """One class, theirs and ours; ``name`` is the path below ``models``, the same for both."""

    name: str
    kit: type[Any]
    bind: type[Any]


@cache
def names() -> dict[str, Any]:
    """Every public name that a module of flytekit.models defines, classes in classes included."""
    found: dict[str, Any] = {}
    for module in _modules():
        for name, value in vars(module).items():
            if not name.startswith("_") and getattr(value, "__module__", "") == module.__name__:
                found.update(_with_nested(value, f"{_short(module.__name__)}.{name}"))
    return found


@cache
def borrowed() -> dict[str, Any]:
    """The classes of flytekit.models that a module has from another one, but not as a module."""
    return {
        f"{_short(module.__name__)}.{name}": value
        for module in _modules()
        for name, value in vars(module).items()
        if not name.startswith("_") and inspect.isclass(value)
        if value.__module__.startswith(f"{_ROOT}.") and value.__module__ != module.__name__
    }


@cache
def models() -> dict[str, type[Any]]:
    """The classes that stand for a message: those that can be made of one."""
    return {name: value for name, value in names().items() if _is_model(value)}


@cache
def enums() -> dict[str, type[Any]]:
    """The classes that hold constants and stand for no message."""
    return {
        name: value
        for name, value in names().items()
        if name not in models() and inspect.isclass(value) and constants(value)
    }


def there(name: str) -> Any:
    """What has a name under flytekit.models."""
    return names()[name]


@cache
def here(name: str) -> Any:
    """What has a name of flytekit's under flytebind.models, or None."""
    module, attributes = _split(name)
    try:
        return attrgetter(attributes)(import_module(f"flytebind.models.{module}"))
    except (AttributeError, ModuleNotFoundError):
        return None


@cache
def pairs() -> dict[str, Pair]:
    """The model classes that are on both sides."""
    return {
        name: Pair(name, kit, here(name))
        for name, kit in models().items()
        if inspect.isclass(here(name)) and issubclass(here(name), Model)
    }


def kit_classes(bind: type[Any]) -> list[type[Any]]:
    """The classes of flytekit's that one of ours stands for; two at most."""
    return [pair.kit for pair in pairs().values() if pair.bind is bind]


def bind_class(kit: type[Any]) -> type[Any] | None:
    """The class of ours that stands for one of flytekit's."""
    return next((pair.bind for pair in pairs().values() if pair.kit is kit), None)


def constants(holder: type[Any]) -> dict[str, int]:
    """The public constants of a class by name, whatever kind of enum it is."""
    if issubclass(holder, enum.Enum):
        return {member.name: member.value for member in holder}
    found = {name: value for name, value in vars(holder).items() if not name.startswith("_")}
    return {name: value for name, value in found.items() if type(value) is int}


def properties(kit: type[Any]) -> list[str]:
    """The public properties of a class of flytekit's, the fields of its dataclasses among them."""
    own = {name for name, value in inspect.getmembers(kit) if isinstance(value, property)}
    own |= set(getattr(kit, "__dataclass_fields__", ()))
    return sorted(name for name in own - {"is_empty"} if not name.startswith("_"))


def setters(kit: type[Any]) -> list[str]:
    """The properties that can be assigned to."""
    members = inspect.getmembers(kit)
    return [name for name, value in members if isinstance(value, property) and value.fset]


def methods(holder: type[Any]) -> list[str]:
    """The public methods of a class that not every class of flytekit's has."""
    base = dir(flytekit.models.common.FlyteCustomIdlEntity)
    own = inspect.getmembers(holder, inspect.isroutine)
    ignored = {"mro", "to_dict", "from_dict"} | set(base if holder in models().values() else ())
    return [name for name, _ in own if not name.startswith("_") and name not in ignored]


def parameters(kit: type[Any]) -> list[inspect.Parameter]:
    """What a constructor takes, those parameters too that it hands on to its base."""
    found: dict[str, inspect.Parameter] = {}
    for base in kit.__mro__:
        if "__init__" not in vars(base):
            continue
        taken = list(inspect.signature(vars(base)["__init__"]).parameters.values())[1:]
        found.update({item.name: item for item in taken if item.kind not in _VARIADIC})
        if not any(item.kind in _VARIADIC for item in taken):
            break
    return list(found.values())


_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.walk_packages(flytekit.models.__path__, f"{_ROOT}."):
        yield import_module(module.name)


def _short(module: str) -> str:
    return module.removeprefix(f"{_ROOT}.")


def _split(name: str) -> tuple[str, str]:
    """``core.types.BlobType`` as module and class: ``("core.types", "BlobType")``."""
    module = ".".join(takewhile(str.islower, name.split(".")))
    return module, name.removeprefix(f"{module}.")


def _with_nested(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    yield name, value
    for inner, part in vars(value).items() if inspect.isclass(value) else ():
        is_nested = inspect.isclass(part) and part.__qualname__ == f"{value.__qualname__}.{inner}"
        if is_nested and not inner.startswith("_"):
            yield from _with_nested(part, f"{name}.{inner}")


def _is_model(value: Any) -> bool:
    if not inspect.isclass(value) or issubclass(value, type) or inspect.isabstract(value):
        return False
    maker = getattr(value, "from_flyte_idl", None)
    return maker is not None and len(inspect.signature(maker).parameters) == 1
