"""Telling of which kind a difference is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from flytebind.runtime import Model
from tests.parity.arguments import ZEROS, plain
from tests.parity.discovery import bind_class

# What flytebind refuses on purpose, by words of its error.
_REFUSALS = {
    ", not None": "None refused",
    "must be an aware datetime": "naive refused",
    "takes one member of": "two members",
}

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Difference(NamedTuple):
    """What came out differently: where, of which kind, in which case, and each side's result."""

    where: str
    kind: str
    case: str
    kit: str
    bind: str


def difference(where: str, kind: str, case: str, kit: object, bind: object) -> Difference:
    """A difference with both results in a form that a line can show."""
    return Difference(where, kind, case, _shown(kit), _shown(bind))


def attempt(call: Callable[..., Any], *arguments: object) -> Any:
    """The result of a call, or what it raised."""
    try:
        return call(*arguments)
    except Exception as error:
        return error


def kind_of_failure(kit: object, bind: object) -> str:
    """The kind where one side or both raised; empty where both did so alike."""
    if isinstance(kit, type(bind)):
        return ""
    if not isinstance(bind, Exception):
        return "raises"
    return next((kind for words, kind in _REFUSALS.items() if words in str(bind)), "refused")


def kind_of_values(kit: Any, bind: Any, *, absent: bool) -> str:
    """The kind of difference between two values that were read; empty where there is none.

    Args:
        kit: flytekit's value.
        bind: Ours.
        absent: Whether the message that both were read from has nothing set.
    """
    if isinstance(kit, Exception) or isinstance(bind, Exception):
        return kind_of_failure(kit, bind)
    if bind is None and kit is not None:
        kind = "absent as zero" if type(plain(kit)) in {*ZEROS, datetime} else "absent as empty"
        return kind if absent or _is_zero(kit) else "reads"
    if kit is None and bind is not None:
        kind = "absent as None" if isinstance(bind, Model) else "empty as None"
        return kind if _is_zero(bind) else "ignores"
    if isinstance(kit, datetime) and isinstance(bind, datetime) and kit.tzinfo is None:
        return "naive" if kit.replace(tzinfo=timezone.utc) == bind else "reads"
    if not is_same(kit, bind):
        return "reads"
    return "raw protobuf" if _is_raw(kit) else ""


def is_same(kit: Any, bind: Any) -> bool:
    """Whether both say the same. Models are compared by class: each class has cases of its own."""
    kit, bind = plain(kit), plain(bind)
    if isinstance(kit, Message):
        return bool(kit == bind.to_pb() if isinstance(bind, Model) else _native(kit) == bind)
    if isinstance(bind, Model):
        return bind_class(type(kit)) is type(bind)
    if isinstance(kit, list) and isinstance(bind, list):
        return len(kit) == len(bind) and all(map(is_same, kit, bind))
    if isinstance(kit, dict) and isinstance(bind, dict):
        return kit.keys() == bind.keys() and all(is_same(kit[key], bind[key]) for key in kit)
    return isinstance(kit, bool) is isinstance(bind, bool) and bool(kit == bind)


def _native(message: Message) -> object:
    if isinstance(message, Timestamp):
        return message.ToDatetime(timezone.utc)
    if isinstance(message, Duration):
        return message.ToTimedelta()
    return MessageToDict(message) if isinstance(message, Struct) else message


def _is_raw(value: object) -> bool:
    return isinstance(value, Message) or (
        isinstance(value, (Sequence, Mapping)) and type(value).__module__.startswith("google.")
    )


def _is_zero(value: Any) -> bool:
    """Whether this is what an absent value looks like to who does not ask for presence."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=timezone.utc) == _EPOCH
    if isinstance(value, Message):
        return value.ByteSize() == 0
    if isinstance(value, Model):
        return value.is_empty
    return not value


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return " ".join(text.split())[:200]
