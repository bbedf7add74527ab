"""Runs small programs in processes of their own, which end in time whatever they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass

_PATIENCE = 60.0
# The second one is about protobuf 4's own C code, from Python 3.12 on.
_WARNINGS = ("-W", "error", "-W", "ignore:Type google._upb:DeprecationWarning")
_PRELUDE = """\
import asyncio, logging, os, signal, sys, threading
from flytebind.remote import AsyncFlyteRemote, Config, FlyteAssertion, FlyteRemote
from flytebind.remote._calls import CallPolicy

if hasattr(signal, "alarm"):
    signal.alarm(50)  # for forks, too, which would outlive their parent
signal.signal(signal.SIGINT, signal.default_int_handler)
logging.getLogger("asyncio").setLevel(logging.ERROR)  # warns of steps that a busy machine made slow
config = Config(sys.argv[1], insecure=True, project="flytesnacks", domain="development")
"""


@dataclass(frozen=True)
class Ended:
    """How a program has ended."""

    code: int
    output: str
    errors: str


def start(program: str, endpoint: str, **variables: str) -> subprocess.Popen[str]:
    """Start a program, which finds ``config`` for the endpoint."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GRPC_")}
    return subprocess.Popen(
        [sys.executable, "-X", "dev", *_WARNINGS, "-c", _PRELUDE + program, endpoint],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**env, **variables},
    )


def finish(process: subprocess.Popen[str]) -> Ended:
    """Wait for its end; one that does not come is a failure."""
    try:
        output, errors = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
        raise AssertionError(f"it does not end; it said:\n{output}{errors}") from None
    return Ended(process.returncode, output, errors)


def run(program: str, endpoint: str, **variables: str) -> Ended:
    """Run a program to its end."""
    return finish(start(program, endpoint, **variables))


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C."""
    process.send_signal(signal.SIGINT)
