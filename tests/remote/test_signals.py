"""Gates: what they wait for, and giving it to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flytebind.behaviour.filters import Equal
from flytebind.models.admin.signal import SignalGetOrCreateRequest
from flytebind.models.core.identifier import SignalIdentifier
from flytebind.models.core.literals import Literal, Primitive, Scalar
from flytebind.models.core.types import BlobType, LiteralType, SimpleType
from flytebind.remote import FlyteAssertion, FlyteInvalidInputError, FlyteValueError
from flytebind.sandbox import Sandbox
from flytebind.services.signal import SignalServiceClient
from tests.remote.conftest import Face
from tests.remote.scenes import gates, scripted
from tests.remote.scenes.gates import NUMBER, SIGN_OFF
from tests.remote.scenes.scene import NodePhase, WorkflowPhase


def until_signal(face: Face, execution: Any, signal: str) -> None:
    """Go on when a gate has come to wait for a signal."""
    while signal not in {each.id.signal_id for each in face.list_signals(execution)}:
        face.sync(execution)
        assert not execution.is_done


def values(face: Face, execution: Any) -> dict[str, object]:
    found = face.list_signals(execution)
    return {each.id.signal_id: each.value and each.value.scalar.primitive.value for each in found}


def test_an_execution_goes_on_when_its_gates_have_what_they_wait_for(
    sandbox: Sandbox, face: Face
) -> None:
    execution = face.fetch_execution(scripted.live_gate(sandbox).id.name)
    assert face.set_input("number", execution, 7) is None
    until_signal(face, execution, "sign-off")
    face.approve("sign-off", execution)
    face.wait(execution, timeout=60, poll_interval=0.02)
    assert dict(execution.outputs) == {"summary": "the result is 49"}
    assert execution.node_executions["n0"].outputs["o0"] == 7
    assert values(face, execution) == {"number": 7, "sign-off": True}


def test_a_rejection_fails_the_execution(sandbox: Sandbox, face: Face) -> None:
    execution = face.fetch_execution(scripted.live_gate(sandbox).id.name)
    face.set_input("number", execution, 7)
    until_signal(face, execution, "sign-off")
    face.reject("sign-off", execution)
    face.wait(execution, timeout=60, poll_interval=0.02)
    assert execution.phase is WorkflowPhase.FAILED
    assert execution.node_executions["n2"].phase is NodePhase.FAILED


def test_signals_are_listed_whether_they_are_set_or_not(sandbox: Sandbox, face: Face) -> None:
    scene = gates.waiting(sandbox)
    assert values(face, scene.id) == {NUMBER: None, SIGN_OFF: None}
    types = {each.id.signal_id: each.type.simple for each in face.list_signals(scene.id)}
    assert types == {NUMBER: SimpleType.INTEGER, SIGN_OFF: SimpleType.BOOLEAN}
    only = face.list_signals(scene.id.name, filters=[f"eq(signal_id,{NUMBER})"])
    assert [each.id.signal_id for each in only] == [NUMBER]
    assert face.list_signals(scene.id.name, filters=Equal("signal_id", NUMBER)) == only
    assert face.list_signals("nothing") == []


def test_a_value_can_be_a_literal(sandbox: Sandbox, face: Face) -> None:
    scene = gates.waiting(sandbox)
    literal = Literal(scalar=Scalar(primitive=Primitive(integer=9)))
    face.set_input(NUMBER, scene.id, literal)
    assert values(face, scene.id)[NUMBER] == 9


def test_a_file_that_a_gate_waits_for_is_uploaded(
    sandbox: Sandbox, face: Face, tmp_path: Path
) -> None:
    scene = gates.waiting(sandbox)
    id = SignalIdentifier(signal_id="rows", execution_id=scene.id)
    blob = LiteralType(blob=BlobType("", BlobType.BlobDimensionality.SINGLE))
    with sandbox.channel() as channel:
        SignalServiceClient(channel).get_or_create_signal(
            SignalGetOrCreateRequest(id=id, type=blob), timeout=20
        )
    (tmp_path / "rows.csv").write_text("1")
    face.set_input("rows", scene.id, tmp_path / "rows.csv")
    given = {each.id.signal_id: each.value for each in face.list_signals(scene.id)}["rows"]
    uri = given.scalar.blob.uri
    assert face.download(uri, tmp_path / "copy").read_text() == "1"
    with pytest.raises(FlyteValueError, match=r"^signal 'rows': there is no file '.*none'$"):
        face.set_input("rows", scene.id, tmp_path / "none")


@pytest.mark.parametrize("value", ["seven", 7.5, None, [7]])
def test_a_value_of_another_type_is_refused(sandbox: Sandbox, face: Face, value: object) -> None:
    scene = gates.waiting(sandbox)
    with pytest.raises(FlyteValueError, match=f"signal '{NUMBER}'"):
        face.set_input(NUMBER, scene.id, value)
    assert values(face, scene.id)[NUMBER] is None


def test_an_unknown_signal_is_an_error_that_names_those_there_are(
    sandbox: Sandbox, face: Face
) -> None:
    scene = gates.waiting(sandbox)
    with pytest.raises(FlyteAssertion, match=r"has no signal 'numbr' yet.*did you mean 'number'"):
        face.set_input("numbr", scene.id, 7)
    for verb in (face.approve, face.reject):
        with pytest.raises(FlyteInvalidInputError, match=f"SetSignal of .*{scene.id.name}/nothing"):
            verb("nothing", scene.id)


def test_a_value_that_was_given_can_be_given_again(sandbox: Sandbox, face: Face) -> None:
    scene = gates.waiting(sandbox)
    for value in (7, 8):
        face.set_input(NUMBER, scene.id, value)
    assert values(face, scene.id)[NUMBER] == 8
