"""What every model does, shown on a few of them."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from datetime import datetime, timedelta, timezone

import pytest
from flyteidl.admin import execution_pb2
from flyteidl.core import identifier_pb2, literals_pb2

from flytebind.models.admin.execution import ExecutionClosure
from flytebind.models.core.execution import ExecutionError, WorkflowExecution
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar, Void

RUNNING = WorkflowExecution.Phase.RUNNING


def identifier(name: str = "wf") -> Identifier:
    return Identifier(ResourceType.WORKFLOW, "flytesnacks", "development", name, "v1")


def literal(value: int) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(integer=value)))


def unknown_field(number: int) -> bytes:
    """The bytes of a varint field that no message knows."""
    return bytes([(number << 3) & 0x7F | 0x80, number >> 4, 1])


class TestOwnership:
    def test_a_change_to_the_message_that_came_in_changes_no_model(self) -> None:
        pb = identifier_pb2.Identifier(name="before")
        model = Identifier.from_flyte_idl(pb)
        pb.name = "after"
        assert model.name == "before"

    def test_a_change_to_the_message_that_went_out_changes_no_model(self) -> None:
        model = identifier("before")
        model.to_flyte_idl().name = "after"
        assert model.name == "before"

    def test_a_change_to_what_a_constructor_was_given_changes_no_model(self) -> None:
        entries = {"a": literal(1)}
        model = LiteralMap(literals=entries)
        entries["b"] = literal(2)
        assert list(model.literals) == ["a"]

    def test_a_copy_of_a_part_lets_go_of_the_whole(self) -> None:
        whole = LiteralMap(literals={"a": literal(1)})
        owner = weakref.ref(whole)
        part = copy.copy(whole.literals["a"])
        del whole
        gc.collect()
        assert owner() is None
        assert part == literal(1)

    def test_a_message_of_another_kind_is_refused_by_name(self) -> None:
        with pytest.raises(TypeError, match=r"Identifier is made of flyteidl\.core\.Identifier"):
            Identifier.from_flyte_idl(execution_pb2.Execution())  # type: ignore[arg-type]


class TestImmutability:
    def test_a_property_cannot_be_assigned(self) -> None:
        with pytest.raises(AttributeError, match="name"):
            identifier().name = "other"  # type: ignore[misc]

    def test_an_unknown_attribute_cannot_be_assigned(self) -> None:
        with pytest.raises(AttributeError, match="nmae"):
            identifier().nmae = "other"  # type: ignore[attr-defined]


class TestEquality:
    def test_models_of_equal_messages_are_equal_and_hash_alike(self) -> None:
        assert identifier() == identifier()
        assert hash(identifier()) == hash(identifier())
        assert len({identifier(), identifier(), identifier("other")}) == 2

    def test_another_kind_of_message_is_never_equal(self) -> None:
        assert Void() != Literal()
        assert Void() != object()

    def test_minus_zero_hashes_like_zero(self) -> None:
        # Whether the two are equal is up to the version of protobuf; the hash suits either answer.
        assert hash(Primitive(float_value=-0.0)) == hash(Primitive(float_value=0.0))

    def test_unknown_fields_in_another_order_hash_alike(self) -> None:
        first, second = unknown_field(1000), unknown_field(1001)
        one, other = Void.from_bytes(first + second), Void.from_bytes(second + first)
        assert one == other
        assert hash(one) == hash(other)

    def test_unknown_fields_count_in_equality(self) -> None:
        assert Void.from_bytes(unknown_field(1000)) != Void()

    def test_a_model_with_nan_hashes_the_same_each_time(self) -> None:
        model = Primitive(float_value=float("nan"))
        assert hash(model) == hash(model)

    def test_map_entries_hash_alike_in_any_order(self) -> None:
        forwards = LiteralMap(literals={"a": literal(1), "b": literal(2)})
        backwards = LiteralMap(literals={"b": literal(2), "a": literal(1)})
        assert hash(forwards) == hash(backwards)


class TestCopies:
    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_pickle_keeps_everything(self, protocol: int) -> None:
        model = Identifier.from_bytes(identifier().to_bytes() + unknown_field(1000))
        again = pickle.loads(pickle.dumps(model, protocol))
        assert again == model
        assert type(again) is Identifier

    def test_copy_and_deepcopy_are_equal_and_independent(self) -> None:
        model = identifier()
        for twin in (copy.copy(model), copy.deepcopy(model)):
            assert twin == model
            assert twin._pb is not model._pb


class TestReplace:
    def test_the_rest_is_kept_unknown_fields_too(self) -> None:
        model = Identifier.from_bytes(identifier().to_bytes() + unknown_field(1000))
        changed = model.replace(name="other")
        assert (changed.name, changed.project) == ("other", "flytesnacks")
        assert changed.to_bytes().endswith(unknown_field(1000))
        assert model.name == "wf"

    def test_none_clears_a_field(self) -> None:
        closure = ExecutionClosure(RUNNING, datetime.now(timezone.utc), None)
        assert closure.replace(started_at=None).started_at is None

    def test_a_member_of_a_oneof_takes_the_place_of_the_other(self) -> None:
        error = ExecutionError("code", "message", "", ExecutionError.ErrorKind.USER)
        closure = ExecutionClosure(RUNNING, None, None, abort_cause="stop")
        changed = closure.replace(error=error)
        assert changed.error == error
        assert changed.abort_cause is None

    def test_a_repeated_field_and_a_map_are_replaced_whole(self) -> None:
        model = LiteralMap(literals={"a": literal(1)})
        assert dict(model.replace(literals={"b": literal(2)}).literals) == {"b": literal(2)}

    def test_nanoseconds_of_other_fields_survive(self) -> None:
        pb = execution_pb2.ExecutionClosure()
        pb.started_at.nanos = 1
        changed = ExecutionClosure.from_flyte_idl(pb).replace(duration=timedelta(seconds=1))
        assert changed.to_flyte_idl().started_at.nanos == 1

    def test_a_misspelt_field_is_named_with_its_neighbour(self) -> None:
        with pytest.raises(TypeError, match=r"no field 'nmae'; did you mean 'name'\?"):
            identifier().replace(nmae="x")  # type: ignore[call-arg]

    def test_a_wrong_type_is_explained(self) -> None:
        with pytest.raises(TypeError, match=r"Identifier\.name must be str, not int \(3\)"):
            identifier().replace(name=3)  # type: ignore[arg-type]

    def test_copy_replace_uses_it(self) -> None:
        assert identifier().__replace__(name="x") == identifier("x")


class TestMatching:
    def test_attributes_match(self) -> None:
        match literal(3):
            case Literal(scalar=Scalar(primitive=Primitive(integer=int(value)))):
                assert value == 3
            case _:
                pytest.fail("no match")

    def test_positional_patterns_follow_the_constructor(self) -> None:
        match identifier():
            case Identifier(ResourceType.WORKFLOW, project):
                assert project == "flytesnacks"
            case _:
                pytest.fail("no match")


class TestOneofs:
    def test_the_member_that_is_set(self) -> None:
        assert literal(3).value == Scalar(primitive=Primitive(integer=3))
        assert literal(3).which_value == ("scalar", Scalar(primitive=Primitive(integer=3)))

    def test_nothing_is_set(self) -> None:
        assert Literal().value is None
        assert Literal().which_value is None

    def test_a_falsy_member_is_still_set(self) -> None:
        assert Primitive(integer=0).which_value == ("integer", 0)
        assert Primitive(boolean=False).value is False


class TestBytesAndJson:
    def test_bytes_that_are_no_message_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"Identifier: not a flyteidl\.core\.Identifier"):
            Identifier.from_bytes(b"\xff\xff")

    def test_json_round_trip(self) -> None:
        assert Identifier.from_json(identifier().to_json()) == identifier()

    def test_json_takes_both_spellings_of_a_name(self) -> None:
        closure = ExecutionClosure(RUNNING, datetime(2026, 1, 2, tzinfo=timezone.utc), None)
        assert closure.to_dict() == {"phase": "RUNNING", "startedAt": "2026-01-02T00:00:00Z"}
        spelled = closure.to_dict(proto_names=True)
        assert spelled == {"phase": "RUNNING", "started_at": "2026-01-02T00:00:00Z"}
        assert ExecutionClosure.from_dict(closure.to_dict()) == closure
        assert ExecutionClosure.from_dict(spelled) == closure

    @pytest.mark.parametrize("text", ["[]", "{", '{"nmae": "x"}', '{"name": 3}'])
    def test_json_that_does_not_fit_is_a_value_error(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"Identifier|Expecting"):
            Identifier.from_json(text)

    def test_unknown_json_fields_can_be_ignored(self) -> None:
        data = '{"name": "x", "added": 1}'
        assert Identifier.from_json(data, ignore_unknown_fields=True).name == "x"


class TestEmptiness:
    def test_a_new_message_is_empty(self) -> None:
        assert Literal().is_empty
        assert Identifier.from_flyte_idl(identifier_pb2.Identifier()).is_empty

    def test_a_present_empty_part_is_not_empty(self) -> None:
        assert not Literal(scalar=Scalar()).is_empty

    def test_unknown_fields_count(self) -> None:
        assert not Void.from_bytes(unknown_field(1000)).is_empty


def test_a_required_model_that_is_absent_reads_as_the_empty_one() -> None:
    from flytebind.models.execution import Execution

    execution = Execution.from_flyte_idl(execution_pb2.Execution())
    assert execution.closure.is_empty
    assert execution.closure.started_at is None


def test_nothing_appears_in_a_map_by_looking_for_it() -> None:
    model = LiteralMap.from_flyte_idl(literals_pb2.LiteralMap())
    assert "a" not in model.literals
    assert model.literals.get("a") is None
    with pytest.raises(KeyError):
        model.literals["a"]
    assert model.is_empty


def test_json_of_the_wrong_shape_is_a_value_error_whatever_protobuf_makes_of_it() -> None:
    from flytebind.models.admin.launch_plan import LaunchPlanMetadata

    with pytest.raises(ValueError, match="LaunchPlanMetadata"):
        LaunchPlanMetadata.from_dict({"launchConditions": {"@type": 5}})
