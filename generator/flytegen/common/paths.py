"""Paths that people and records name."""

from __future__ import annotations

from pathlib import PurePosixPath


def is_below(path: str) -> bool:
    """Whether a path stays in the folder that it is relative to."""
    pure = PurePosixPath(path)
    return bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts
