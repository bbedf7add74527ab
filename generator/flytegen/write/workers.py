"""Processes that take over the slow parts of a run."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from flytegen.common.problems import GenerationError, Problem
from flytegen.write.interrupts import undisturbed

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def workers(tasks: int) -> Iterator[Executor]:
    """As many processes as there are cores, but no more than tasks.

    A single task is done by the process itself, and so are all where it may have no others.

    Raises:
        GenerationError: If a process is lost.
    """
    executor = _executor(min(os.cpu_count() or 1, tasks))
    try:
        yield executor
    except BrokenProcessPool:
        hint = "Look for what killed it; a machine that is out of memory does."
        raise GenerationError(Problem("flytegen", "lost a process of its own", hint)) from None
    finally:
        executor.shutdown(cancel_futures=True)


def _executor(count: int) -> Executor:
    if count > 1:
        try:
            return _Pool(count, initializer=_follow_parent)
        except (ImportError, NotImplementedError, OSError):  # no shared memory
            pass
    return _Here()


class _Pool(ProcessPoolExecutor):
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        with undisturbed():  # logging's hooks around a fork would swallow Ctrl-C
            return super().submit(fn, *args, **kwargs)


class _Here(Executor):
    """Does everything itself, when it is asked to."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end with it even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
