"""What can go wrong with runs, beside what ``flytebind.remote.errors`` has."""

from __future__ import annotations

from flytebind.remote.errors import FlyteExecutionTimeout
from flytebind.runtime.homes import public_in
from flytebind.v2.models.common.identifier import RunIdentifier


@public_in("flytebind.runs")
class FlyteRunTimeout(FlyteExecutionTimeout):
    """A run was not started, not done, or not all of it here, in time.

    Args:
        message: What is wrong, in words.
        run_id: The run; None if none was started.
    """

    def __init__(self, message: str, run_id: RunIdentifier | None = None) -> None:
        super().__init__(message)
        self.run_id: RunIdentifier | None = run_id

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.run_id)
