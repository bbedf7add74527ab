"""What to write instead of a call that means something else in flytekit."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar, cast

from flytebind._flytekit import advice

F = TypeVar("F", bound=Callable[..., Any])


@contextmanager
def advising(called: str, written: str | None = None) -> Iterator[None]:
    """Let the error of arguments that do not fit a call say what to write instead.

    Args:
        called: What was called: ``FlyteRemote.fetch_execution``.
        written: What Python takes it for, if that has another name.
    """
    try:
        yield
    except TypeError as error:
        message = str(error).replace(written or called, called)
        if not message.startswith(f"{called}()"):  # it comes from within
            raise
        hint = advice(called.removeprefix("Async"))
        raise TypeError(f"{message}; {hint}" if hint else message) from None


def advised(function: F) -> F:
    """The same function, whose arguments are looked at under ``advising``, if that would help."""
    if not advice(function.__qualname__.removeprefix("Async")):
        return function
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def begin(*args: Any, **kwargs: Any) -> Any:
            with advising(function.__qualname__):
                doing = function(*args, **kwargs)
            return await doing

        return cast("F", begin)

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with advising(function.__qualname__):
            return function(*args, **kwargs)

    return cast("F", call)
