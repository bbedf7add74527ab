"""Keyrings for tests: in memory, and in a file that processes share.

Their priority is so low that keyring takes none of them by itself.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class MemoryRing(KeyringBackend):
    """Keeps passwords in memory, or fails."""

    priority = -1.0  # type: ignore[unused-ignore, assignment] # a property there

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.error: Exception | None = None

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.held[service, username]

    def entries(self) -> dict[str, dict[str, object]]:
        """What is kept, by account."""
        return {name: json.loads(value) for (_, name), value in self.held.items()}

    def _check(self) -> None:
        if self.error is not None:
            raise self.error


class FileRing(KeyringBackend):
    """Keeps passwords in the file that ``RING`` names. It locks nothing, as real ones do not."""

    priority = -1.0  # type: ignore[unused-ignore, assignment] # a property there

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        path = Path(os.environ["RING"])
        new = path.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps({**self._read(), f"{service} {username}": password}))
        new.replace(path)

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError

    def _read(self) -> dict[str, str]:
        path = Path(os.environ["RING"])
        held: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        return held
