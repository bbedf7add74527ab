"""What a test may leave behind: nothing."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from flytebind.remote import Config, FlyteRemote
from flytebind.sandbox import Sandbox

_PATIENCE = 10.0
_DESCRIPTORS = Path("/proc/self/fd")  # where there is one


def until(true: Callable[[], bool], what: str) -> None:
    """Ask until something is true; fail if it does not come true in time."""
    deadline = time.monotonic() + _PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


def descriptors() -> int:
    """How many files and sockets are open; 0 where nobody can tell."""
    return len(os.listdir(_DESCRIPTORS)) if _DESCRIPTORS.exists() else 0


@contextmanager
def nothing_left() -> Iterator[None]:
    """Whatever threads, files and sockets come up in the block are gone in the end.

    A call that is still in flight has a thread of grpcio's, so there is none of those, either.
    """
    _warm_up()
    gc.collect()
    gc.freeze()  # what others have left must not go meanwhile, nor be looked through again
    threads = set(threading.enumerate())
    before = descriptors()
    yield
    gc.collect()
    # Idle workers go when their pool has been collected, which may be part of a cycle.
    until(lambda: gc.collect() >= 0 and not _new(threads), f"the end of {_new(threads)}")
    until(lambda: descriptors() <= before, f"{before} descriptors; there are {descriptors()}")


@cache
def _warm_up() -> None:
    """Let gRPC and others open what they open once and for all."""
    with (
        Sandbox() as sandbox,
        FlyteRemote(Config.for_endpoint(sandbox.endpoint, insecure=True)) as remote,
    ):
        remote.list_projects()


def _new(threads: set[threading.Thread]) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread not in threads]
