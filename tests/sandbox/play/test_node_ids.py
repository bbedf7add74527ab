"""The ids of nodes, beside those that a real propeller has given."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode
from collections.abc import Iterator

from flyteidl.admin.node_execution_pb2 import NodeExecutionList, NodeExecutionListRequest

from flytebind.sandbox.play._events import node_id
from tests.sandbox.replay.recorded import RECORDED


def recorded() -> Iterator[tuple[str, str, str]]:
    """The id of each node below another one, its id in the workflow, and its parent's."""
    for file in (RECORDED / "executions").glob("*.jsonl.gz"):
        for call in map(json.loads, gzip.decompress(file.read_bytes()).splitlines()):
            if not call.get("method", "").endswith("/ListNodeExecutions"):
                continue
            request = NodeExecutionListRequest.FromString(b64decode(call["request"]))
            for node in NodeExecutionList.FromString(b64decode(call["response"])).node_executions:
                # What was announced for an item of an array has no place in a workflow.
                if request.unique_parent_id and node.metadata.spec_node_id:
                    yield node.id.node_id, node.metadata.spec_node_id, request.unique_parent_id


def test_ids_below_a_node_are_those_of_a_real_propeller() -> None:
    ids = {id: node_id(spec_id, parent) for id, spec_id, parent in recorded()}
    assert all(id == ours for id, ours in ids.items())
    assert {"f52erkjq", "n0-0-start-node"} <= ids.keys()  # with a hash, and without
