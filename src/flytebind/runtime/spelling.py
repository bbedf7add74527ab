"""Values as the code that makes them again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from math import isfinite
from types import FunctionType
from typing import Any

from flytebind.runtime.fields import HasFields, fields_by_name, set_fields
from flytebind.runtime.views import MapView, RepeatedView


def call_of(model: HasFields) -> str:
    """The call that builds a model: what is set, and what must be given.

    What nests beyond all that Python can go through is ``...``.
    """
    try:
        return _call_of(model)
    except RecursionError:
        return f"{type(model).__qualname__}(...)"


def _call_of(model: HasFields) -> str:
    given = dict(set_fields(model))
    for name in _required(type(model)):
        # A message that is not there cannot be given: it is left out, as it is in the model.
        if name not in given and not hasattr(value := getattr(model, name), "_pb"):
            given[name] = value
    arguments = ", ".join(f"{name}={_spelled(value)}" for name, value in given.items())
    return f"{name_of(type(model))}({arguments})"


@cache
def name_of(kind: type) -> str:
    """What a class is called in its module.

    That is where it nests (``Sort.Direction``), unless it has a name of its own there
    (``NodeExecutionPhase``), which nothing else is called.
    """
    path = kind.__qualname__
    if "." not in path:
        return path
    names = vars(sys.modules[kind.__module__]).items()
    return next((name for name, value in names if value is kind), path)


@cache
def _required(model_class: type[HasFields]) -> tuple[str, ...]:
    init = model_class.__init__
    if not (isinstance(init, FunctionType) and hasattr(model_class, "_pb_type")):
        return ()  # what is written by hand need not read what it takes
    return tuple(name for name in _without_default(init) if name in fields_by_name(model_class))


def _without_default(function: FunctionType) -> Iterator[str]:
    code = function.__code__
    yield from code.co_varnames[: code.co_argcount - len(function.__defaults__ or ())]
    keywords = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    yield from (name for name in keywords if name not in (function.__kwdefaults__ or {}))


def _spelled(value: Any) -> str:
    """The expression for a value; ``repr`` says ``nan`` and ``inf``, which are no names."""
    if isinstance(value, float) and not isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, (RepeatedView, list)):
        return f"[{', '.join(map(_spelled, value))}]"
    if isinstance(value, (MapView, dict)):
        return f"{{{', '.join(f'{key!r}: {_spelled(item)}' for key, item in value.items())}}}"
    return repr(value)
