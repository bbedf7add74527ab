"""Programs that log in, in processes of their own, and share one keyring."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

_ROOT = Path(__file__).parents[3]
_PRELUDE = """\
import asyncio, code, os, signal, sys, threading, time
from flytebind.remote import AsyncFlyteRemote, Config, FlyteRemote

if hasattr(signal, "alarm"):
    signal.alarm(int(os.environ["AT_MOST"]))
signal.signal(signal.SIGINT, signal.default_int_handler)
config = Config(os.environ["ENDPOINT"], insecure=True, auth_mode=os.environ["MODE"])
"""


class Program:
    """A program on its way.

    Args:
        code: What it does; it finds ``config``.
        home: Where the keyring and the locks are.
        endpoint: The Flyte server.
        mode: How to get tokens.
        at_most: Seconds after which it is ended, whatever it does.
        variables: More of its environment.
    """

    def __init__(
        self,
        code: str,
        home: Path,
        endpoint: str,
        mode: str,
        at_most: int = 60,
        **variables: str,
    ) -> None:
        self.errors: list[str] = []
        """What it has said to the person, line by line."""
        given = {
            "AT_MOST": str(at_most),
            "BROWSER": f'"{sys.executable}" -c pass %s',  # nobody before it
            "ENDPOINT": endpoint,
            "HOME": str(home),
            "MODE": mode,
            "PYTHON_KEYRING_BACKEND": "tests.remote.auth.rings.FileRing",
            "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, [os.getenv("PYTHONPATH")])]),
            "PYTHONUNBUFFERED": "1",
            "RING": str(home / "ring.json"),
            "USERPROFILE": str(home),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PRELUDE + code],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **given, **variables},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def finish(self, seconds: float) -> str:
        """Wait for its end; returns what it has printed.

        Raises:
            AssertionError: If the end does not come in time.
        """
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end; it said {self.errors}") from None
        self._reader.join()
        assert self.process.stdout is not None
        with self.process.stdout as output:
            return output.read()

    def kill(self) -> None:
        """End it, if it has not ended."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as errors:
            for line in errors:
                self.errors.append(line.rstrip())
