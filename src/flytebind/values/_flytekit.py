"""flytekit's own objects for what lies in a store. They are known by name: flytekit stays away."""

from __future__ import annotations

from typing import Any

from flytebind.values._handles import RemoteTable

_STORED = frozenset({"FlyteDirectory", "FlyteFile", "StructuredDataset"})


def stored_kind(cls: type) -> str:
    """Which of flytekit's classes one is, or descends from; empty if none."""
    return next(
        (
            base.__name__
            for base in cls.__mro__
            if base.__name__ in _STORED and base.__module__.startswith("flytekit.")
        ),
        "",
    )


def given(value: Any) -> object:
    """What one of flytekit's objects stands for: a path or URI, a frame or a table.

    Anything else is itself. Nothing is downloaded, as flytekit does when it is asked for a path.
    """
    kind = stored_kind(type(value))
    if kind == "StructuredDataset":
        if value.dataframe is not None:
            return value.dataframe
        uri = value.uri if value.uri is not None else value.literal.uri
        return RemoteTable(str(uri), value.file_format or "")
    return str(value.remote_source or value.path) if kind else value
