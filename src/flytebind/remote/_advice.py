"""What to write instead of a call that means something else in flytekit."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flytebind._flytekit import advice

F = TypeVar("F", bound=Callable[..., Any])


def explained(error: TypeError, called: str, written: str | None = None) -> TypeError:
    """The error of arguments that do not fit a call, which says what to write instead.

    Args:
        error: What Python says; what comes from within the call stays as it is.
        called: What was called: ``FlyteRemote.fetch_execution``.
        written: What Python takes it for, if that has another name.
    """
    message = str(error).replace(written or called, called)
    if not message.startswith(f"{called}()"):
        return error
    hint = advice(called.removeprefix("Async"))
    return TypeError(f"{message}; {hint}" if hint else message)


def advised(function: F) -> F:
    """The same function, whose errors about its arguments are ``explained``, if that would help."""
    if not advice(function.__qualname__.removeprefix("Async")):
        return function
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def begin(*args: Any, **kwargs: Any) -> Any:
            try:
                doing = function(*args, **kwargs)
            except TypeError as error:
                raise explained(error, function.__qualname__) from None
            return await doing

        return cast("F", begin)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except TypeError as error:
            raise explained(error, function.__qualname__) from None

    return cast("F", call)
