"""What all runs share: the doors to the sandbox, and what runs wait for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeAlias

import grpc
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import Literal

from flytebind.models.core.identifier import SignalIdentifier
from flytebind.models.core.literals import Literal as LiteralModel
from flytebind.sandbox._blobs import BlobStore
from flytebind.sandbox._clock import Clock
from flytebind.services.admin import AdminServiceClient
from flytebind.services.signal import SignalServiceClient

log = logging.getLogger("flytebind.sandbox.play")

Key: TypeAlias = tuple[str, str, str]


def key_of(id: WorkflowExecutionIdentifier) -> Key:
    """An execution's id as a key."""
    return id.project, id.domain, id.name


class Stage:
    """Where runs take place.

    Args:
        channel: To the admin whose executions they are.
        clock: Says when what happens in them happens.
        blobs: Where those that offload their data write it.
        speed: How many times faster than written the runs are.
        logs_url: Where their logs are said to be.
    """

    def __init__(
        self, channel: grpc.Channel, clock: Clock, blobs: BlobStore, speed: float, logs_url: str
    ) -> None:
        self.client = AdminServiceClient(channel)
        self.signals = SignalServiceClient(channel)
        self.clock = clock
        self.blobs = blobs
        self.speed = speed
        self.logs_url = logs_url
        self.changed = threading.Condition()
        """Guards what follows, and is notified of every change that somebody may wait for."""
        self.runs: dict[Key, Callable[[], None]] = {}
        """Those that go on, and how each is aborted."""
        self.values: dict[tuple[Key, str], Literal] = {}
        """What signals of these executions have been set to."""
        self.stopping = False

    def wait(self, true: Callable[[], bool], timeout: float | None = None) -> bool:
        """Wait until something is true; False when it is not in time.

        Args:
            true: Asked, under the lock, after every change.
            timeout: In seconds; None waits for ever.
        """
        with self.changed:
            return self.changed.wait_for(true, timeout)

    def signal_set(self, id: SignalIdentifier, value: LiteralModel) -> None:
        """Take note of a signal's value."""
        signal = id.to_pb()
        key = key_of(signal.execution_id)
        with self.changed:
            if key in self.runs:
                self.values[key, signal.signal_id] = value.to_pb()
                self.changed.notify_all()

    def leave(self, id: WorkflowExecutionIdentifier) -> None:
        """The run of an execution has come to its end."""
        key = key_of(id)
        with self.changed:
            self.runs.pop(key, None)
            for signal in [signal for signal in self.values if signal[0] == key]:
                del self.values[signal]
            self.changed.notify_all()

    def stop(self) -> None:
        """Call all runs off."""
        with self.changed:
            self.stopping = True
            self.changed.notify_all()
