"""What flytekits have written, and read of ours, is what is written and read here."""

from __future__ import annotations

import pytest

from flytebind.values import RemoteDirectory, RemoteFile, RemoteTable, to_literal, to_type
from tests.values.written import CASES, Kinds, recorded
from tools.flytekits import OLD

OURS = Kinds(RemoteFile, RemoteDirectory, RemoteTable, RemoteFile, RemoteDirectory, RemoteTable)
RECORDED = recorded()
EACH = [(version, name) for version, cases in RECORDED.items() for name in cases]


def test_there_are_records_of_flytekits_on_both_sides_of_messagepack() -> None:
    assert sorted(RECORDED) == ["1.13", "1.16"]
    assert OLD.startswith("1.13.")  # the one that `make matrix` lets read
    new, old = RECORDED["1.16"], RECORDED["1.13"]
    assert set(new) == set(CASES)
    assert set(old) == {name for name, case in CASES.items() if case.since <= (1, 13)}
    assert new["dataclass"][1].scalar is not None
    assert new["dataclass"][1].scalar.binary is not None
    assert old["dataclass"][1].scalar is not None
    assert old["dataclass"][1].scalar.generic is not None


@pytest.mark.parametrize(("version", "name"), EACH)
def test_a_value_is_written_as_the_flytekit_of_its_task_writes_it(version: str, name: str) -> None:
    declared, literal = RECORDED[version][name]
    assert to_literal(CASES[name].value(OURS), declared) == literal


@pytest.mark.parametrize(("version", "name"), EACH)
def test_what_a_flytekit_wrote_is_read_as_the_value(version: str, name: str) -> None:
    _, literal = RECORDED[version][name]
    case = CASES[name]
    assert to_type(literal, case.hint(OURS)) == case.value(OURS)
