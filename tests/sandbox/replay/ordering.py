"""The order of lists: where nobody asks for one, and among equals, it is nobody's promise."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message

from flytebind.runtime.fields import is_repeated
from tests.sandbox.replay.comparison import settled
from tests.sandbox.replay.recorded import Answer, Row, parse_request


def settle_order(row: Row, answer: Answer) -> Answer:
    """The answer with its list in the recorded order, as far as that order is free."""
    theirs, ours = row.answer.response, answer.response
    if theirs is None or ours is None or not row.rpc.startswith("List"):
        return answer
    field = next(field.name for field in ours.DESCRIPTOR.fields if is_repeated(field))
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


#: Keys whose values no answer shows, or which are a message's bytes: any order is one of them.
_OPAQUE = {"closure", "deleted_at", "digest", "launch_condition_type", "spec", "typed_interface"}
_OPAQUE |= {"inputs_uri", "input_uri", "internal_data", "launch_entity", "node_execution_metadata"}
_OPAQUE |= {"remote_closure_identifier", "dynamic_workflow_remote_closure_reference"}
#: Where an item has what a key sorts by.
_PATHS = {
    "project": ("id.project",),
    "domain": ("id.domain",),
    "name": ("id.name",),
    "version": ("id.version",),
    "short_description": ("short_description",),
    "state": ("closure.state", "metadata.state"),
    "type": ("closure.compiled_task.template.type",),
    "execution_project": ("id.project", "id.execution_id.project"),
    "execution_domain": ("id.domain", "id.execution_id.domain"),
    "execution_name": ("id.name", "id.execution_id.name"),
    "phase": ("closure.phase",),
    "duration": ("closure.duration",),
    "mode": ("spec.metadata.mode",),
    "cluster": ("spec.metadata.system_metadata.execution_cluster",),
    "user": ("spec.metadata.principal",),
    "workflow_id": ("spec.workflow_id.name", "closure.workflow_id.name"),
    "value": ("value",),
    "resource_type": ("resource_type",),
    "description": ("metadata.description",),
}


def _ties(key: str, given: list[Any], ordered: list[Any]) -> bool:
    """Whether the two orders differ among equals only."""
    if key in _OPAQUE or given == ordered:
        return True
    return key in _PATHS and [_value(key, item) for item in given] == [
        _value(key, item) for item in ordered
    ]


def _value(key: str, item: Any) -> object:
    for path in _PATHS[key]:
        found = item
        for name in path.split("."):
            found = getattr(found, name, None)
        if found is not None:
            return found
    return None
