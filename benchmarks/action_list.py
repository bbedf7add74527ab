"""Read and make a thousand actions of a run of Flyte 2."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from flyteidl2.common import identifier_pb2, phase_pb2
from flyteidl2.workflow import run_definition_pb2, run_service_pb2

from benchmarks.benchmark import FLYTEBIND, RAW
from benchmarks.contest import Contest, Job

UTC = timezone.utc
NAMES = [f"a{number}" for number in range(1000)]
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STARTS = [START + timedelta(seconds=number) for number in range(1000)]

Rows: TypeAlias = list[tuple[str, int, datetime | None]]


def packed() -> bytes:
    """The page, made with protobuf's own classes."""
    run = identifier_pb2.RunIdentifier(org="acme", project="trains", domain="development", name="r")
    actions = []
    for name, started in zip(NAMES, STARTS, strict=True):
        action = run_definition_pb2.Action(
            id=identifier_pb2.ActionIdentifier(run=run, name=name),
            metadata=run_definition_pb2.ActionMetadata(parent="a0", group="rounds"),
            status=run_definition_pb2.ActionStatus(
                phase=phase_pb2.ACTION_PHASE_SUCCEEDED, attempts=1
            ),
        )
        action.status.start_time.FromDatetime(started)
        actions.append(action)
    return run_service_pb2.ListActionsResponse(actions=actions).SerializeToString()


def raw_build() -> Job:
    return packed


def flytebind_build() -> Job:
    from flytebind.v2.models.common.identifier import ActionIdentifier, RunIdentifier
    from flytebind.v2.models.common.phase import ActionPhase
    from flytebind.v2.models.workflow.run_definition import Action, ActionMetadata, ActionStatus
    from flytebind.v2.models.workflow.run_service import ListActionsResponse

    def job() -> bytes:
        run = RunIdentifier("trains", "development", "r", org="acme")
        actions = [
            Action(
                id=ActionIdentifier(run, name),
                metadata=ActionMetadata(parent="a0", group="rounds"),
                status=ActionStatus(phase=ActionPhase.SUCCEEDED, attempts=1, start_time=started),
            )
            for name, started in zip(NAMES, STARTS, strict=True)
        ]
        return ListActionsResponse(actions=actions).to_bytes()

    return job


def raw_read() -> Job:
    data = packed()

    def job() -> Rows:
        return [
            (
                action.id.name,
                action.status.phase,
                action.status.start_time.ToDatetime(tzinfo=UTC),
            )
            for action in run_service_pb2.ListActionsResponse.FromString(data).actions
        ]

    return job


def flytebind_read() -> Job:
    from flytebind.v2.models.workflow.run_service import ListActionsResponse

    data = packed()

    def job() -> Rows:
        return [
            (action.id.name, action.status.phase, action.status.start_time)
            for action in ListActionsResponse.from_bytes(data).actions
        ]

    return job


ACTION_LIST = Contest({RAW: raw_read, FLYTEBIND: flytebind_read})
ACTION_BUILD = Contest({RAW: raw_build, FLYTEBIND: flytebind_build})
