"""What is answered over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Reply(NamedTuple):
    """An answer: its status, headers and body."""

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""
