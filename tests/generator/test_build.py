"""Decisions about names and imports, on descriptors that set traps for them."""

from __future__ import annotations

import re

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

from flytegen import locate
from flytegen.build import build
from flytegen.overlay import Overlay
from flytegen.problems import GenerationError
from flytegen.render import render
from tests.generator.sources import source_of

STRING = FieldDescriptorProto.TYPE_STRING
BOOL = FieldDescriptorProto.TYPE_BOOL


def field(
    name: str,
    number: int = 1,
    type_: FieldDescriptorProto.Type.ValueType = STRING,
    type_name: str = "",
    repeated: bool = False,
) -> FieldDescriptorProto:
    made = FieldDescriptorProto(name=name, number=number)
    made.label = (
        FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
    )
    if type_name:
        made.type_name = type_name
    else:
        made.type = type_
    return made


def file(*messages: DescriptorProto, name: str = "acme/x.proto") -> FileDescriptorProto:
    return FileDescriptorProto(name=name, package="acme", syntax="proto3", message_type=messages)


def printed(*files: FileDescriptorProto) -> dict[str, str]:
    library = build(source_of(*files), Overlay())
    texts = render(library, [locate.templates()])
    for path, text in texts.items():
        compile(text, path, "exec")
    return texts


def module(*messages: DescriptorProto) -> str:
    return printed(file(*messages))["acme_models/x.py"]


def test_a_member_called_property_does_not_capture_the_decorator() -> None:
    text = module(DescriptorProto(name="M", field=[field("property"), field("next", 2)]))
    assert "@_builtins.property\n    def property(self) -> str:" in text
    assert "@_builtins.property\n    def next(self) -> str:" in text
    assert "\n    @property" not in text


def test_a_member_called_like_a_builtin_does_not_capture_annotations() -> None:
    text = module(DescriptorProto(name="M", field=[field("str"), field("bool", 2, BOOL)]))
    assert "def str(self) -> _builtins.str:" in text
    assert "def bool(self) -> _builtins.bool:" in text


def test_a_message_called_like_a_builtin_does_not_capture_annotations() -> None:
    text = module(
        DescriptorProto(name="str"), DescriptorProto(name="M", field=[field("a"), field("b", 2)])
    )
    assert "def a(self) -> _builtins.str:" in text


def test_a_member_called_like_its_own_class_does_not_capture_annotations() -> None:
    text = module(
        DescriptorProto(
            name="Version", field=[field("Version"), field("parent", 2, type_name=".acme.Version")]
        )
    )
    assert "from acme_models import x as _this" in text
    assert "def parent(self) -> _this.Version | None:" in text


def test_names_that_protobuf_takes_from_typing_do_no_harm() -> None:
    names = ["Literal", "Sequence", "Mapping", "Self", "datetime"]
    text = module(
        *(DescriptorProto(name=name, field=[field("a", repeated=True)]) for name in names)
    )
    assert "def a(self) -> _Sequence[str]:" in text


def test_a_reserved_name_is_escaped_and_the_proto_name_kept_for_the_wire() -> None:
    text = module(DescriptorProto(name="M", field=[field("replace")]))
    assert re.search(r'_renamed = \{\s*"replace": "replace_"', text)
    assert "def replace_(self) -> str:" in text
    assert "pb.replace = replace_" in text


def test_a_reference_into_another_file_goes_through_its_module() -> None:
    base = file(DescriptorProto(name="Base"), name="acme/base.proto")
    user = file(
        DescriptorProto(name="User", field=[field("base", type_name=".acme.Base")]),
        name="acme/sub/user.proto",
    )
    user.dependency.append("acme/base.proto")
    text = printed(base, user)["acme_models/sub/user.py"]
    assert "from acme_models import base as _base" in text
    assert "base: _base.Base | None = None," in text


def test_what_is_not_part_of_the_package_is_a_problem() -> None:
    source = source_of(
        file(DescriptorProto(name="Base"), name="other/base.proto"),
        _using("other/base.proto", ".acme.Base"),
    )
    foreign = source.__class__(
        source.package, source.version, source.files[1:], source.modules, source.closure
    )
    with pytest.raises(GenerationError, match=r"acme\.User\.base: refers to acme\.Base"):
        build(foreign, Overlay())


def _using(dependency: str, type_name: str) -> FileDescriptorProto:
    user = file(
        DescriptorProto(name="User", field=[field("base", type_name=type_name)]),
        name="acme/user.proto",
    )
    user.dependency.append(dependency)
    return user


def test_a_oneof_that_would_hide_a_field_is_a_problem_with_a_way_out() -> None:
    message = DescriptorProto(
        name="M", field=[field("which_kind"), field("a", 2), field("b", 3, BOOL)]
    )
    message.oneof_decl.add(name="kind")
    message.field[1].oneof_index = message.field[2].oneof_index = 0
    with pytest.raises(GenerationError) as caught:
        module(message)
    assert "the field 'which_kind' and the oneof 'kind' would both be called" in str(caught.value)
    assert '[messages."acme.M".oneofs.kind] name = "..."' in str(caught.value)


def test_the_schema_carries_services_for_later() -> None:
    source = file(DescriptorProto(name="A"), DescriptorProto(name="B"))
    service = source.service.add(name="Greeter")
    service.method.add(
        name="SayHello", input_type=".acme.A", output_type=".acme.B", server_streaming=True
    )
    (found,) = build(source_of(source), Overlay()).modules[0].services
    assert found.full_name == "acme.Greeter"
    (method,) = found.methods
    assert (method.name, method.request, method.response) == ("say_hello", "acme.A", "acme.B")
    assert method.server_streaming
    assert not method.client_streaming
