"""Where two trees of plain data differ, in words: whole executions are too large to see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def differences(seen: Any, right: Any) -> list[str]:
    """What differs, a line for each place: ``nodes/n0/phase: RUNNING, not SUCCEEDED``."""
    return list(_differences(seen, right, ""))


def _differences(seen: Any, right: Any, path: str) -> Iterator[str]:
    if isinstance(seen, dict) and isinstance(right, dict):
        for key in sorted(seen.keys() | right.keys()):
            yield from _differences(
                seen.get(key, "nothing"), right.get(key, "nothing"), f"{path}/{key}".lstrip("/")
            )
    elif isinstance(seen, list) and isinstance(right, list) and len(seen) == len(right):
        for index, (one, other) in enumerate(zip(seen, right, strict=True)):
            yield from _differences(one, other, f"{path}/{index}")
    elif seen != right or type(seen) is not type(right):
        yield f"{path}: {_short(seen)}, not {_short(right)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
