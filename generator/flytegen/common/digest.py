"""Telling versions of one thing apart."""

from __future__ import annotations

from hashlib import sha256


def digest(*parts: str | bytes) -> str:
    """A digest that tells versions of a file apart."""
    hashed = sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        hashed.update(len(data).to_bytes(8, "big") + data)
    return hashed.hexdigest()[:32]
