"""Deprecated parts of the IDL carry PEP 702's mark, and warn nobody at run time."""

from __future__ import annotations

import warnings

from flytebind.models.admin.agent import State
from flytebind.models.admin.common import AuthRole, UrlBlob
from flytebind.models.admin.execution import ExecutionClosure, ExecutionSpec
from flytebind.models.core.execution import WorkflowExecution


def mark(target: object) -> str | None:
    return getattr(target, "__deprecated__", None)


def test_fields_messages_and_enums_are_marked() -> None:
    outputs = vars(ExecutionClosure)["outputs"].fget
    assert mark(outputs) == "flyteidl.admin.ExecutionClosure.outputs is deprecated in the IDL"
    assert mark(UrlBlob) == "flyteidl.admin.UrlBlob is deprecated in the IDL"
    assert mark(State) == "flyteidl.admin.State is deprecated in the IDL"


def test_what_is_not_deprecated_is_not_marked() -> None:
    assert mark(vars(ExecutionClosure)["phase"].fget) is None
    assert mark(ExecutionSpec) is None


def test_nobody_is_warned() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        closure = ExecutionClosure(WorkflowExecution.Phase.ABORTED, None, None, abort_cause="x")
        assert closure.abort_cause == "x"
        assert UrlBlob.from_dict({"url": "s3://x"}).url == "s3://x"
        assert AuthRole.from_bytes(b"").is_empty
