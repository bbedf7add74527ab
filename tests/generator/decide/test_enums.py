"""What values of enums are called where the overlay leaves out what they all begin with."""

from __future__ import annotations

import pytest

from flytegen.common.problems import GenerationError
from flytegen.decide.build import build
from flytegen.overlay.entries import EnumOverlay, FieldOverlay, MessageOverlay, Overlay
from flytegen.schema import Library
from tests.generator.protos import file
from tests.generator.sources import source_of

PHASE = "enum Phase { PHASE_NONE = 0; PHASE_RUNNING = 1; PHASE_3D = 2; PHASE__X = 3; OTHER = 4; }"


def built(text: str, enum: EnumOverlay, **messages: MessageOverlay) -> Library:
    overlay = Overlay(
        enums={"acme.Phase": enum},
        messages={f"acme.{name}": item for name, item in messages.items()},
    )
    return build(source_of(file(text)), overlay)


def test_values_lose_what_they_begin_with_and_keep_their_full_names_too() -> None:
    (enum,) = built(PHASE, EnumOverlay(strip_prefix="PHASE_")).all_enums()
    assert [value.name for value in enum.values] == [
        "NONE",
        "RUNNING",
        "PHASE_3D",  # what no name can begin with keeps it
        "PHASE__X",
        "OTHER",
    ]
    assert [value.proto_name for value in enum.values][:2] == ["PHASE_NONE", "PHASE_RUNNING"]
    assert enum.names == (("PHASE_NONE", "NONE"), ("PHASE_RUNNING", "RUNNING"))


def test_what_is_left_of_a_value_is_escaped_as_others_are() -> None:
    (enum,) = built(
        "enum Phase { PHASE_name = 0; PHASE_None = 1; }", EnumOverlay(strip_prefix="PHASE_")
    ).all_enums()
    assert [value.name for value in enum.values] == ["name_", "None_"]


def test_defaults_constants_and_further_names_follow() -> None:
    fields = {"phase": FieldOverlay(default="PHASE_RUNNING")}
    said = MessageOverlay(fields=fields, names={"GOES": "acme.Phase.PHASE_RUNNING"})
    again = {"GOING": "PHASE_RUNNING", "RUNNING": "PHASE_RUNNING"}
    enum = EnumOverlay(strip_prefix="PHASE_", names=again)
    text = f"message M {{ Phase phase = 1; }} {PHASE}"
    library = built(text, enum, M=said)
    (message,) = library.all_messages()
    assert "Phase.RUNNING" in str(message.fields[0].default)
    assert any("``NONE`` when unset" in line for line in message.fields[0].doc)
    assert "Phase.RUNNING" in str(message.names[0].spelled)
    (made,) = library.all_enums()
    assert made.names[-1] == ("GOING", "RUNNING")


@pytest.mark.parametrize(
    ("values", "enum", "expected"),
    [
        (
            "OLD_NONE = 0; NONE = 1;",  # protoc looks after the enum's own name alone
            EnumOverlay(strip_prefix="OLD_"),
            "acme.Phase: OLD_NONE and NONE would both be called 'NONE'",
        ),
        (  # a full name is in the way of a short one
            "A_B = 0; A_A_B = 1;",
            EnumOverlay(strip_prefix="A_"),
            "A_A_B and A_B would both be called 'A_B'",
        ),
        (
            "PHASE_NONE = 0; PHASE_SOME = 1;",
            EnumOverlay(names={"PHASE_SOME": "PHASE_NONE"}),
            "PHASE_SOME and PHASE_NONE would both be called 'PHASE_SOME'",
        ),
        (
            "PHASE_NONE = 0;",
            EnumOverlay(where="x.toml", strip_prefix="PHASES_"),
            "x.toml: no value of acme.Phase begins with 'PHASES_'",
        ),
    ],
)
def test_two_values_of_one_name_and_a_prefix_of_none_are_problems(
    values: str, enum: EnumOverlay, expected: str
) -> None:
    with pytest.raises(GenerationError) as caught:
        built(f"enum Phase {{ {values} }}", enum)
    assert expected in str(caught.value)
    assert '[enums."acme.Phase"]' in str(caught.value) or "overlay" in str(caught.value)
