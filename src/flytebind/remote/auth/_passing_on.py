"""Credentials of somebody else, for whom a program makes calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from flytebind.remote._metadata import check
from flytebind.runtime.rpc import Metadata

_passed: ContextVar[Metadata] = ContextVar("flytebind_passed_on", default=())


@contextmanager
def passing_on(*metadata: tuple[str, str | bytes]) -> Iterator[None]:
    """Send what somebody has shown to this program along with its calls, for the time of a block.

    A service that calls Flyte for its users passes on their tokens: ``with
    passing_on(("authorization", header)): ...``. What goes by the same key otherwise stays out. It
    holds for this thread, or this task of asyncio, and what it starts meanwhile.

    Args:
        metadata: Keys, in small letters, and their values.

    Raises:
        FlyteValueError: If gRPC does not take them; the values stay out of the message.
    """
    check(metadata)
    before = _passed.set((*_passed.get(), *metadata))
    try:
        yield
    finally:
        _passed.reset(before)


def with_passed_on(metadata: Metadata, shown: Sequence[tuple[str, str]]) -> Metadata:
    """What to send along with a request.

    Args:
        metadata: What its caller sends.
        shown: What the connection shows of itself.
    """
    passed = _passed.get()
    keys = {key for key, _ in passed}
    return (*metadata, *passed, *((key, value) for key, value in shown if key not in keys))
