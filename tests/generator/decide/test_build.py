"""Decisions about names and imports, on descriptors that set traps for them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from google.protobuf import timestamp_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto

from flytegen import locate
from flytegen.common.code import plain
from flytegen.common.problems import GenerationError
from flytegen.decide.build import build
from flytegen.overlay.entries import (
    FileOverlay,
    LayoutOverlay,
    Overlay,
    PackageOverlay,
    ServiceOverlay,
)
from flytegen.write.render import render
from tests.generator.protos import file
from tests.generator.sources import source_of

TIMESTAMP = FileDescriptorProto.FromString(timestamp_pb2.DESCRIPTOR.serialized_pb)


def printed(*files: FileDescriptorProto) -> dict[str, str]:
    library = build(source_of(*files), Overlay())
    texts = render(library, [locate.templates()])
    for path, text in texts.items():
        compile(text, path, "exec")
    return texts


def module(text: str) -> str:
    return printed(file(text))["acme_models/x.py"]


def test_a_member_called_property_does_not_capture_the_decorator() -> None:
    text = module("message M { string property = 1; string next = 2; }")
    assert "@_builtins.property\n    def property(self) -> str:" in text
    assert "@_builtins.property\n    def next(self) -> str:" in text
    assert "\n    @property" not in text


def test_a_member_called_like_a_builtin_does_not_capture_annotations() -> None:
    text = module("message M { string str = 1; bool bool = 2; }")
    assert "def str(self) -> _builtins.str:" in text
    assert "def bool(self) -> _builtins.bool:" in text


def test_a_message_called_like_a_builtin_does_not_capture_annotations() -> None:
    text = module("message str {} message M { string a = 1; string b = 2; }")
    assert "def a(self) -> _builtins.str:" in text


def test_a_member_called_like_its_own_class_does_not_capture_annotations() -> None:
    text = module("message Version { string Version = 1; .acme.Version parent = 2; }")
    assert "from acme_models import x as _this" in text
    assert "def parent(self) -> _this.Version | None:" in text


def test_names_that_protobuf_takes_from_typing_do_no_harm() -> None:
    names = ["Literal", "Sequence", "Mapping", "Self", "datetime"]
    text = module("".join(f"message {name} {{ repeated string a = 1; }}" for name in names))
    assert "def a(self) -> _Sequence[str]:" in text


def test_a_reserved_name_is_escaped_and_the_proto_name_kept_for_the_wire() -> None:
    text = module("message M { string replace = 1; }")
    assert re.search(r'_renamed = \{\s*"replace": "replace_"', text)
    assert "def replace_(self) -> str:" in text
    assert "pb.replace = replace_" in text


def test_a_reference_into_another_file_goes_through_its_package() -> None:
    base = file("message Base {}", "acme/base.proto")
    user = file(
        "message User { Base base = 1; }",
        "acme/sub/user.proto",
        imports=["acme/base.proto"],
        known=[base],
    )
    text = printed(base, user)["acme_models/sub/user.py"]
    assert "import acme_models as _acme_models" in text
    assert "base: _acme_models.base.Base | None = None," in text


@pytest.mark.parametrize(("count", "expected"), [(100, True), (101, False)])
def test_only_what_is_printed_is_imported(count: int, expected: bool) -> None:
    fields = (f"google.protobuf.Timestamp t{n} = {n};" for n in range(1, count + 1))
    times = file(f"message Times {{ {' '.join(fields)} }}", imports=[TIMESTAMP.name])
    text = printed(TIMESTAMP, times)["acme_models/x.py"]
    # A large message stores its fields by name.
    assert ("write_timestamp as _write_timestamp" in text) is expected
    imported = re.findall(r"\bas (\w+)", text)
    assert [name for name in imported if len(re.findall(rf"\b{name}\b", text)) == 1] == []


def test_classes_that_are_nested_in_ones_of_the_same_name_are_not_taken_for_each_other() -> None:
    text = "message Outer { message Inner {} }"
    first, second = file(text, "acme/a.proto"), file(text, "acme/b.proto", package="acme.b")
    layout = LayoutOverlay(names={"A": "acme.Outer.Inner", "B": "acme.b.Outer.Inner"})
    library = build(source_of(first, second), Overlay(layout={"short": layout}))
    text = render(library, [locate.templates()])["acme_models/short.py"]
    for name, module in (("A", "a"), ("B", "b")):
        assert f"from acme_models.{module} import Outer as _{name}\n" in text
        assert f"{name}: _TypeAlias = _{name}.Inner\n" in text


def test_what_is_not_part_of_the_package_is_a_problem() -> None:
    base = file("message Base {}", "other/base.proto")
    user = file("message User { Base base = 1; }", imports=["other/base.proto"], known=[base])
    source = source_of(base, user)
    foreign = source.__class__(
        source.package, source.version, source.files[1:], source.modules, source.closure
    )
    with pytest.raises(GenerationError, match=r"acme\.User\.base: refers to acme\.Base"):
        build(foreign, Overlay())


def test_a_oneof_with_hundreds_of_members_is_not_beyond_type_checkers() -> None:
    def accessor(members: int) -> str:
        fields = "".join(f"string f{i} = {i + 1};" for i in range(members))
        return module(f"message M {{ oneof kind {{ {fields} }} }}").partition("def which_kind")[2]

    few, many = accessor(50), accessor(600)
    # mypy narrows a match case by case, and pyright gives up at a thousand.
    assert 'match self._pb.WhichOneof("kind"):' in few
    assert "match" not in many
    assert 'self._which("kind")' in many
    # Each | is a level of its own to a parser.
    assert few.startswith('(self) -> tuple[_Literal["f0"], str] | tuple[')
    assert many.startswith('(self) -> _Union[tuple[_Literal["f0"], str], tuple[')


def test_a_oneof_that_would_hide_a_field_is_a_problem_with_a_way_out() -> None:
    with pytest.raises(GenerationError) as caught:
        module("message M { string which_kind = 1; oneof kind { string a = 2; bool b = 3; } }")
    assert "the field 'which_kind' and the oneof 'kind' would both be called" in str(caught.value)
    assert '[messages."acme.M".oneofs.kind] name = "..."' in str(caught.value)


@pytest.mark.parametrize("name", ["__class__", "__dict__", "__name__"])
def test_a_message_that_hides_what_its_module_is_is_a_problem(name: str) -> None:
    with pytest.raises(GenerationError, match=rf"acme\.{name}: hides {name} of the Python module"):
        module(f"message {name} {{}}")


@pytest.mark.parametrize(
    ("messages", "below", "expected"),
    [
        (["Part"], "Part", "Part_"),
        (["Part", "Part_"], "Part", "Part__"),
        (["Part_"], "Part", "Part__"),
        (["class"], "class", "class___"),
        (["class_"], "class", "class____"),
        (["Other"], "Part", "Part"),
    ],
)
def test_a_module_never_hides_a_class_of_the_module_that_it_lies_in(
    messages: list[str], below: str, expected: str
) -> None:
    outer = file("".join(f"message {name} {{}}" for name in messages))
    inner = file("message Inner {}", f"acme/x/{below}.proto", package="acme.x")
    modules = {item.name for item in build(source_of(outer, inner), Overlay()).modules}
    assert modules == {"acme_models.x", f"acme_models.x.{expected}"}


def greeter(*rpcs: str) -> FileDescriptorProto:
    methods = "".join(f"rpc {rpc}(A) returns (stream B);" for rpc in rpcs)
    return file(f"message A {{}} message B {{}} service Greeter {{ {methods} }}")


def test_an_rpc_knows_its_path_its_models_and_which_side_streams() -> None:
    (made,) = build(source_of(greeter("SayHello")), Overlay()).service_modules
    assert made.name == "acme_services.x"
    (found,) = made.services
    assert found.full_name == "acme.Greeter"
    (method,) = found.methods
    assert (method.name, method.path) == ("say_hello", "/acme.Greeter/SayHello")
    assert (plain(method.request), plain(method.response)) == ("A", "B")
    assert method.cardinality == "unary_stream"


def test_printed_services_are_python_whatever_the_rpcs_are_called() -> None:
    text = printed(greeter("Import", "Float", "AddToServer", "List", "Property", "None"))
    for name in ("import_", "float_", "add_to_server_", "list", "property", "none"):
        assert f"    def {name}(" in text["acme_services/x.py"]


def test_a_service_without_rpcs_is_python_as_well() -> None:
    assert "class GreeterClient" in printed(greeter())["acme_services/x.py"]


def test_the_table_of_a_service_is_called_the_same_inside_of_classes() -> None:
    source = file("message A {} service __Greeter { rpc Hello(A) returns (A); }")
    text = printed(source)["acme_services/x.py"]
    tables = set(re.findall(r"_\w*Methods\w*", text))
    assert len(tables) == 1
    assert not tables.pop().startswith("__")


def test_a_package_without_services_gets_no_services_package() -> None:
    assert not [path for path in printed(file("message A {}")) if "services" in path]


def test_two_rpcs_that_would_share_a_name_are_a_problem_that_names_both() -> None:
    with pytest.raises(GenerationError) as caught:
        printed(greeter("SayHello", "Say_hello"))
    assert "acme.Greeter.SayHello and acme.Greeter.Say_hello would both be" in str(caught.value)
    assert '[services."acme.Greeter".methods.Say_hello] name = "..."' in str(caught.value)


def two_greeters() -> tuple[FileDescriptorProto, FileDescriptorProto]:
    text = "message A {} service Greeter { rpc Hello(A) returns (A); }"
    return file(text), file(text, "acme/sub/x.proto", package="acme.sub")


def test_two_files_of_one_name_have_services_in_folders_of_their_own() -> None:
    texts = printed(*two_greeters())
    assert "class GreeterClient" in texts["acme_services/x.py"]
    assert "class GreeterClient" in texts["acme_services/sub/x.py"]


def test_two_files_of_one_name_cannot_both_have_services_where_these_lie_flat() -> None:
    flat = Overlay(package=PackageOverlay(flat_services=True))
    with pytest.raises(GenerationError, match=r"acme/x\.proto and acme/sub/x\.proto would both be"):
        build(source_of(*two_greeters()), flat)


def test_modules_and_classes_of_services_can_be_named_one_by_one() -> None:
    overlay = Overlay(
        package=PackageOverlay(flat_services=True),
        files={"acme/sub/x.proto": FileOverlay(services="other")},
        services={"acme.sub.Greeter": ServiceOverlay(name="OtherGreeter")},
    )
    texts = render(build(source_of(*two_greeters()), overlay), [locate.templates()])
    assert "class GreeterClient" in texts["acme_services/x.py"]
    assert "class OtherGreeterAsyncServicer" in texts["acme_services/other.py"]
    assert '"/acme.sub.Greeter/Hello"' in texts["acme_services/other.py"]
    assert "OtherGreeterClient" in texts["acme_services/__init__.py"]


def test_a_module_of_services_can_be_named_where_others_lie_in_folders() -> None:
    overlay = Overlay(files={"acme/x.proto": FileOverlay(services="greetings")})
    paths = render(build(source_of(*two_greeters()), overlay), [locate.templates()])
    assert {"acme_services/greetings.py", "acme_services/sub/x.py"} <= paths.keys()


def test_services_that_meet_are_told_how_to_name_one_of_them() -> None:
    flat = Overlay(package=PackageOverlay(flat_services=True))
    with pytest.raises(GenerationError) as caught:
        build(source_of(*two_greeters()), flat)
    assert '[files."acme/sub/x.proto"] services = "..."' in str(caught.value)
    assert '[services."acme.sub.Greeter"] name = "..."' in str(caught.value)


def test_two_services_that_would_share_a_class_are_a_problem() -> None:
    source = file("service Greeter {} service GreeterAsync {}")
    with pytest.raises(
        GenerationError, match=r"acme\.Greeter and acme\.GreeterAsync would both be"
    ):
        printed(source)


def test_an_rpc_of_a_foreign_message_is_a_problem() -> None:
    foreign = file("message Empty {}", "other/y.proto", package="other")
    text = "message A {} service Greeter { rpc Hello(A) returns (other.Empty); }"
    whole = source_of(foreign, file(text, imports=["other/y.proto"], known=[foreign]))
    own = replace(whole, files=whole.files[1:])
    with pytest.raises(GenerationError, match=r"other\.Empty, which is not in the package"):
        build(own, Overlay())


def test_a_value_that_is_deprecated_says_so() -> None:
    text = module("enum Size { NONE = 0; OLD = 1 [deprecated = true]; }")
    assert 'OLD = 1\n    """Deprecated in the IDL."""\n' in text
    assert text.count("Deprecated in the IDL") == 1
