"""Enums that keep what they do not know."""

from __future__ import annotations

import copy
import json
import pickle
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from flyteidl.admin import execution_pb2

from flytebind.models.admin.execution import ExecutionClosure
from flytebind.models.core.execution import WorkflowExecution

Phase = WorkflowExecution.Phase


def test_a_known_number_is_the_member() -> None:
    assert Phase.from_number(4) is Phase.SUCCEEDED
    assert Phase(4) is Phase.SUCCEEDED


@pytest.mark.parametrize("number", [17, -3, 2**31 - 1, -(2**31)])
def test_an_unknown_number_goes_through(number: int) -> None:
    pb = execution_pb2.ExecutionClosure(phase=number)
    model = ExecutionClosure.from_flyte_idl(pb)
    assert model.phase == number
    assert not model.phase.is_recognized
    assert ExecutionClosure(model.phase, None, None).to_flyte_idl() == pb


def test_an_unknown_number_has_a_name_and_a_repr() -> None:
    assert Phase(17).name == "UNRECOGNIZED_17"
    assert Phase(-17).name == "UNRECOGNIZED_MINUS_17"
    assert repr(Phase(17)) == "WorkflowExecutionPhase(17)"
    assert repr(Phase.RUNNING) == "WorkflowExecutionPhase.RUNNING"


def test_an_unknown_number_is_no_member() -> None:
    Phase(18)
    assert "UNRECOGNIZED_18" not in Phase.__members__
    assert 18 not in [member.value for member in Phase]


def test_one_number_is_one_object_whoever_asks_first() -> None:
    numbers = random.Random(7).sample(range(10_000, 20_000), 200)
    with ThreadPoolExecutor(8) as pool:
        seen = [list(pool.map(Phase.from_number, [number] * 16)) for number in numbers]
    assert all(len(set(map(id, members))) == 1 for members in seen)


@pytest.mark.parametrize("number", [4, 19])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_and_copy_give_the_same_object(number: int, protocol: int) -> None:
    member = Phase(number)
    assert pickle.loads(pickle.dumps(member, protocol)) is member
    assert copy.copy(member) is member
    assert copy.deepcopy(member) is member


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, "RUNNING", 4.5, None])
def test_what_no_enum_field_can_hold_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a valid"):
        Phase(value)  # type: ignore[arg-type]


def test_an_enum_member_prints_as_its_name_on_every_python(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print(Phase.RUNNING, Phase(17))
    assert capsys.readouterr().out == "RUNNING UNRECOGNIZED_17\n"
    assert f"{Phase.RUNNING} {Phase.RUNNING!s}" == "RUNNING RUNNING"
    assert f"{Phase.RUNNING:>9}|{Phase.RUNNING:<9}|{Phase.RUNNING:.3s}" == "  RUNNING|RUNNING  |RUN"


def test_where_a_number_is_asked_for_it_is_its_number() -> None:
    assert f"{Phase.RUNNING:d} {Phase.RUNNING:02d} {Phase.RUNNING:x}" == "2 02 2"
    assert f"{Phase.RUNNING:.1f} {Phase.RUNNING:.0%}" == "2.0 200%"
    assert (int(Phase.RUNNING), Phase.RUNNING + 1) == (2, 3)
    assert json.dumps([Phase.RUNNING]) == "[2]"
    assert json.dumps({Phase.RUNNING: 0}) == '{"2": 0}'


def test_the_member_that_type_checkers_see_does_not_exist() -> None:
    assert not hasattr(Phase, "_UNRECOGNIZED")
