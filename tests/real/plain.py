"""What recorded executions are, read from the recorded bytes with protobuf alone.

It is written down in ``plain.json``, beside what flytekit read: flytekit fails on some executions,
shows no data of some kinds of nodes, and none of what attempts came to.

    python -m tests.real.plain
"""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import grpc
from flyteidl.admin import execution_pb2, node_execution_pb2, task_execution_pb2
from flyteidl.core import execution_pb2 as core
from flyteidl.core.catalog_pb2 import CACHE_HIT
from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.core.literals_pb2 import Literal, LiteralMap, Scalar
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from tests.real import recordings
from tests.real.recordings import Question

FILE = Path(__file__).parent / "plain.json"
ADMIN = "/flyteidl.service.AdminService/"


class Reader:
    """Reads one recording."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._answers = {row.question: row.answer for row in recordings.rows("executions", name)}
        self._blobs = recordings.blobs(name)

    def execution(self, id: WorkflowExecutionIdentifier | None = None) -> dict[str, Any]:
        """An execution: the one that the recording is of, or one that it has launched."""
        if id is None:
            id = WorkflowExecutionIdentifier(
                project="flytesnacks", domain="development", name=self._name
            )
        request = execution_pb2.WorkflowExecutionGetRequest(id=id)
        execution = self._ask("GetExecution", request)
        data_request = execution_pb2.WorkflowExecutionGetDataRequest(id=id)
        return {
            "launch_plan": execution.spec.launch_plan.name,
            "phase": core.WorkflowExecution.Phase.Name(execution.closure.phase),
            "error": _error(execution.closure),
            **self._data("GetExecutionData", data_request),
            "nodes": self._nodes(id, ""),
        }

    def _nodes(self, id: WorkflowExecutionIdentifier, parent: str) -> dict[str, Any]:
        request = node_execution_pb2.NodeExecutionListRequest(
            workflow_execution_id=id, unique_parent_id=parent
        )
        listed = self._ask("ListNodeExecutions", request)
        return {node.id.node_id: self._node(node.id) for node in listed.node_executions}

    def _node(self, id: NodeExecutionIdentifier) -> dict[str, Any]:
        # Lists cut errors.
        request = node_execution_pb2.NodeExecutionGetRequest(id=id)
        node = self._ask("GetNodeExecution", request)
        data_request = node_execution_pb2.NodeExecutionGetDataRequest(id=id)
        launched = node.closure.workflow_node_metadata.executionId
        return {
            "spec": node.metadata.spec_node_id,
            "phase": core.NodeExecution.Phase.Name(node.closure.phase),
            "array": node.metadata.is_array,
            "cached": node.closure.task_node_metadata.cache_status == CACHE_HIT,
            "error": _error(node.closure),
            **self._data("GetNodeExecutionData", data_request),
            "attempts": self._attempts(id),
            "nodes": self._nodes(id.execution_id, id.node_id),
            "executions": {launched.name: self.execution(launched)} if launched.name else {},
        }

    def _attempts(self, id: NodeExecutionIdentifier) -> list[dict[str, Any]]:
        request = task_execution_pb2.TaskExecutionListRequest(node_execution_id=id)
        listed = self._ask("ListTaskExecutions", request)
        tasks = sorted(listed.task_executions, key=lambda task: task.id.retry_attempt)
        return [self._attempt(task.id, task.closure) for task in tasks]

    def _attempt(
        self, id: TaskExecutionIdentifier, closure: task_execution_pb2.TaskExecutionClosure
    ) -> dict[str, Any]:
        request = task_execution_pb2.TaskExecutionGetDataRequest(id=id)
        return {
            "name": id.task_id.name,
            "attempt": id.retry_attempt,
            "phase": core.TaskExecution.Phase.Name(closure.phase),
            "error": _error(closure),
            "items": [_item(item) for item in closure.metadata.external_resources],
            "logs": [log.uri for log in closure.logs],
            **self._data("GetTaskExecutionData", request),
        }

    def _data(self, method: str, request: Message) -> dict[str, Any]:
        answer = self._answer(method, request)
        if answer.code is not grpc.StatusCode.OK:
            assert answer.code is grpc.StatusCode.INTERNAL
            assert "failed to get object size" in answer.details
            return {"inputs": None, "outputs": None, "gone": _path_of(answer.details)}
        data = answer.read(ADMIN + method)
        return {side: self._side(data, side) for side in ("inputs", "outputs")}

    def _side(self, data: Any, side: str) -> dict[str, Any]:
        literals = getattr(data, f"full_{side}")
        blob = getattr(data, side)
        if not literals.literals and blob.bytes:
            content = self._blobs["/" + blob.url.split("?")[0].split("/", 3)[3]]
            assert content is not None
            assert len(content) == blob.bytes
            literals = LiteralMap.FromString(content)
        return {name: value(literal) for name, literal in sorted(literals.literals.items())}

    def _ask(self, method: str, request: Message) -> Any:
        return self._answer(method, request).read(ADMIN + method)

    def _answer(self, method: str, request: Message) -> recordings.Answer:
        question = Question.of(ADMIN + method, request.SerializeToString())
        answer = self._answers.get(question)
        if answer is None:
            assert method.startswith("List"), f"{self._name}: nobody asked {method} of {request}"
            return recordings.Answer(grpc.StatusCode.OK, b"", "", (), 0)
        return answer


def value(literal: Literal) -> Any:
    """A literal as ``expected.json`` writes values, as far as that takes no types."""
    kind = literal.WhichOneof("value")
    if kind == "collection":
        return [value(item) for item in literal.collection.literals]
    if kind == "map":
        return {key: value(item) for key, item in sorted(literal.map.literals.items())}
    if kind == "offloaded_metadata":
        return {"offloaded": literal.offloaded_metadata.uri}
    return _scalar(literal.scalar)


def _scalar(scalar: Scalar) -> Any:
    kind = scalar.WhichOneof("value")
    if kind == "primitive":
        return _primitive(scalar.primitive)
    if kind == "none_type":
        return None
    if kind == "union":
        return value(scalar.union.value)
    if kind == "blob":
        return {"blob": scalar.blob.uri}
    if kind == "structured_dataset":
        return {"uri": scalar.structured_dataset.uri}
    if kind == "generic":
        return MessageToDict(scalar.generic)
    if kind == "error":
        return {"failed_node_id": scalar.error.failed_node_id, "message": scalar.error.message}
    assert kind == "binary", kind
    assert scalar.binary.tag == "msgpack", scalar.binary.tag
    msgpack: Any = import_module("msgpack")  # it has no types
    return msgpack.unpackb(scalar.binary.value, strict_map_key=False)


def _primitive(primitive: Any) -> Any:
    kind = primitive.WhichOneof("value")
    assert kind is not None
    found = getattr(primitive, kind)
    if kind == "datetime":
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(
            seconds=found.seconds, microseconds=found.nanos // 1000
        )
        return {"datetime": moment.isoformat()}
    if kind == "duration":
        length = timedelta(seconds=found.seconds, microseconds=found.nanos // 1000)
        return {"seconds": length.total_seconds()}
    if isinstance(found, float) and not math.isfinite(found):
        return {"float": str(found)}
    return found


def _error(closure: Any) -> list[str] | None:
    if closure.WhichOneof("output_result") != "error":
        return None
    return [closure.error.code, closure.error.message]


def _item(item: Any) -> dict[str, Any]:
    return {
        "index": item.index,
        "phase": core.TaskExecution.Phase.Name(item.phase),
        "attempts": item.retry_attempt + 1,
        "logs": [log.uri for log in item.logs],
    }


def _path_of(details: str) -> str:
    return details.split(" for ")[1].split(" with ")[0]


def read_all() -> dict[str, Any]:
    """Every recorded execution."""
    return {name: Reader(name).execution() for name in recordings.EXECUTIONS}


@cache
def written() -> dict[str, Any]:
    """What is written down."""
    found: dict[str, Any] = json.loads(FILE.read_bytes())
    return found


def right(name: str) -> dict[str, Any]:
    """What a reader of an execution should see."""
    return _shown(written()[name])


def _shown(part: dict[str, Any]) -> dict[str, Any]:
    shown = {
        key: part[key] for key in part.keys() - {"gone", "spec", "array", "cached", "items", "logs"}
    }
    if "gone" in part:
        # It never was: nothing declares it, or the node did not come so far.
        shown["inputs"] = shown["outputs"] = {}
    if part["phase"] not in ("SUCCEEDED", "RECOVERED"):
        shown["outputs"] = {}  # readers raise an error that says why
    if "nodes" in part:
        shown["nodes"] = {
            id: _shown(node) for id, node in part["nodes"].items() if not _is_left_over(node)
        }
    if "attempts" in part:
        shown["attempts"] = [_shown(attempt) for attempt in part["attempts"]]
        shown["executions"] = {id: _shown(each) for id, each in part["executions"].items()}
        shown["items"] = _items_of(part)
        if part["phase"] == "FAILED" and part["error"] is None and part["attempts"]:
            shown["error"] = part["attempts"][-1]["error"]
    return shown


def _items_of(node: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of an array node: its last attempt tells of them, or they are its nodes."""
    if node["attempts"]:
        return [{**item, "error": None} for item in node["attempts"][-1]["items"]]
    items = [
        {
            "index": int(child["spec"][1:]),
            "phase": child["phase"],
            "attempts": len(child["attempts"]),
            "error": child["error"],
            "logs": child["attempts"][-1]["logs"],
        }
        for child in node["nodes"].values()
        if node["array"] and not _is_left_over(child)
    ]
    return sorted(items, key=lambda item: item["index"])


def _is_left_over(node: dict[str, Any]) -> bool:
    """Whether an engine has announced it for an item of an array, and then used another one."""
    return not node["spec"] and node["phase"] == "QUEUED"


def is_boundary(node: dict[str, Any]) -> bool:
    """Whether a node as it is written is the start or the end of a workflow."""
    return node["spec"] in ("start-node", "end-node")


def write() -> str:
    """What ``plain.json`` should hold: an execution on each line."""
    lines = (
        f"{json.dumps(name)}: {json.dumps(execution, ensure_ascii=False, sort_keys=True)}"
        for name, execution in read_all().items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(write(), encoding="utf-8")
