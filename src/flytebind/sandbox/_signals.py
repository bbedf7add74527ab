"""The signal service: values that gates in workflows wait for."""

from __future__ import annotations

import logging
from collections.abc import Callable

import grpc

from flytebind.models.admin.signal import (
    Signal,
    SignalGetOrCreateRequest,
    SignalList,
    SignalListRequest,
    SignalSetRequest,
    SignalSetResponse,
)
from flytebind.models.core.identifier import SignalIdentifier, WorkflowExecutionIdentifier
from flytebind.models.core.literals import Literal
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import invalid, required
from flytebind.sandbox._literal_types import castable, type_name, type_of
from flytebind.sandbox._store import Store
from flytebind.sandbox._store.tables import SIGNALS
from flytebind.services.signal import SignalServiceServicer

_log = logging.getLogger("flytebind.sandbox")


class Signals(SignalServiceServicer):
    """Keeps signals. The executions that they belong to need not exist.

    Attributes:
        set_listeners: Called with each value that has been set and stored, from the thread of the
            call; what they raise is logged.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.set_listeners: list[Callable[[SignalIdentifier, Literal], None]] = []

    def get_or_create_signal(
        self, request: SignalGetOrCreateRequest, context: grpc.ServicerContext
    ) -> Signal:
        """Show a signal, which is made when it does not exist.

        Raises:
            StatusError: INVALID_ARGUMENT; ALREADY_EXISTS when it exists with another type.
        """
        id, where = _check(request.id)
        asked = required(request.type, "type")
        kind = None if asked.is_empty else asked
        with self.store.transaction():
            row = self.store.find(SIGNALS, **where)
            if row is None:
                signal = Signal(id=id, type=kind)
                columns = {"model": signal.to_bytes()}
                if kind is not None:
                    columns["type"] = kind.to_bytes()
                self.store.insert(SIGNALS, {**where, **columns})
                return signal
        signal = Signal.from_bytes(row["model"])
        if signal.type != kind:
            raise StatusError(
                grpc.StatusCode.ALREADY_EXISTS,
                f"signal {id.signal_id} already exists, with another type",
            )
        return signal

    def list_signals(self, request: SignalListRequest, context: grpc.ServicerContext) -> SignalList:
        """Show the signals of an execution."""
        page = self.store.page(
            SIGNALS,
            limit=request.limit,
            token=request.token,
            filters=request.filters,
            sort_by=request.sort_by,
            **_check_execution(request.workflow_execution_id, "workflow_execution_id"),
        )
        return SignalList(
            signals=[Signal.from_bytes(row["model"]) for row in page.rows], token=page.token
        )

    def set_signal(
        self, request: SignalSetRequest, context: grpc.ServicerContext
    ) -> SignalSetResponse:
        """Give a signal its value; a value that it has already is replaced.

        Raises:
            StatusError: INVALID_ARGUMENT, also for a signal that does not exist, as with
                flyteadmin, and for a value of another type.
        """
        id, where = _check(request.id)
        value = required(request.value, "value")
        given = type_of(value.to_pb())
        if given is None:
            invalid("missing value")
        with self.store.transaction():
            row = self.store.find(SIGNALS, **where)
            if row is None:
                invalid(f"signal {id.signal_id} does not exist")
            signal = Signal.from_bytes(row["model"])
            expected = required(signal.type, "type").to_pb()
            if not castable(expected, given):
                invalid(f"signal {id.signal_id} is {type_name(expected)}, not {type_name(given)}")
            self.store.update(
                SIGNALS,
                row["id"],
                {"value": value.to_bytes(), "model": signal.replace(value=value).to_bytes()},
            )
        for listener in self.set_listeners:
            try:
                listener(id, value)
            except Exception:
                _log.exception("a listener of signal %s failed", id.signal_id)
        return SignalSetResponse()


def _check(id: SignalIdentifier | None) -> tuple[SignalIdentifier, dict[str, str]]:
    id = required(id, "id")
    execution = _check_execution(id.execution_id, "execution_id")
    return id, {**execution, "signal_id": required(id.signal_id, "signal_id")}


def _check_execution(id: WorkflowExecutionIdentifier | None, field: str) -> dict[str, str]:
    if id is None or id.is_empty:
        invalid(f"missing {field}")
    return {
        "execution_project": required(id.project, f"{field}.project"),
        "execution_domain": required(id.domain, f"{field}.domain"),
        "execution_name": required(id.name, f"{field}.name"),
    }
