"""The words and colours that trees, progress and the command line have in common."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from flytebind.runtime.screens import harmless as harmless

#: By the name of a phase, a style of rich's; those that are not here look plain.
STYLES: Mapping[str, str] = MappingProxyType(
    {
        "UNDEFINED": "dim",
        "QUEUED": "dim",
        "INITIALIZING": "dim",
        "WAITING_FOR_RESOURCES": "dim",
        "RUNNING": "cyan",
        "DYNAMIC_RUNNING": "cyan",
        "SUCCEEDING": "cyan",
        "SUCCEEDED": "green",
        "RECOVERED": "green",
        "FAILING": "red",
        "FAILED": "red",
        "RETRYABLE_FAILED": "red",
        "TIMED_OUT": "red",
        "ABORTING": "yellow",
        "ABORTED": "yellow",
        "PAUSED": "yellow",
        "SKIPPED": "dim",
    }
)

_UNITS = (("d", 86400, "h", 3600), ("h", 3600, "m", 60), ("m", 60, "s", 1))

_FAILED = frozenset({"FAILED", "FAILING", "TIMED_OUT"})


class Closure(Protocol):
    """What closures of executions and of nodes have in common."""

    @property
    def duration(self) -> timedelta | None:
        """How long it took, once it is done."""
        ...

    @property
    def started_at(self) -> datetime | None:
        """When it began to run."""
        ...

    @property
    def created_at(self) -> datetime | None:
        """When it was asked for."""
        ...


class Times(NamedTuple):
    """The times of a closure, but for those that Python cannot tell."""

    created_at: datetime | None
    started_at: datetime | None
    updated_at: datetime | None
    duration: timedelta | None

    @classmethod
    def of(cls, closure: object) -> Times:
        """Those of a closure of any kind; whoever wrote it may have written anything."""
        return cls(*(readable(closure, name) for name in cls._fields))

    def ended_at(self, is_done: bool) -> datetime | None:
        """When it ended; None while it goes on.

        Args:
            is_done: Whether it goes on no more.
        """
        if not is_done:
            return None
        if self.started_at is not None and self.duration is not None:
            with suppress(OverflowError):
                return self.started_at + self.duration
        return self.updated_at


def readable(model: object, name: str) -> Any:
    """A time or a length of time of a model; None for one that Python cannot tell."""
    try:
        return getattr(model, name)
    except (OverflowError, ValueError):
        return None


def has_failed(phase: str) -> bool:
    """Whether the name of a phase says that something went wrong, or is just going wrong."""
    return phase in _FAILED


def time_taken(closure: Closure, is_done: bool, now: datetime | None = None) -> timedelta | None:
    """How long something took or, while it goes on, has taken so far.

    Args:
        closure: What it has come to.
        is_done: Whether it goes on no more.
        now: The time, if not this moment.
    """
    times = Times.of(closure)
    if is_done:
        return times.duration if times.started_at is not None else None
    began = times.started_at or times.created_at
    if began is None:
        return None
    # The server's clock is not ours.
    return max((now or datetime.now(timezone.utc)) - began, timedelta())


def spoken(time: timedelta | None) -> str:
    """A length of time in the units that matter: ``34 ms``, ``0.6 s``, ``12 s``, ``3 m 05 s``."""
    if time is None:
        return ""
    seconds = time.total_seconds()
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, size, smaller_unit, smaller in _UNITS:
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller:02d} {smaller_unit}"
    return f"{whole} s"


def moment(time: datetime | None) -> str:
    """A moment for people to read, in UTC."""
    return "" if time is None else f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}Z"


def first_line(text: str, limit: int | None = 100) -> str:
    """The first line that says something, cut, and harmless to terminals."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    line = harmless(line)
    return line if limit is None or len(line) <= limit else f"{line[: limit - 3]}..."


def address(uri: str) -> str:
    """An address that may be followed; empty for what is none, or would be run."""
    scheme, separator, rest = uri.partition("://")
    is_web = scheme.lower() in ("http", "https") and separator
    return uri if is_web and rest.isprintable() and " " not in rest else ""
