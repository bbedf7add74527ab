"""Tokens that the caller has, or a program prints."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Sequence

from flytebind.remote.auth._tokens import Renewal, Token, away, refused, sendable, token_of
from flytebind.remote.errors import FlyteCallError
from flytebind.runtime.homes import public_in

_MAX_ERROR = 200
_STEP = 0.1


@public_in("flytebind.remote.auth")
class StaticSource:
    """One token, for as long as it is good."""

    def __init__(self, token: str | Token) -> None:
        self._token = token_of(token.strip()) if isinstance(token, str) else sendable(token)

    def fetch(self) -> Token:
        """See ``TokenSource``."""
        return self._token


@public_in("flytebind.remote.auth")
class CallableSource:
    """Tokens that a function returns."""

    def __init__(self, function: Callable[[], str | Token]) -> None:
        self._function = function

    def fetch(self) -> Token:
        """See ``TokenSource``."""
        token = self._function()
        if isinstance(token, Token):
            return token
        if not isinstance(token, str):
            raise refused(f"the token function returned {type(token).__name__}, not text")
        return token_of(token.strip())


@public_in("flytebind.remote.auth")
class CommandSource:
    """Tokens that a program prints.

    One that has printed a token, and fails afterwards, counts as away: what it asks may be.

    Args:
        command: The program and its arguments. No shell is involved.
        timeout: How many seconds it may take.
    """

    def __init__(self, command: Sequence[str], timeout: float = 60.0) -> None:
        self._command = tuple(command)
        self._timeout = timeout
        self._failure: Callable[[str], FlyteCallError] = refused

    def fetch(self) -> Token:
        """See ``TokenSource``."""
        return self.renew(Renewal())

    def renew(self, renewal: Renewal) -> Token:
        """See ``AttentiveSource``."""
        name = f"the command {self._command[0]!r}"  # its arguments may be secrets
        try:
            code, out, err = self._run(renewal.stop)
        except TimeoutError:
            raise self._failure(f"{name} gave no token within {self._timeout:g} seconds") from None
        except OSError as error:
            raise refused(f"{name} cannot be run: {error.strerror}") from None
        output = out.decode(errors="replace").strip()
        if code != 0:
            lines = err.decode(errors="replace").strip().splitlines()
            last = f": {lines[-1].strip()[:_MAX_ERROR]}" if lines else ""
            raise self._failure(f"{name} failed with exit code {code}{last}")
        if not output:
            raise self._failure(f"{name} printed no token")
        token = token_of(output)
        self._failure = away
        return token

    def _run(self, stop: threading.Event) -> tuple[int, bytes, bytes]:
        """The program's exit code and what it prints; kills it when nobody waits any more."""
        end = time.monotonic() + self._timeout
        with subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            while True:
                try:
                    out, err = process.communicate(timeout=_STEP)
                    return process.returncode, out, err
                except subprocess.TimeoutExpired:
                    if stop.is_set() or time.monotonic() >= end:
                        process.kill()
                        raise TimeoutError from None  # the cause would show the arguments
