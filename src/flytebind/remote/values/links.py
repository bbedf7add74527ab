"""What reads files through links that a server signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from flytebind.remote.http.client import HttpClient


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
