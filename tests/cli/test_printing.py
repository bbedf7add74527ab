"""Values as JSON and for people."""

from __future__ import annotations

import enum
import json
import math
import sys
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import PurePosixPath

import pytest

from flytebind.cli._executions import print_change, said_to_go_on
from flytebind.cli._exits import CommandError
from flytebind.cli._options import Call
from flytebind.cli._printing import print_json, print_values
from flytebind.looks._displays import Lines
from flytebind.models.admin.execution import Execution
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.models.core.literals import Literal, Scalar
from flytebind.remote import Change, FlyteWorkflowExecution
from flytebind.values._handles import RemoteFile, RemotePickle, RemoteTable


class Colour(enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    ONE = 1


@dataclass
class Point:
    x: int
    when: datetime


NOON = datetime(2026, 1, 2, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (2**63, 2**63),
        (0.5, 0.5),
        (math.nan, "NaN"),
        (math.inf, "Infinity"),
        (-math.inf, "-Infinity"),
        ("größe", "größe"),
        (NOON, "2026-01-02T12:00:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (timedelta(minutes=1), 60.0),
        (b"\x00\xff", "AP8="),
        ((1, [2]), [1, [2]]),
        ({3}, [3]),
        ({1: "a", NOON: "b", (1, 2): "c"}, {"1": "a", NOON.isoformat(): "b", "[1, 2]": "c"}),
        (Colour.RED, "red"),
        (Number.ONE, "ONE"),
        (Point(1, NOON), {"x": 1, "when": NOON.isoformat()}),
        (RemoteFile("s3://b/k", "csv"), {"uri": "s3://b/k", "format": "csv"}),
        (RemotePickle("s3://b/k"), {"uri": "s3://b/k"}),
        (RemoteTable("s3://b/k"), {"uri": "s3://b/k", "format": "", "columns": []}),
        (
            WorkflowExecutionIdentifier("p", "d", "n"),
            {"project": "p", "domain": "d", "name": "n"},
        ),
        (PurePosixPath("/a/b"), "/a/b"),
        (1j, "1j"),
    ],
)
def test_every_value_has_a_form_in_json(
    value: object, expected: object, capsys: pytest.CaptureFixture[str]
) -> None:
    print_json(value)
    assert json.loads(capsys.readouterr().out) == expected


def test_a_model_that_json_cannot_hold_is_refused() -> None:
    literal = Literal(scalar=Scalar(generic={"x": math.nan}))
    with pytest.raises(CommandError, match="there is no JSON for that: Literal"):
        print_json(literal)


def test_a_document_may_be_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": [1, 2], "b": "\n"}, on_one_line=True)
    assert capsys.readouterr().out == '{"a": [1, 2], "b": "\\n"}\n'


def test_values_of_many_lines_are_indented(capsys: pytest.CaptureFixture[str]) -> None:
    print_values({"n": 1, "rows": ["a" * 50, "b" * 50]})
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == "n = 1"
    assert second.index("'") == third.index("'")


def test_texts_cannot_command_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_values({"o0": "\x1b[2J"})
    assert "\x1b" not in capsys.readouterr().out


def test_a_hostile_name_stays_text_whoever_tells_it(capsys: pytest.CaptureFixture[str]) -> None:
    name = "\x1b]8;;https://evil.example\x07\x1b[2J"
    model = Execution.from_dict({"id": {"name": name}, "closure": {"phase": "RUNNING"}})
    execution = FlyteWorkflowExecution.promote_from_model(model)
    Lines(sys.stderr).update(execution.snapshot())
    print_change(Call(), Change(execution, None, None, execution.phase))
    with pytest.raises(KeyboardInterrupt), said_to_go_on(execution):
        raise KeyboardInterrupt
    out, err = capsys.readouterr()
    assert "RUNNING" in out
    assert "RUNNING" in err
    assert "goes on" in err
    assert not {"\x1b", "\x07"} & {*out, *err}
