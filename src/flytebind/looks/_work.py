"""What executions of Flyte 1 and runs of Flyte 2 have in common."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from flytebind.looks._rows import Row
from flytebind.looks._snapshots import ExecutionSnapshot
from flytebind.runtime.homes import public_in
from flytebind.values import LiteralsResolver


class Failure(Protocol):
    """Why something failed."""

    @property
    def code(self) -> str:
        """What kind of trouble it was; may be empty."""
        ...

    @property
    def message(self) -> str:
        """What went wrong, in words."""
        ...


@public_in("flytebind.looks")
class Work(Protocol):
    """An execution, or a run: for programs that care for what comes of it, and not for which it is.

    ``tree``, ``timeline`` and ``card`` show either. What differs is left as it is: nodes of an
    execution, and actions of a run.
    """

    @property
    def name(self) -> str:
        """What it is called, within a project and a domain."""
        ...

    @property
    def is_done(self) -> bool:
        """Whether it has come to its end, good or bad."""
        ...

    @property
    def is_successful(self) -> bool:
        """Whether it is done, and well."""
        ...

    @property
    def error(self) -> Failure | None:
        """Why it failed; None if it did not. There is none to ask for before it is done."""
        ...

    @property
    def inputs(self) -> LiteralsResolver:
        """What went in, by name."""
        ...

    @property
    def outputs(self) -> LiteralsResolver:
        """What came out, by name, once it is done and well."""
        ...

    @property
    def started_at(self) -> datetime | None:
        """When it began; None until then."""
        ...

    @property
    def duration(self) -> timedelta | None:
        """How long it took; None until it is done."""
        ...

    @property
    def url(self) -> str | None:
        """Where people look at it; None where nobody knows."""
        ...

    def snapshot(self) -> ExecutionSnapshot | Row:
        """What has been loaded of it, for looks to show."""
        ...

    def wait(
        self,
        timeout: timedelta | float | None = None,
        *,
        progress: bool | Callable[[Work], None] | None = None,
    ) -> Work:
        """Wait until it is done, and show how far it is, or tell a function."""
        ...

    def abort(self, reason: str, *, timeout: timedelta | float | None = None) -> Work:
        """End it."""
        ...


def loaded(part: ExecutionSnapshot | Row | Work) -> ExecutionSnapshot | Row:
    """What has been loaded of something that is to be shown."""
    return part if isinstance(part, (ExecutionSnapshot, Row)) else part.snapshot()
