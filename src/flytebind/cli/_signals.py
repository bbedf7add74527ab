"""The commands ``flytebind signal ...``."""

from __future__ import annotations

import sys

from flytebind.cli._connect import connect, execution_id
from flytebind.cli._exits import DONE, CommandError
from flytebind.cli._inputs import read_text
from flytebind.cli._options import Call
from flytebind.cli._printing import print_document, print_rows
from flytebind.looks._labels import label
from flytebind.looks._words import harmless
from flytebind.models.admin.signal import Signal
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.core.types import LiteralType
from flytebind.remote import FlyteRemote
from flytebind.runtime.fields import did_you_mean
from flytebind.values import to_native, type_name


def list_(call: Call, *, execution: str) -> int:
    """List what the gates of an execution wait for, and what they have been given."""
    with connect(call) as (remote, config):
        signals = remote.list_signals(execution_id(execution, config))
    if call.is_for_people:
        print_rows(call, [_row(signal) for signal in signals])
        if not (signals or call.quiet):
            print("it waits for nothing", file=sys.stderr)
    else:
        print_document(call, signals, name="\n".join(map(_name, signals)))
    return DONE


def approve(call: Call, *, execution: str, signal: str) -> int:
    """Let a gate go on."""
    with connect(call) as (remote, config):
        id = execution_id(execution, config)
        _known(remote, id, signal)
        remote.approve(signal, id)
    return _answered(call, id, signal, "approved")


def reject(call: Call, *, execution: str, signal: str) -> int:
    """Let a gate fail."""
    with connect(call) as (remote, config):
        id = execution_id(execution, config)
        _known(remote, id, signal)
        remote.reject(signal, id)
    return _answered(call, id, signal, "rejected")


def set_(call: Call, *, execution: str, signal: str, value: str) -> int:
    """Give a gate the value that it waits for."""
    with connect(call) as (remote, config):
        id = execution_id(execution, config)
        literal_type = _known(remote, id, signal).type or LiteralType()
        remote.set_input(signal, id, read_text(value, literal_type, "VALUE"))
    return _answered(call, id, signal, "set")


def _known(remote: FlyteRemote, id: WorkflowExecutionIdentifier, signal: str) -> Signal:
    """The signal of a name.

    Raises:
        CommandError: If nothing waits for it.
    """
    signals = {_name(each): each for each in remote.list_signals(id)}
    if signal not in signals:
        hint = did_you_mean(signal, signals) or f": there are {', '.join(signals) or 'none'}"
        raise CommandError(f"{label(id)} waits for no signal {signal!r}{hint}")
    return signals[signal]


def _row(signal: Signal) -> dict[str, object]:
    value = signal.value
    return {
        "name": _name(signal),
        "type": type_name(signal.type) if signal.type is not None else "",
        "value": "(waits)" if value is None else repr(to_native(value, signal.type)),
    }


def _name(signal: Signal) -> str:
    return signal.id.signal_id if signal.id is not None else ""


def _answered(call: Call, id: WorkflowExecutionIdentifier, signal: str, what: str) -> int:
    if not call.is_for_people:
        print_document(call, {"execution": id, "signal": signal, "done": what}, name=signal)
    elif not call.quiet:
        print(harmless(f"{what}: signal {signal} of {label(id)}"))
    return DONE
