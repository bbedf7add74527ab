"""``flytebind execution start``, ``relaunch`` and ``recover``, and how inputs are read."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from flytebind.cli._exits import CommandError
from flytebind.cli._inputs import given_inputs, typed
from flytebind.models.core.types import (
    BlobType,
    EnumType,
    LiteralType,
    SimpleType,
    StructuredDatasetType,
    UnionType,
)
from flytebind.sandbox import Sandbox
from tests.cli.conftest import Run
from tests.remote.scenes.scene import Scene

INTEGER, FLOAT, TEXT, FLAG, MOMENT, LENGTH, STRUCT, NONE = (
    LiteralType(simple=simple)
    for simple in (
        SimpleType.INTEGER,
        SimpleType.FLOAT,
        SimpleType.STRING,
        SimpleType.BOOLEAN,
        SimpleType.DATETIME,
        SimpleType.DURATION,
        SimpleType.STRUCT,
        SimpleType.NONE,
    )
)
FILE = LiteralType(blob=BlobType("", BlobType.BlobDimensionality.SINGLE))
FOLDER = LiteralType(blob=BlobType("", BlobType.BlobDimensionality.MULTIPART))
TABLE = LiteralType(structured_dataset_type=StructuredDatasetType())
COLOUR = LiteralType(enum_type=EnumType(["red", "green"]))
INTEGERS = LiteralType(collection_type=INTEGER)
LENGTHS = LiteralType(map_value_type=LENGTH)
MAYBE = LiteralType(union_type=UnionType([TEXT, INTEGER, NONE]))


@pytest.mark.parametrize(
    ("literal_type", "text", "value"),
    [
        (INTEGER, "3", 3),
        (INTEGER, "-3", -3),
        (FLOAT, "3", 3.0),
        (FLOAT, "1e-3", 0.001),
        (FLOAT, "inf", float("inf")),
        (FLAG, "true", True),
        (TEXT, "3", "3"),
        (TEXT, "", ""),
        (TEXT, "--x", "--x"),
        (MOMENT, "2026-01-31", datetime(2026, 1, 31, tzinfo=timezone.utc)),
        (MOMENT, "2026-01-31T09:30:00Z", datetime(2026, 1, 31, 9, 30, tzinfo=timezone.utc)),
        (LENGTH, "90", timedelta(seconds=90)),
        (LENGTH, "1h30m", timedelta(minutes=90)),
        (FILE, "data.csv", Path("data.csv")),
        (FILE, "s3://bucket/data.csv", "s3://bucket/data.csv"),
        (FOLDER, "data", Path("data")),
        (FOLDER, '["a.csv", "b.csv"]', [Path("a.csv"), Path("b.csv")]),
        (TABLE, "rows.parquet", Path("rows.parquet")),
        (COLOUR, "red", "red"),
        (STRUCT, '{"a": [1, null]}', {"a": [1, None]}),
        (INTEGERS, "[1, 2]", [1, 2]),
        (LENGTHS, '{"a": "2m"}', {"a": timedelta(minutes=2)}),
        (MAYBE, "3", 3),
        (MAYBE, "null", None),
        (MAYBE, "three", "three"),
    ],
)
def test_a_word_is_read_as_its_type_wants_it(
    literal_type: LiteralType, text: str, value: object
) -> None:
    read = typed(given_inputs([f"--x={text}"], None), {"x": literal_type})["x"]
    assert read == value
    assert type(read) is type(value) or isinstance(value, (str, Path))


@pytest.mark.parametrize(
    ("literal_type", "text", "what"),
    [
        (INTEGER, "3.5", "a whole number"),
        (INTEGER, "true", "a whole number"),
        (INTEGER, "three", "a whole number"),
        (FLOAT, "much", "a number"),
        (FLAG, "yes", "true or false"),
        (MOMENT, "tomorrow", "a time such as"),
        (LENGTH, "soon", "a length of time such as"),
        (LENGTH, "", "a length of time such as"),
        (INTEGERS, "1", "a JSON list"),
        (INTEGERS, "[1, 'x']", "JSON"),
        (LENGTHS, "[]", "a JSON object"),
        (STRUCT, "{", "JSON"),
        (NONE, "x", "null"),
        (FOLDER, "[1", "JSON"),
    ],
)
def test_what_is_no_value_of_the_type_is_refused_by_name(
    literal_type: LiteralType, text: str, what: str
) -> None:
    with pytest.raises(CommandError, match=rf"^--x: (['\"]).*\1 is not {what}"):
        typed(given_inputs(["--x", text], None), {"x": literal_type})


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["3"], "'3' belongs to no input"),
        (["--x"], "--x wants a value"),
        (["--x", "1", "y"], "'y' belongs to no input"),
    ],
)
def test_words_that_are_no_inputs_are_refused(words: list[str], what: str) -> None:
    with pytest.raises(CommandError, match=what):
        given_inputs(words, None)


@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_inputs_come_from_a_file_and_the_command_line_wins(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"inputs.{suffix}"
    file.write_text('{"x": 1, "y": 2}' if suffix == "json" else "x: 1\ny: 2\n")
    given = given_inputs(["--y", "3"], str(file))
    assert typed(given, {"x": INTEGER, "y": INTEGER}) == {"x": 1, "y": 3}


@pytest.mark.parametrize("text", ["[1]", "a: [", "1: 2"])
def test_a_file_without_inputs_by_name_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "inputs.yaml"
    file.write_text(text)
    with pytest.raises(CommandError, match=r"inputs\.yaml"):
        given_inputs([], str(file))


def test_start_runs_a_launch_plan_with_inputs(
    flytebind: Run, sandbox: Sandbox, dynamic: Scene
) -> None:
    plan = flytebind("execution", "get", dynamic.id.name, "--json").json["spec"]["launchPlan"]
    started = flytebind(
        *("execution", "start", plan["name"], "--version", plan["version"], "--width", "2"),
        *("-o", "name"),
    )
    assert (started.code, started.err) == (0, "")
    name = started.out.strip()
    assert flytebind("execution", "inputs", name, "--json").json == {"width": 2}


def test_start_names_the_input_that_is_not_there(flytebind: Run, dynamic: Scene) -> None:
    plan = flytebind("execution", "get", dynamic.id.name, "--json").json["spec"]["launchPlan"]
    done = flytebind("execution", "start", plan["name"], "--widht", "2")
    assert done.code == 2
    assert "there is no input 'widht'; did you mean 'width'?" in done.err


def test_relaunch_runs_the_same_again_and_waits(flytebind: Run, dynamic: Scene) -> None:
    done = flytebind("execution", "relaunch", dynamic.id.name, "--wait", "--json", "-q")
    assert done.code == 0
    again = json.loads(done.out)
    assert again["id"]["name"] != dynamic.id.name
    inputs = flytebind("execution", "inputs", again["id"]["name"], "--json").json
    assert inputs == dynamic.inputs


def test_waiting_for_what_was_started_has_an_end(flytebind: Run, dynamic: Scene) -> None:
    done = flytebind("execution", "relaunch", dynamic.id.name, "--wait", "--timeout", "0")
    assert done.code == 3
    assert " is still " in done.err.splitlines()[-1]


@pytest.mark.parametrize(
    "command",
    ["execution start x", "execution relaunch x", "execution recover x", "run rerun x"],
)
def test_a_timeout_goes_with_wait(flytebind: Run, command: str) -> None:
    done = flytebind(*command.split(), "--timeout", "60")
    assert done.code == 2
    assert done.err.endswith("--timeout is how long to --wait: give both\n")


def test_recover_starts_a_new_execution(flytebind: Run, failure: Scene) -> None:
    done = flytebind("execution", "recover", failure.id.name, "-o", "name")
    assert done.code == 0
    assert done.out.strip() != failure.id.name
