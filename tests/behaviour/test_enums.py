"""Enums as text and back."""

from __future__ import annotations

import pytest

from flytebind.behaviour.enums import EnumText, EnumTextOrUnknown
from flytebind.runtime import OpenEnum


class Plain(EnumText, OpenEnum):
    ZERO = 0
    LONG_ONE = 1

    ONE = LONG_ONE


class Other(EnumTextOrUnknown, OpenEnum):
    ZERO = 0
    LONG_ONE = 1

    ONE = LONG_ONE


both = pytest.mark.parametrize("enum", [Plain, Other])


@both
def test_numbers_become_names_the_short_one_where_there_are_two(enum: type[Plain | Other]) -> None:
    assert enum.enum_to_string(0) == "ZERO"
    assert enum.enum_to_string(enum(1)) == "ONE"


@both
def test_each_name_becomes_its_member(enum: type[Plain | Other]) -> None:
    assert enum.string_to_enum("ZERO") is enum(0)
    assert enum.string_to_enum("ONE") is enum.string_to_enum("LONG_ONE") is enum(1)
    assert enum.string_to_enum("one") == "<UNKNOWN>"


def test_a_number_without_a_name_is_a_number_or_unknown() -> None:
    assert Plain.enum_to_string(42) == Plain.enum_to_string(Plain(42)) == "42"
    assert Other.enum_to_string(42) == Other.enum_to_string(Other(42)) == "<UNKNOWN>"


@both
def test_the_enums_are_as_open_as_any(enum: type[Plain | Other]) -> None:
    assert enum.from_number(42) is enum(42)
    assert enum.from_number(1) is enum(1)
    assert [member.name for member in enum] == ["ZERO", "LONG_ONE"]
