"""Processes that tests start, and that go on until somebody ends them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def ending_with_us(process: subprocess.Popen[Any]) -> Iterator[None]:
    """Have a process killed that goes on when this one is gone, however that has ended.

    A shell waits for the end of a pipe, which the system closes with the process that holds it.
    With a session of its own, the process takes along whatever it has started.
    """
    if os.name == "nt":
        yield
        return
    kill = f"read _; kill -s KILL -- -{process.pid} {process.pid}"
    with subprocess.Popen(
        ["sh", "-c", kill],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as waiting:
        try:
            yield
        finally:
            waiting.kill()
