"""What reads files through links that a server signs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from flytebind._transfer.http.client import HttpClient


class Moved(Protocol):
    """Somebody who watches a transfer."""

    def moved(self, count: int, /) -> object:
        """So many bytes have just come."""
        ...


Watch: TypeAlias = Callable[[int | None], AbstractContextManager[Moved]]
"""Shows how far something has come, given how many bytes there are, as far as that is known."""


class Links(Protocol):
    """A remote, as far as reading through it needs one."""

    @property
    def http(self) -> HttpClient:
        """Speaks HTTP with the settings of its connection.

        Raises:
            FlyteAssertion: If the remote is closed.
        """
        ...

    def link(self, uri: str, /) -> str:
        """A new signed link to a file; it blocks until it is here.

        Raises:
            FlyteError: If there is none to be had.
        """
        ...

    def watch(self, what: str, size: int | None, /) -> AbstractContextManager[Moved]:
        """Show somebody a transfer that takes long.

        Args:
            what: What it is: ``downloading rows.csv``.
            size: How many bytes there are; None if nobody knows.
        """
        ...
