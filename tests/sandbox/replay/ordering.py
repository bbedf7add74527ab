"""The order of lists: where nobody asks for one, and among equals, it is nobody's promise."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from tests.sandbox.replay.comparison import settled
from tests.sandbox.replay.recorded import Answer, Row, parse_request


def settle_order(row: Row, answer: Answer) -> Answer:
    """The answer with its list in the recorded order, as far as that order is free."""
    theirs, ours = row.answer.response, answer.response
    if theirs is None or ours is None or not row.rpc.startswith("List"):
        return answer
    field = next(field.name for field in ours.DESCRIPTOR.fields if field.is_repeated)
    given = list(getattr(ours, field))
    ordered = _as_recorded([settled(item) for item in getattr(theirs, field)], given)
    request: Any = parse_request(row)
    key = request.sort_by.key if "sort_by" in request.DESCRIPTOR.fields_by_name else ""
    if ordered is None or (key and not _ties(key, given, ordered)):
        return answer
    arranged: Any = type(ours)()
    arranged.CopyFrom(ours)
    arranged.ClearField(field)
    getattr(arranged, field).extend(ordered)
    return Answer(answer.code, arranged, answer.details)


def _as_recorded(recorded: list[Message], given: list[Any]) -> list[Any] | None:
    """What was given, in the recorded order; None when other items were."""
    left = [(settled(item), item) for item in given]
    ordered = []
    for wanted in recorded:
        found = next((pair for pair in left if pair[0] == wanted), None)
        if found is None:
            return None
        left.remove(found)
        ordered.append(found[1])
    return None if left else ordered


def _ties(key: str, given: list[Any], ordered: list[Any]) -> bool:
    """Whether the two orders differ among equals only."""
    return given == ordered
