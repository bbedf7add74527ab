"""Giving gate nodes what they wait for."""

from __future__ import annotations

from collections.abc import Sequence

from flytebind.looks._labels import label
from flytebind.models.admin.common import Sort
from flytebind.models.admin.signal import Signal, SignalListRequest, SignalSetRequest
from flytebind.models.core.identifier import SignalIdentifier, WorkflowExecutionIdentifier
from flytebind.models.core.literals import Literal, Primitive, Scalar
from flytebind.models.core.types import LiteralType
from flytebind.remote._answers import check_answer
from flytebind.remote._clients import async_client
from flytebind.remote._operations.fetch import Filters, expression
from flytebind.remote._operations.inputs import uploading
from flytebind.remote._operations.pages import all_rows
from flytebind.remote._session import Session
from flytebind.remote.errors import FlyteAssertion
from flytebind.runtime.fields import did_you_mean
from flytebind.services.signal import SignalServiceAsyncClient
from flytebind.values._literal import write_literal

_PAGE = 100
_IN_ORDER = Sort(key="id", direction=Sort.Direction.ASCENDING)


async def list_signals(
    session: Session, execution: WorkflowExecutionIdentifier, filters: Filters
) -> list[Signal]:
    """The signals of an execution, set or not, in the order in which they came up."""
    request = SignalListRequest(
        workflow_execution_id=execution, filters=expression(filters), sort_by=_IN_ORDER
    )

    async def ask(size: int, token: str) -> tuple[Sequence[Signal], str]:
        page = await _client(session).list_signals(request.replace(limit=size, token=token))
        for signal in page.signals:
            if signal.id is not None and signal.id.execution_id is not None:
                check_answer(execution, signal.id.execution_id)
        return page.signals, page.token

    return await all_rows(ask, _PAGE, lambda signal: signal.id.signal_id if signal.id else "")


async def answer(
    session: Session, execution: WorkflowExecutionIdentifier, signal_id: str, approved: bool
) -> None:
    """Approve, or reject."""
    await set_literal(
        session, execution, signal_id, Literal(scalar=Scalar(primitive=Primitive(boolean=approved)))
    )


async def set_input(
    session: Session, execution: WorkflowExecutionIdentifier, signal_id: str, value: object
) -> None:
    """Give a value, of the type that the signal has.

    Raises:
        FlyteAssertion: If nothing waits for such a signal.
        FlyteValueError: If the value is not of the signal's type.
        FlyteDataError: If a file cannot be uploaded.
    """
    if isinstance(value, Literal):
        await set_literal(session, execution, signal_id, value)
        return
    signals = {
        signal.id.signal_id: signal
        for signal in await list_signals(session, execution, ())
        if signal.id is not None
    }
    if signal_id not in signals:
        known = ", ".join(map(repr, signals)) or "none"
        raise FlyteAssertion(
            f"execution {label(execution)} has no signal {signal_id!r} yet; there are: {known}"
            f"{did_you_mean(signal_id, signals)}"
        )
    literal_type = signals[signal_id].type or LiteralType()
    path = f"signal {signal_id!r}"
    literal = await uploading(
        session,
        lambda uploads: write_literal(value, literal_type, path, uploads),
        execution.project,
        execution.domain,
    )
    await set_literal(session, execution, signal_id, literal)


async def set_literal(
    session: Session, execution: WorkflowExecutionIdentifier, signal_id: str, value: Literal
) -> None:
    """Give a value as it is."""
    id = SignalIdentifier(signal_id=signal_id, execution_id=execution)
    await _client(session).set_signal(SignalSetRequest(id=id, value=value))


def _client(session: Session) -> SignalServiceAsyncClient:
    return async_client(SignalServiceAsyncClient, session.caller)
