"""What makes two messages different, and what does not."""

from __future__ import annotations

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from flytegen.common.descriptors import walk
from flytegen.read.fingerprints import fingerprint
from tests.generator.protos import file
from tests.generator.sources import source_of


def fingerprints(proto: FileDescriptorProto) -> dict[str, str]:
    (made,) = source_of(proto).files
    return {item.full_name: fingerprint(item) for item in walk(made)}


@pytest.mark.parametrize(
    "changed",
    [
        "string name = 1; int32 size = 2; string new = 3;",
        "string name = 1;",
        "string name = 1; int32 length = 2;",
        "string name = 1; int32 size = 3;",
        "string name = 1; sint32 size = 2;",
        "string name = 1; optional int32 size = 2;",
        "string name = 1; repeated int32 size = 2;",
        "string name = 1; oneof one { int32 size = 2; }",
        "bytes name = 1; int32 size = 2;",
    ],
)
def test_a_message_is_another_when_a_field_is(changed: str) -> None:
    known = file("message M { string name = 1; int32 size = 2; }")
    assert fingerprints(known) != fingerprints(file(f"message M {{ {changed} }}"))


@pytest.mark.parametrize("values", ["A = 0;", "A = 0; B = 2;", "A = 0; C = 1;"])
def test_an_enum_is_another_when_its_values_are(values: str) -> None:
    known = file("enum E { A = 0; B = 1; }")
    assert fingerprints(known) != fingerprints(file(f"enum E {{ {values} }}"))


def test_a_default_counts() -> None:
    first, second = (
        file(f"message M {{ optional int32 x = 1 [default = {number}]; }}", syntax="proto2")
        for number in (1, 2)
    )
    assert fingerprints(first) != fingerprints(second)


def test_what_is_said_about_a_message_does_not_count() -> None:
    plain = file("message M { string name = 1; message Inner { int32 x = 1; } }")
    spoken = file("""
        message M {
          option deprecated = true;
          string name = 1 [deprecated = true];
          message Inner { int32 x = 1 [json_name = "y"]; }
        }
    """)
    spoken.source_code_info.location.add(leading_comments="A message.")
    assert fingerprints(plain) == fingerprints(spoken)


def test_the_order_of_fields_and_neighbours_does_not_count() -> None:
    first = file("message M { string a = 1; string b = 2; } message N {}")
    second = file("message N {} message M { string b = 2; string a = 1; }")
    assert fingerprints(first) == fingerprints(second)
