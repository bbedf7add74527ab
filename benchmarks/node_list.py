"""Read a page of a thousand node executions, as a remote that syncs a workflow does."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TypeAlias

from flyteidl.admin import node_execution_pb2

from benchmarks.benchmark import FLYTEBIND, RAW
from benchmarks.contest import Contest, Job, check_wire
from benchmarks.samples import node_execution_list

DATA = node_execution_list(1000).SerializeToString()

Rows: TypeAlias = list[tuple[str, int, datetime | None]]


def raw() -> Job:
    utc = timezone.utc

    def job() -> Rows:
        return [
            (node.id.node_id, node.closure.phase, node.closure.started_at.ToDatetime(tzinfo=utc))
            for node in node_execution_pb2.NodeExecutionList.FromString(DATA).node_executions
        ]

    return job


def flytebind() -> Job:
    from flytebind.models.admin.node_execution import NodeExecutionList

    def job() -> Rows:
        return [
            (node.id.node_id, node.closure.phase, node.closure.started_at)
            for node in NodeExecutionList.from_bytes(DATA).node_executions
        ]

    return job


def flytekit() -> Job:
    from flytekit.models.node_execution import NodeExecution

    def job() -> Rows:
        # flytekit has no model of the page; its client does this.
        page = node_execution_pb2.NodeExecutionList.FromString(DATA)
        return [
            (node.id.node_id, node.closure.phase, node.closure.started_at)
            for node in map(NodeExecution.from_flyte_idl, page.node_executions)
        ]

    return job


def betterproto2() -> Job:
    from benchmarks.betterproto2_messages import NodeExecutionList

    check_wire(node_execution_pb2.NodeExecutionList, DATA, bytes(NodeExecutionList.parse(DATA)))

    def job() -> Rows:
        return [
            (node.id.node_id, node.closure.phase, node.closure.started_at)
            for node in NodeExecutionList.parse(DATA).node_executions
        ]

    return job


def proto_plus() -> Job:
    from benchmarks.proto_plus_messages import NodeExecutionList

    written = NodeExecutionList.serialize(NodeExecutionList.deserialize(DATA))
    check_wire(node_execution_pb2.NodeExecutionList, DATA, written)

    def job() -> Rows:
        return [
            (node.id.node_id, node.closure.phase, node.closure.started_at)
            for node in NodeExecutionList.deserialize(DATA).node_executions
        ]

    return job


NODE_LIST = Contest(
    {
        RAW: raw,
        FLYTEBIND: flytebind,
        "flytekit": flytekit,
        "betterproto2": betterproto2,
        "proto-plus": proto_plus,
    }
)
