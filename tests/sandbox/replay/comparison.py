"""What differs between two answers, once that is set aside which differs from run to run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from flytebind.runtime.fields import is_repeated
from tests.sandbox.replay.recorded import Answer

#: Where URIs of a server's own begin: the recorded bucket, and our store.
_ROOT = re.compile(r"^(?:s3://my-s3-bucket|file:///.*?/flytebind-sandbox-[^/]+)/")
#: A link has a host, in the recordings a bucket, and a query, which signs it.
_LINK = re.compile(r"^https?://[^/]+(?:/my-s3-bucket)?(/[^?]*)(?:\?.*)?$")
_SERVED = re.compile(r"^/blobs/|^/.*?/flytebind-sandbox-[^/]+/")
#: January 2026, when everything happened that callers wrote; what is not in it is server time.
_WRITTEN = range(1767225600, 1769904000)
#: Lists that the real compiler makes of Go's maps: they have no order.
_UNORDERED = {
    "flyteidl.core.CompiledWorkflowClosure.tasks",
    "flyteidl.core.ConnectionSet.IdList.ids",
    "flyteidl.core.Node.upstream_node_ids",
}


def compare(recorded: Answer, ours: Answer) -> tuple[str, ...]:
    """What differs, as paths of fields; empty when nothing does.

    Texts are set aside, also those in the details of a status.
    """
    if recorded.code != ours.code:
        return (f"{ours.code} for {recorded.code}",)
    found = set()
    if recorded.response is not None and ours.response is not None:
        found |= set(_different(settled(recorded.response), settled(ours.response), ""))
    theirs = [detail.DESCRIPTOR.full_name for detail in recorded.details]
    if theirs != [detail.DESCRIPTOR.full_name for detail in ours.details]:
        found.add("details")
    else:
        for one, other in zip(recorded.details, ours.details, strict=True):
            found |= set(_different(_wordless(one), _wordless(other), "details."))
    return tuple(sorted(found))


def settled(message: Message) -> Message:
    """A copy, with what varies set to what does not."""
    copy = type(message)()
    copy.CopyFrom(message)
    _settle(copy)
    return copy


def _settle(message: Any) -> None:
    if message.DESCRIPTOR.full_name == "google.protobuf.Timestamp":
        if message.seconds not in _WRITTEN:
            message.seconds, message.nanos = 1, 0
        return
    for field, value in message.ListFields():
        if _is_map(field):
            if field.message_type.fields_by_name["value"].message_type is not None:
                for key in value:
                    _settle(value[key])
        elif field.message_type is not None:
            for item in value if is_repeated(field) else [value]:
                _settle(item)
        elif field.type == FieldDescriptor.TYPE_STRING:
            if is_repeated(field):
                value[:] = [_settle_text(text) for text in value]
            else:
                setattr(message, field.name, _settle_text(value))
        if field.full_name in _UNORDERED:
            _sort(value)
    if _is_generated(message):  # its bindings come out of a map, too
        for node in message.nodes:
            node.inputs.sort(key=lambda binding: binding.var)
        message.outputs.sort(key=lambda binding: binding.var)


def _is_generated(message: Any) -> bool:
    """Whether this is the workflow around a single task."""
    if message.DESCRIPTOR.full_name != "flyteidl.core.WorkflowTemplate":
        return False
    name: str = message.id.name
    return name.startswith(".flytegen.")


def _settle_text(text: str) -> str:
    if link := _LINK.match(text):
        return "link:/" + _SERVED.sub("", link[1]).lstrip("/")
    return re.sub(" {2,}", " ", _ROOT.sub("root:/", text))


def _sort(values: Any) -> None:
    if values and isinstance(values[0], Message):
        values.sort(key=lambda item: item.SerializeToString(deterministic=True))
    else:
        values[:] = sorted(values)


def _wordless(message: Any) -> Any:
    copy: Any = type(message)()
    copy.CopyFrom(message)
    if "message" in copy.DESCRIPTOR.fields_by_name:
        copy.ClearField("message")
    return copy


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _different(one: Any, other: Any, path: str) -> Iterator[str]:
    if one == other:
        return
    for field in one.DESCRIPTOR.fields:
        name, where = field.name, f"{path}{field.name}"
        theirs, ours = getattr(one, name), getattr(other, name)
        if _is_map(field):
            if set(theirs) != set(ours):
                yield f"{where}: other keys"
            else:
                yield from _different_items(
                    ((theirs[key], ours[key]) for key in theirs), f"{where}{{}}"
                )
        elif is_repeated(field):
            if len(theirs) != len(ours):
                yield f"{where}: {'more' if len(ours) > len(theirs) else 'fewer'}"
            else:
                yield from _different_items(zip(theirs, ours, strict=True), f"{where}[]")
        elif field.has_presence and one.HasField(name) != other.HasField(name):
            yield f"{where}: {'missing' if one.HasField(name) else 'extra'}"
        else:
            yield from _different_items([(theirs, ours)], where)


def _different_items(pairs: Any, where: str) -> Iterator[str]:
    for one, other in pairs:
        if isinstance(one, Message):
            yield from _different(one, other, f"{where}.")
        elif one != other:
            yield where
