"""Tokens that the caller has, or a program prints."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence

from flytebind.remote.auth.tokens import Token, away, refused, token_of
from flytebind.remote.errors import FlyteCallError

_MAX_ERROR = 200


class StaticSource:
    """One token, for as long as it is good."""

    def __init__(self, token: str | Token) -> None:
        self._token = token_of(token.strip()) if isinstance(token, str) else token

    def fetch(self) -> Token:
        """See ``TokenSource``."""
        return self._token


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
        name = f"the command {self._command[0]!r}"  # its arguments may be secrets
        try:
            done = subprocess.run(
                self._command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            # Not as the cause: that one shows the arguments.
            raise self._failure(f"{name} gave no token within {self._timeout:g} seconds") from None
        except OSError as error:
            raise refused(f"{name} cannot be run: {error.strerror}") from None
        output = done.stdout.decode(errors="replace").strip()
        if done.returncode != 0:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            last = f": {lines[-1].strip()[:_MAX_ERROR]}" if lines else ""
            raise self._failure(f"{name} failed with exit code {done.returncode}{last}")
        if not output:
            raise self._failure(f"{name} printed no token")
        token = token_of(output)
        self._failure = away
        return token
