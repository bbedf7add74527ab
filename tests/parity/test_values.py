"""Python values as literals: equal to what the installed flytekit writes, and read by it.

``python -m tests.parity.test_values`` records what it writes for tests that have no flytekit.
"""

from __future__ import annotations

import dataclasses
import json
from base64 import b64encode
from importlib.metadata import version
from typing import Any

import pytest
from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.type_engine import TypeEngine
from flytekit.types.directory import FlyteDirectory
from flytekit.types.file import FlyteFile
from flytekit.types.structured import StructuredDataset

from flytebind.models.core.literals import Literal
from flytebind.models.core.types import LiteralType
from flytebind.values import RemoteDirectory, RemoteFile, RemoteTable, to_literal, to_type
from tests.values.written import CASES, RECORDED, Kinds, recorded

VERSION = tuple(int(part) for part in version("flytekit").split(".")[:2])
NAME = "{}.{}".format(*VERSION)

THEIRS = Kinds(
    FlyteFile,
    FlyteDirectory,
    lambda uri, kind="": StructuredDataset(uri=uri, file_format=kind),
    FlyteFile,
    FlyteDirectory,
    StructuredDataset,
)
OURS = Kinds(
    RemoteFile,
    RemoteDirectory,
    RemoteTable,
    RemoteFile,
    RemoteDirectory,
    RemoteTable,
)
NAMES = [name for name, case in CASES.items() if case.since <= VERSION]


def type_of(name: str) -> Any:
    """flytekit's own model of the type of a case."""
    return TypeEngine.to_literal_type(CASES[name].hint(THEIRS))


def written(name: str) -> Literal:
    """What flytekit writes."""
    case = CASES[name]
    context = FlyteContextManager.current_context()
    literal = TypeEngine.to_literal(context, case.value(THEIRS), case.hint(THEIRS), type_of(name))
    return Literal.from_pb(literal.to_flyte_idl())


def read(literal: Literal, hint: Any) -> Any:
    """What flytekit reads."""
    from flytekit.models.literals import Literal as Theirs

    context = FlyteContextManager.current_context()
    return TypeEngine.to_python_value(context, Theirs.from_flyte_idl(literal.to_pb()), hint)


def comparable(value: Any) -> Any:
    """A value with where its files are in place of the files, which are equal to none."""
    if isinstance(value, (FlyteFile, FlyteDirectory)):
        return value.remote_source or str(value.path)
    if isinstance(value, StructuredDataset):
        return value.uri or value._literal_sd.uri
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, dict):
        return {key: comparable(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        return {
            each.name: comparable(getattr(value, each.name)) for each in dataclasses.fields(value)
        }
    return value


@pytest.mark.parametrize("name", NAMES)
def test_a_value_becomes_the_literal_that_flytekit_makes_of_it(name: str) -> None:
    declared = LiteralType.from_pb(type_of(name).to_flyte_idl())
    assert to_literal(CASES[name].value(OURS), declared) == written(name)


@pytest.mark.parametrize("name", [name for name in NAMES if "file" in name or "table" in name])
def test_flytekit_s_own_files_and_tables_are_taken(name: str) -> None:
    declared = LiteralType.from_pb(type_of(name).to_flyte_idl())
    assert to_literal(CASES[name].value(THEIRS), declared) == written(name)


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].reads])
def test_flytekit_reads_what_was_written(name: str) -> None:
    case = CASES[name]
    declared = LiteralType.from_pb(type_of(name).to_flyte_idl())
    got = read(to_literal(case.value(OURS), declared), case.hint(THEIRS))
    assert comparable(got) == comparable(case.value(THEIRS))


@pytest.mark.parametrize("name", NAMES)
def test_what_flytekit_writes_is_read(name: str) -> None:
    case = CASES[name]
    assert to_type(written(name), case.hint(OURS)) == case.value(OURS)


def test_what_is_recorded_is_what_flytekit_writes() -> None:
    now = {
        name: (LiteralType.from_pb(type_of(name).to_flyte_idl()), written(name)) for name in NAMES
    }
    assert recorded()[NAME] == now


def record() -> None:
    """Write down what the installed flytekit makes of all cases."""
    versions = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    versions[NAME] = {
        name: [
            b64encode(message.SerializeToString(deterministic=True)).decode()
            for message in (type_of(name).to_flyte_idl(), written(name).to_pb())
        ]
        for name in NAMES
    }
    text = json.dumps(versions, indent=1, sort_keys=True)
    RECORDED.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    record()
