"""What can go wrong with Flyte. What needs grpc is in ``flytebind.remote.errors``."""

from __future__ import annotations

from flytebind.runtime.screens import harmless_lines


class FlyteError(Exception):
    """The base of every error that flytebind raises by itself about Flyte.

    Its text has names and messages of servers in it, written out where a terminal would obey them.
    """

    passing = False
    """Whether it is about the connection or the server, so that the same may work later."""

    def __str__(self) -> str:
        return harmless_lines(super().__str__())

    @property
    def retryable(self) -> bool:
        """Whether the same may work later: ``passing``, as other libraries call it."""
        return self.passing


class FlyteAssertion(FlyteError, AssertionError):
    """Something was asked of an object that it cannot give in its present state."""


class FlyteConfigError(FlyteError, ValueError):
    """The settings of a connection are missing, contradictory or unreadable."""


class FlyteValueError(FlyteError, ValueError):
    """A Python value does not fit a Flyte type, or a literal does not fit a Python type."""


class FlyteDataError(FlyteError):
    """Inputs or outputs exist, but cannot be had: too large, gone, or damaged on the way."""


class FlyteTimeout(FlyteError, TimeoutError):
    """Something took longer than it was given: a call, or the end of an execution."""
