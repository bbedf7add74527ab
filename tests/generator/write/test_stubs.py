"""What mypy-protobuf prints is mended where it is no Python."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
)

from flytegen.write.stubs import make_stubs, part_of, stub_request, stubs_made_from
from tests.generator.sources import source_of


def test_a_public_import_of_what_is_called_like_a_keyword_is_left_out() -> None:
    kind = EnumDescriptorProto(name="Kind")
    kind.value.add(name="None", number=0)
    base = FileDescriptorProto(
        name="acme/base.proto", package="acme", syntax="proto3", enum_type=[kind]
    )
    user = FileDescriptorProto(name="acme/user.proto", package="acme", syntax="proto3")
    user.dependency.append("acme/base.proto")
    user.public_dependency.append(0)
    stub = make_stubs(stub_request(source_of(base, user)))["acme/user_pb2.pyi"]
    compile(stub, "user_pb2.pyi", "exec")
    assert "from acme.base_pb2 import Kind as Kind" in stub


def test_an_enum_in_a_message_that_is_called_like_a_keyword_has_a_wrapper() -> None:
    message = DescriptorProto(name="class")
    message.enum_type.add(name="Kind").value.add(name="A", number=0)
    file = FileDescriptorProto(
        name="acme/x.proto", package="acme", syntax="proto3", message_type=[message]
    )
    stub = make_stubs(stub_request(source_of(file)))["acme/x_pb2.pyi"]
    compile(stub, "x_pb2.pyi", "exec")
    assert "class _r_class(" in stub
    assert "_EnumTypeWrapper[_r_class._Kind.ValueType]" in stub


def test_an_extension_that_is_called_like_a_keyword_is_left_out() -> None:
    message = DescriptorProto(name="M")
    message.extension_range.add(start=1000, end=2000)
    file = FileDescriptorProto(
        name="acme/x.proto", package="acme", syntax="proto2", message_type=[message]
    )
    for number, name in enumerate(("None", "extra"), 1000):
        extension = file.extension.add(name=name, number=number, extendee=".acme.M")
        extension.label, extension.type = extension.LABEL_OPTIONAL, extension.TYPE_STRING
    stub = make_stubs(stub_request(source_of(file)))["acme/x_pb2.pyi"]
    compile(stub, "x_pb2.pyi", "exec")
    assert "extra: " in stub


def files_in_a_row(*, is_public: bool = False) -> list[FileDescriptorProto]:
    """Files ``a`` to ``d``: ``c`` imports ``b``, maybe publicly, and ``d`` imports ``c``."""
    files = [
        FileDescriptorProto(name=f"acme/{name}.proto", package=f"acme.{name}", syntax="proto3")
        for name in "abcd"
    ]
    for file in files:
        file.message_type.add(name="M").nested_type.add(name="Part")
    files[2].dependency.append("acme/b.proto")
    files[2].public_dependency.extend([0] if is_public else [])
    files[3].dependency.append("acme/c.proto")
    return files


@pytest.mark.parametrize(
    ("change", "is_public", "expected"),
    [
        ("", True, ""),
        ("message_type { name: 'M' field { name: 'f' number: 1 type: TYPE_INT32 } }", True, "b"),
        ("message_type { name: 'M' nested_type { name: 'More' } }", False, "bc"),
        ("message_type { name: 'N' }", False, "bc"),
        ("message_type { name: 'N' }", True, "bcd"),
        ("enum_type { name: 'E' value { name: 'NONE' number: 0 } }", True, "bcd"),
        ("service { name: 'S' }", True, "b"),
    ],
)
def test_a_file_that_changes_changes_its_stub_and_those_that_can_see_what_changed(
    change: str, is_public: bool, expected: str
) -> None:
    files = files_in_a_row(is_public=is_public)
    before = stubs_made_from(stub_request(source_of(*files)))
    said = text_format.Parse(change, FileDescriptorProto())
    if said.message_type and said.message_type[0].name == "M":
        files[1].message_type[0].MergeFrom(said.message_type[0])
    else:
        files[1].MergeFrom(said)
    after = stubs_made_from(stub_request(source_of(*files)))
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {f"acme/{name}_pb2.pyi" for name in expected}


def test_a_stub_is_the_same_when_it_is_asked_for_alone() -> None:
    request = stub_request(source_of(*files_in_a_row()))
    part = part_of(request, {"acme/c_pb2.pyi"})
    assert [file.name for file in part.proto_file] == ["acme/b.proto", "acme/c.proto"]
    assert make_stubs(part) == {"acme/c_pb2.pyi": make_stubs(request)["acme/c_pb2.pyi"]}
