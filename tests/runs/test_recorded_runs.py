"""Every recorded run is read as the SDK read it, by both faces."""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any

import pytest

from flytebind.models.core.literals import Literal
from flytebind.remote import FlyteAssertion
from flytebind.runs import FlyteAction, FlyteRun
from flytebind.values import RemoteDirectory, RemoteFile, RemoteTable
from tests.remote.conftest import Face
from tests.runs.recordings import RUNS, expected


def phase(action: FlyteAction) -> str:
    """Its name, as the SDK has it."""
    return action.phase.name.removeprefix("ACTION_PHASE_")


def plain(value: object) -> Any:
    """A value as ``expected.json`` has it."""
    match value:
        case RemoteFile():
            return {"File": value.uri}
        case RemoteDirectory():
            return {"Dir": value.uri}
        case RemoteTable():
            return {"DataFrame": value.uri, "format": value.format}
        case float():
            return {"float": repr(value)}
        case datetime():
            return {"datetime": value.isoformat()}
        case timedelta():
            return {"timedelta_s": value.total_seconds()}
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
    return value


def told(value: Any) -> Any:
    """What ``expected.json`` has, without the classes that only the program knows."""
    match value:
        case {"object": inner}:
            return told(inner)
        case {"enum": text, "name": _}:
            return text
        case dict():
            return {key: told(each) for key, each in value.items()}
        case list():
            return [told(each) for each in value]
    return value


@pytest.fixture(params=RUNS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each recorded run."""
    kind: str = request.param
    return kind


def test_a_recorded_run_reads_as_the_sdk_has_it(kind: str, face: Face) -> None:
    wanted = expected()[kind]
    run: FlyteRun = face.fetch_run(wanted["run"])
    assert face.sync(run, actions=True) is run
    face.load(run)
    compare_run(run, wanted)
    compare_data(run, wanted)
    compare_actions(run, wanted)


def compare_run(run: FlyteRun, wanted: dict[str, Any]) -> None:
    assert (run.name, phase(run), run.is_done) == (wanted["run"], wanted["phase"], wanted["done"])
    assert run.title == wanted["task"]
    assert run.is_successful is (wanted["phase"] == "SUCCEEDED")
    assert run.duration == timedelta(seconds=wanted["runtime_s"])
    assert run.url is not None
    assert run.url.partition("/v2/")[2] == wanted["url"].partition("/v2/")[2]
    assert len(run.attempts) == wanted["attempts"]
    error = run.error
    assert wanted["error"] == (
        None if error is None else {"kind": f"KIND_{error.kind.name}", "message": error.message}
    )
    assert wanted["abort"] == (None if run.abort_reason is None else {"reason": run.abort_reason})
    assert [
        [
            each.phase.name.removeprefix("ACTION_PHASE_"),
            each.start_time and each.start_time.isoformat(),
            each.end_time and each.end_time.isoformat(),
        ]
        for each in run.attempts[-1].phase_transitions
    ] == wanted["phase_transitions"]


def compare_data(run: FlyteRun, wanted: dict[str, Any]) -> None:
    assert {name: plain(value) for name, value in run.inputs.items()} == told(wanted["inputs"])
    if not run.is_successful:
        with pytest.raises(FlyteAssertion, match="has no outputs"):
            _ = run.outputs
        return
    # By their right names; beyond ten the SDK has others.
    assert dict(run.outputs.literals) == {
        name: Literal.from_bytes(b64decode(data))
        for name, data in wanted["output_literals"].items()
    }
    if wanted["output_literals"]:
        outputs = {name: plain(value) for name, value in run.outputs.items()}
        assert outputs == told(wanted["outputs"])


def compare_actions(run: FlyteRun, wanted: dict[str, Any]) -> None:
    actions = list(run.actions.values())
    assert actions[0].name == "a0"
    assert sorted(
        (
            each.name,
            each.parent,
            each.group,
            phase(each),
            each.kind,
            each.task_id and each.task_id.name,
        )
        for each in actions
    ) == sorted(
        (each["name"], each["parent"], each["group"], each["phase"], each["kind"], each["task"])
        for each in wanted["actions"]
    )
