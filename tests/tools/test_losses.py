"""What counts as exact, lossy and raising, with classes that are known to be one of them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import flyteidl
import pytest
from flyteidl.core import identifier_pb2, literals_pb2
from flyteidl.plugins import array_job_pb2
from google.protobuf import json_format
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from tests.support.fill import add_unknown_fields
from tests.support.messages import MODEL_CLASSES, ModelClass, every_model, plain_fields, walk
from tests.support.whole import whole_fillings
from tools import losses
from tools.losses import Finding, Outcome


class Exact:
    """Keeps a message as it is; the other classes go wrong in one way each."""

    def __init__(self, pb: Any) -> None:
        self.pb = pb

    @classmethod
    def from_flyte_idl(cls, pb: Any) -> Any:
        return cls(pb)

    def to_flyte_idl(self) -> Any:
        return self.pb


class Forgetful(Exact):
    def to_flyte_idl(self) -> Any:
        self.pb.ClearField(self.pb.DESCRIPTOR.fields[-1].name)
        return self.pb


class Silent(Exact):
    def to_flyte_idl(self) -> None:
        return None


class Refusing(Exact):
    @classmethod
    def from_flyte_idl(cls, pb: Any) -> Any:
        raise ValueError("no, thanks")


class RefusingScalars(Exact):
    def to_flyte_idl(self) -> Any:
        if self.pb.HasField("scalar"):
            raise KeyError("scalar")
        return self.pb


class WorkflowExecutionIdentifier(Exact):
    """Has the name of the message that it makes, and takes no other."""

    def to_flyte_idl(self) -> identifier_pb2.WorkflowExecutionIdentifier:
        return identifier_pb2.WorkflowExecutionIdentifier(name=self.pb.name)


class RunName(WorkflowExecutionIdentifier):
    """Has another name than its message."""


class LiteralCollection(Silent):
    """Never gives anything."""


class FlyteCustomIdlEntity(Exact):
    """The name of the base of flytekit's classes that speak Struct."""


class ArrayJob(FlyteCustomIdlEntity):
    @classmethod
    def from_flyte_idl(cls, pb: Struct) -> ArrayJob:
        return cls(json_format.ParseDict(json_format.MessageToDict(pb), array_job_pb2.ArrayJob()))

    def to_flyte_idl(self) -> Struct:
        return json_format.ParseDict(json_format.MessageToDict(self.pb), Struct())


class ForgetfulArrayJob(ArrayJob):
    def to_flyte_idl(self) -> Struct:
        self.pb.ClearField("parallelism")
        return super().to_flyte_idl()


def samples(*names: str) -> dict[str, list[Message]]:
    """Whole fillings of each of the messages named."""
    return {name: list(whole_fillings(MODEL_CLASSES[name])) for name in names}


RUN, LITERAL = "flyteidl.core.WorkflowExecutionIdentifier", "flyteidl.core.Literal"
RUNS, LITERALS = samples(RUN)[RUN], samples(LITERAL)[LITERAL]


class TestJudging:
    def test_what_comes_out_as_it_went_in_is_exact(self) -> None:
        assert losses.judge([Exact], LITERALS) == Finding(Outcome.EXACT)

    def test_a_field_that_is_gone_makes_it_lossy(self) -> None:
        assert losses.judge([Forgetful], RUNS) == Finding(Outcome.LOSSY, ("org is lost",))

    def test_nothing_in_the_place_of_a_message_is_lossy(self) -> None:
        assert losses.judge([Silent], RUNS).outcome is Outcome.LOSSY

    def test_an_unknown_field_counts_though_no_descriptor_has_it(self) -> None:
        class Careless(Exact):
            def to_flyte_idl(self) -> Any:
                self.pb.DiscardUnknownFields()
                return self.pb

        (run,) = samples(RUN)[RUN]
        assert losses.judge([Careless], [run]).outcome is Outcome.EXACT
        add_unknown_fields(run)
        assert losses.judge([Careless], [run]).outcome is Outcome.LOSSY

    def test_an_error_is_told_with_the_place_where_it_was_raised(self) -> None:
        finding = losses.judge([Refusing], RUNS)
        assert finding.outcome is Outcome.RAISING
        assert finding.reasons[0].startswith("ValueError: no, thanks (")
        assert Path(__file__).name in finding.reasons[0]

    def test_one_filling_that_raises_is_enough(self) -> None:
        assert losses.judge([RefusingScalars], LITERALS).outcome is Outcome.RAISING
        others = [literal for literal in LITERALS if literal.WhichOneof("value") != "scalar"]
        assert losses.judge([RefusingScalars], others).outcome is Outcome.EXACT

    @pytest.mark.parametrize("order", [1, -1])
    def test_of_two_classes_the_worse_counts(self, order: int) -> None:
        assert losses.judge([Exact, Forgetful][::order], RUNS).outcome is Outcome.LOSSY
        assert losses.judge([Forgetful, Refusing][::order], RUNS).outcome is Outcome.RAISING

    def test_the_messages_stay_as_they_are(self) -> None:
        (run,) = samples(RUN)[RUN]
        losses.judge([Forgetful], [run])
        assert run == RUNS[0]

    def test_a_class_that_speaks_struct_is_given_json_in_a_struct(self) -> None:
        jobs = samples("flyteidl.plugins.ArrayJob")["flyteidl.plugins.ArrayJob"]
        assert losses.judge([ArrayJob], jobs) == Finding(Outcome.EXACT)
        lossy = Finding(Outcome.LOSSY, ("parallelism is lost",))
        assert losses.judge([ForgetfulArrayJob], jobs) == lossy


def literal_map(**integers: int) -> literals_pb2.LiteralMap:
    """A map of whole numbers."""
    pb = literals_pb2.LiteralMap()
    for name, integer in integers.items():
        pb.literals[name].scalar.primitive.integer = integer
    return pb


class TestDifferences:
    @pytest.mark.parametrize(
        ("before", "after", "found"),
        [
            (literal_map(a=1), literal_map(a=1), []),
            (literal_map(a=1), literal_map(), ["literals is lost"]),
            (literal_map(), literal_map(a=1), ["literals is added"]),
            (literal_map(a=1), literal_map(b=1), ["literals is changed"]),
            (
                literal_map(a=1, b=2),
                literal_map(a=1, b=3),
                ["literals[].scalar.primitive.integer is changed"],
            ),
        ],
    )
    def test_each_is_named_by_its_path(
        self, before: Message, after: Message, found: list[str]
    ) -> None:
        assert list(losses.differences(before, after)) == found

    def test_messages_in_another_order_are_seen(self) -> None:
        before, after = literals_pb2.LiteralCollection(), literals_pb2.LiteralCollection()
        before.literals.extend([literals_pb2.Literal(hash="a"), literals_pb2.Literal(hash="b")])
        after.literals.extend(reversed(before.literals))
        assert set(losses.differences(before, after)) == {"literals[].hash is changed"}


class TestPairing:
    def test_a_class_stands_for_the_message_that_it_gives_back(self) -> None:
        paired = losses.pair_up([WorkflowExecutionIdentifier, RunName], samples(LITERAL, RUN))
        assert paired == {RUN: [WorkflowExecutionIdentifier, RunName]}

    def test_a_class_that_gives_nothing_stands_for_the_one_message_of_its_name(self) -> None:
        collection = "flyteidl.core.LiteralCollection"
        paired = losses.pair_up([LiteralCollection], samples(LITERAL, collection))
        assert paired == {collection: [LiteralCollection]}

    def test_a_class_of_which_nothing_can_be_made_stands_for_none(self) -> None:
        assert losses.pair_up([Refusing, Silent], samples(LITERAL, RUN)) == {}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A package with models in two modules."""
    folder = tmp_path / "made_up_models"
    folder.mkdir()
    both = "from_flyte_idl = to_flyte_idl = None"
    (folder / "__init__.py").touch()
    (folder / "first.py").write_text(
        f"class Outer:\n    {both}\n    class Inner:\n        {both}\n"
        f"class _Hidden:\n    {both}\nclass Helper:\n    class Deep:\n        {both}\n"
        "Alias = Outer\n"
    )
    (folder / "second.py").write_text(
        f"from made_up_models.first import Outer\nclass Last:\n    {both}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return importlib.import_module("made_up_models")


def test_public_classes_are_found_once_each_nested_ones_too(package: Any) -> None:
    found = [entity.__qualname__ for entity in losses.entities_of(package)]
    assert sorted(found) == ["Helper.Deep", "Last", "Outer", "Outer.Inner"]


def test_every_message_of_flyteidl_is_counted() -> None:
    assert losses.messages_of(flyteidl) == set(MODEL_CLASSES)


FINDINGS = {
    "a.Kept": Finding(Outcome.EXACT),
    "a.Lost": Finding(Outcome.LOSSY, ("one is lost", "two is lost", "three is lost")),
    "b.Broken": Finding(Outcome.RAISING, ("KeyError: 'x' (x.py:1)",)),
}


def test_the_table_counts_both_sides() -> None:
    ours = {name: Finding(Outcome.EXACT) for name in (*FINDINGS, "c.New")}
    rows = losses.table(FINDINGS, ours, flytekit="1.2", flyteidl="3.4", of=5).splitlines()
    assert rows[0] == "| | messages, of 5 in flyteidl 3.4 | exact | lossy | raising |"
    assert rows[2:] == [
        "| flytekit 1.2 | 3 | 1 | 1 | 1 |",
        "| flytebind, of these | 3 | 3 | 0 | 0 |",
        "| flytebind, of all | 4 | 4 | 0 | 0 |",
    ]


def test_the_list_names_what_does_not_come_through_the_worst_first() -> None:
    assert [line.split() for line in losses.listing(FINDINGS, most=2)] == [
        ["raising", "b.Broken"],
        ["KeyError:", "'x'", "(x.py:1)"],
        ["lossy", "a.Lost"],
        ["one", "is", "lost"],
        ["two", "is", "lost"],
        ["and", "1", "more"],
    ]


def test_the_readme_has_a_place_for_the_table() -> None:
    (document,) = losses.PLACE.holding("| new |\n").values()
    assert b"| new |\n" in document


@every_model
def test_whole_fillings_leave_no_field_out_and_no_message_absent(model_class: ModelClass) -> None:
    seen: set[str] = set()
    for pb in whole_fillings(model_class):
        seen.update(field.name for field, _ in pb.ListFields())
        for part in walk(pb):
            if part.DESCRIPTOR.file.package != "google.protobuf":
                singular = [f for f in plain_fields(part.DESCRIPTOR) if f.has_presence]
                assert [f.full_name for f in singular if not part.HasField(f.name)] == []
    assert seen == set(model_class._pb_type.DESCRIPTOR.fields_by_name)
