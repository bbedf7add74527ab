"""Packages that are none of ours, with all that protobuf lets people write."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module, reload
from importlib.metadata import version
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from flytebind.runtime import Model
from flytebind.runtime.any import AnyMessage
from flytegen.read.package import load_package
from tests.generator.foreign import (
    Generated,
    Project,
    add_extensions,
    everything_of,
    generate,
    generate_from_set,
    hard_cases,
    importable,
    whole_messages,
    write_modules,
)
from tests.generator.protos import file
from tests.support.fill import add_unknown_fields
from tests.support.messages import deterministic
from tests.support.models import models_in, parameters, properties, rebuild, replace
from tests.typing.checkers import Diagnostic, mypy, pyright


@pytest.fixture(scope="session")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """All hard cases, generated and importable."""
    made = generate_from_set(tmp_path_factory.mktemp("hard") / "out", "hard", hard_cases())
    with importable(made.folder):
        yield made


@pytest.fixture(scope="session")
def soft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """A package of modules: in a folder called like a keyword, and with messages of another one."""
    lent = file(
        "message Lent { string name = 1; } enum Size { SMALL = 0; }",
        "lender/lent.proto",
        package="lender",
    )
    inner = file(
        "message Inner { string class = 1; }", "soft/import/inner.proto", package="soft.import"
    )
    outer = file(
        """
        message Outer {
          soft.import.Inner inner = 1;
          repeated lender.Lent lent = 2;
          map<string, lender.Size> sizes = 3;
        }
        """,
        "soft/outer.proto",
        imports=["soft/import/inner.proto", "lender/lent.proto"],
        known=[lent, inner],
    )
    folder = tmp_path_factory.mktemp("soft")
    write_modules(folder / "site", lent, inner, outer)
    # Such a package may have more in it than what protoc writes.
    (folder / "site/soft/__init__.py").write_text("def hello() -> int:\n    return 1\n")
    (folder / "site/soft/py.typed").touch()
    (folder / "out").mkdir()
    with importable(folder / "site", folder / "out"):
        yield generate(folder / "out", "soft")


@pytest.fixture(scope="session")
def high(hard: Generated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """A package on top of the hard cases, which refers to every message and enum of theirs."""
    descriptors = FileDescriptorSet(file=[everything_of(hard_cases())])
    folder = tmp_path_factory.mktemp("high") / "out"
    made = generate_from_set(folder, "high", descriptors, "--base", "hard_models")
    with importable(made.folder):
        yield made


def model(hard: Generated, full_name: str) -> Any:
    return hard.model_classes[full_name]


def test_every_module_can_be_imported(hard: Generated) -> None:
    names = hard.modules()
    assert {"hard_models.groups", "hard_protos.groups_pb2", "hard_services.v1.service"} < {*names}
    for name in names:
        import_module(name)


def test_every_message_has_a_model(hard: Generated) -> None:
    def inside(messages: Any, scope: str) -> Iterator[str]:
        for item in messages:
            if not item.options.map_entry:
                yield f"{scope}{item.name}"
                yield from inside(item.nested_type, f"{scope}{item.name}.")

    wanted = {
        name
        for file in hard_cases().file
        for name in inside(file.message_type, f"{file.package}." if file.package else "")
    }
    borrowed = {name for name in hard.model_classes if name.startswith("google.protobuf.")}
    assert {*hard.model_classes} - borrowed == wanted
    assert "google.protobuf.Empty" in borrowed


class TestEveryMessage:
    def test_it_comes_out_equal_to_the_byte(self, hard: Generated) -> None:
        for model_class in hard.model_classes.values():
            for pb in whole_messages(model_class):
                data = deterministic(pb)
                made = model_class.from_pb(pb)
                assert made.to_pb() == pb
                assert made.to_bytes() == model_class.from_bytes(data).to_bytes() == data

    def test_it_keeps_unknown_fields_and_extensions(self, hard: Generated) -> None:
        extended = 0
        for model_class in hard.model_classes.values():
            for pb in whole_messages(model_class):
                extended += add_extensions(pb)
                add_unknown_fields(pb)
                data = deterministic(pb)
                made = model_class.from_bytes(data)
                assert made.to_bytes() == model_class.from_pb(pb).to_bytes() == data
                for name in properties(model_class):
                    getattr(made, name)
                assert made.to_bytes() == data
        assert extended > 20

    def test_its_properties_are_what_its_constructor_takes(self, hard: Generated) -> None:
        for model_class in hard.model_classes.values():
            for pb in whole_messages(model_class):
                assert rebuild(model_class.from_pb(pb)).to_bytes() == deterministic(pb)

    def test_each_field_can_be_replaced_alone(self, hard: Generated) -> None:
        for model_class in hard.model_classes.values():
            for pb in whole_messages(model_class):
                made = model_class.from_pb(pb)
                for name, field in _fields(model_class).items():
                    if getattr(made, name) is not None:
                        assert replace(made, name, getattr(made, name)) == made
                    rest = made.to_pb()
                    rest.ClearField(field)
                    assert replace(made, name, None) == model_class.from_pb(rest)

    def test_it_copies_pickles_hashes_and_shows_itself(self, hard: Generated) -> None:
        for model_class in hard.model_classes.values():
            for pb in whole_messages(model_class):
                made = model_class.from_pb(pb)
                for twin in (
                    copy.copy(made),
                    copy.deepcopy(made),
                    pickle.loads(pickle.dumps(made)),
                ):
                    assert twin == made
                    assert hash(twin) == hash(made)
                assert repr(made).startswith(f"{model_class.__qualname__}(")
                assert made.short_string()
                assert all(part.verbose_string() for part in models_in(made))

    def test_the_empty_one_stays_empty_when_it_is_read(self, hard: Generated) -> None:
        for model_class in hard.model_classes.values():
            made = model_class()
            for name in properties(model_class):
                getattr(made, name)
            assert made.is_empty
            assert pickle.loads(pickle.dumps(made)) == made


def _fields(model_class: type[Model[Any]]) -> dict[str, str]:
    """The proto names of fields by their Python names."""
    names = model_class._renamed
    fields = [field.name for field in model_class._pb_type.DESCRIPTOR.fields]
    found = {names.get(name, name): name for name in fields}
    assert set(found) == set(parameters(model_class))
    return found


class TestRequiredFields:
    """A model may lack them while it is being made, and no longer when it leaves."""

    def test_they_may_be_left_out_until_bytes_are_wanted(self, hard: Generated) -> None:
        record = model(hard, "acme.old.Record")
        made = record(id="a", part=record.Part(note="no number"))
        assert made.replace(flag=True).flag is True
        message = "Record lacks required fields: grade, flag, part.number"
        with pytest.raises(ValueError, match=message):
            made.to_bytes()
        with pytest.raises(ValueError, match=message):
            AnyMessage.pack(made)

    def test_they_are_missed_at_any_depth(self, hard: Generated) -> None:
        holder, record = (model(hard, f"acme.old.{name}") for name in ("Holder", "Record"))
        with pytest.raises(ValueError, match=r"Holder lacks required fields: records\[0\]\.id, "):
            holder(records=[record()]).to_bytes()

    def test_bytes_that_lack_them_are_refused(self, hard: Generated) -> None:
        record = model(hard, "acme.old.Record")
        data = record(id="a").to_pb().SerializePartialToString()
        with pytest.raises(ValueError, match="Record lacks required fields: grade, part, flag"):
            record.from_bytes(data)

    def test_a_model_without_them_copies_pickles_and_shows_itself(self, hard: Generated) -> None:
        made = model(hard, "acme.old.Record")(name="x")
        for twin in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            assert (twin, hash(twin)) == (made, hash(made))
        assert not made.is_empty
        assert repr(made) == "Record(name='x')"

    def test_their_properties_are_never_none(self, hard: Generated) -> None:
        record = model(hard, "acme.old.Record")
        made = record()
        assert (made.id, made.flag, made.grade) == ("", False, record.Grade.LOW)
        assert made.part == record.Part()
        assert properties(record)["id"] is str
        assert "``required string id = 1``" in record.id.__doc__
        assert "``required Record.Part part = 3``" in record.part.__doc__
        assert model(hard, "acme.editions.Everything")().required == ""

    def test_messages_without_any_are_not_asked_for_them(self, hard: Generated) -> None:
        assert not model(hard, "acme.old.Loose")._has_required
        assert model(hard, "acme.old.Holder")._has_required
        assert model(hard, "acme.extensions.Holder")._has_required  # an extension may have some


class TestDefaults:
    def test_a_field_with_a_default_reads_as_that_while_it_is_unset(self, hard: Generated) -> None:
        record = model(hard, "acme.old.Record")
        made = record()
        assert made.retries == 3
        assert made.greeting == 'say "hi"\\ ü'
        assert made.limit == math.inf
        assert math.isnan(made.nothing)
        assert made.wanted is record.Grade.HIGH
        assert made.raw == b"\x00\xff"
        assert made.on is True
        assert made.zero == 0
        assert properties(record)["retries"] is int
        assert "``3`` when unset" in record.retries.__doc__

    def test_a_field_without_one_reads_as_none(self, hard: Generated) -> None:
        made = model(hard, "acme.old.Record")()
        assert (made.name, made.unset, made.next) == (None, None, None)

    def test_a_member_of_a_oneof_reads_as_none_whatever_its_default(self, hard: Generated) -> None:
        made = model(hard, "acme.old.Record")(text="a")
        assert (made.count, made.choice) == (None, "a")
        assert made.which_choice == ("text", "a")

    def test_a_value_that_equals_the_default_is_set(self, hard: Generated) -> None:
        assert model(hard, "acme.old.Loose")(name="").to_bytes() == b"\n\0"
        assert model(hard, "acme.old.Record")(retries=3).to_pb().HasField("retries")


class TestPresence:
    def test_optional_fields_of_proto3_are_told_from_zero(self, hard: Generated) -> None:
        maybe = model(hard, "acme.optional.Maybe")
        assert maybe().number is maybe().text is maybe().flag is maybe().kind is None
        assert (maybe(number=0).number, maybe(flag=False).flag) == (0, False)
        assert not maybe(number=0).is_empty
        assert maybe().plain == 0

    def test_only_oneofs_that_people_wrote_have_accessors(self, hard: Generated) -> None:
        maybe = model(hard, "acme.optional.Maybe")
        assert [name for name in properties(maybe) if name.startswith("which_")] == ["which_kinds"]
        assert "``optional int32 x = 9``" in maybe.x.__doc__  # whose oneof could not be called _x
        assert "one of ``_single``" in maybe.single.__doc__

    def test_features_say_it_field_by_field(self, hard: Generated) -> None:
        everything = model(hard, "acme.editions.Everything")
        made = everything()
        assert (made.explicit, made.implicit, made.five) == (None, "", 5)
        assert (made.open, made.open_implicit.name, made.closed) == (None, "ZERO", None)
        plain = model(hard, "acme.editions.Plain")()
        assert (plain.number, plain.text, plain.inner) == (0, None, None)


class TestLargeMessages:
    """Their constructors store by name, and say the same about mistakes."""

    def test_mistakes_are_named(self, hard: Generated) -> None:
        large, part = (model(hard, f"acme.{name}") for name in ("Large", "Part"))
        with pytest.raises(TypeError, match=r"Large\.m1 must be Part, not str \('a'\)"):
            large(m1="a")
        with pytest.raises(ValueError, match="one member of 'choice', not both 'm1' and 'm60'"):
            large(m60=part(), m1=part())
        with pytest.raises(TypeError, match="no_such"):
            large(no_such=1)

    def test_empty_values_are_no_mistakes(self, hard: Generated) -> None:
        large = model(hard, "acme.Large")
        given = dict.fromkeys(parameters(large))
        assert large(**given) == large() == large(f61=False, f64=[], f65="", f63={})


class TestExtensions:
    def test_they_are_read_through_the_message(self, hard: Generated) -> None:
        pb2 = import_module("hard_protos.extensions_pb2")
        pb = pb2.Base(name="a")
        pb.Extensions[pb2.priority] = 7
        pb.Extensions[pb2.Extra.inside].value = 8
        made = model(hard, "acme.extensions.Base").from_pb(pb)
        assert made.replace(name="b").to_pb().Extensions[pb2.priority] == 7
        assert made.to_pb().Extensions[pb2.Extra.inside].value == 8
        assert made != made.from_pb(pb2.Base(name="a"))

    def test_so_are_those_of_message_sets(self, hard: Generated) -> None:
        pb2 = import_module("hard_protos.message_set_pb2")
        bag = pb2.Bag()
        bag.Extensions[pb2.Item.item].name = "x"
        bag.Extensions[pb2.Other.other].numbers.extend([1, 2])
        holder = model(hard, "acme.sets.Holder")
        held = holder(bag=model(hard, "acme.sets.Bag").from_pb(bag))
        read = holder.from_bytes(held.to_bytes()).bag.to_pb()
        assert read.Extensions[pb2.Item.item].name == "x"
        assert read == bag


class TestEnums:
    def test_aliases_are_one_member(self, hard: Generated) -> None:
        enums = import_module("hard_models.enums")
        assert enums.Aliased.STARTED is enums.Aliased.RUNNING
        assert [member.name for member in enums.Aliased] == ["STARTED", "DONE"]

    def test_numbers_may_be_negative_and_zero_be_missing(self, hard: Generated) -> None:
        enums = import_module("hard_models.enums")
        assert enums.Negative.LOWEST == -(2**31)
        assert enums.Uses(negative=enums.Negative.MINUS).negative is enums.Negative.MINUS
        assert enums.Uses().must is enums.NoZero.SEVEN

    def test_values_may_be_called_like_members_of_enums(self, hard: Generated) -> None:
        enums = import_module("hard_models.enums")
        assert enums.Named.name_.name == "name_"
        assert enums.Named.None_ is enums.Uses().named
        assert len(enums.Named) == len(enums.Named.__members__) > 20

    def test_a_closed_enum_refuses_a_number_that_it_has_not(self, hard: Generated) -> None:
        enums = import_module("hard_models.enums")
        with pytest.raises(ValueError, match=r"Uses\.no_zero .*8"):
            enums.Uses(no_zero=8)
        made = enums.Uses.from_bytes(enums.Uses(must=7).to_bytes() + b"\x18\x08")
        assert made.no_zero is None
        assert made.to_bytes().endswith(b"\x18\x08")


class TestNames:
    def test_what_python_cannot_spell_is_escaped_and_kept_on_the_wire(
        self, hard: Generated
    ) -> None:
        choices = model(hard, "acme.awkward_fields.Oneofs")
        assert choices(a="x").class_ == "x"
        assert choices(d=1).property == 1
        maps = model(hard, "acme.awkward_fields.Maps")
        made = maps(class_={"a": model(hard, "acme.awkward_fields.Thing")(name="b")}, list={1: "c"})
        assert made.class_["a"].name == "b"
        assert made.to_dict() == {"class": {"a": {"name": "b"}}, "list": {"1": "c"}}

    def test_nested_classes_are_told_from_flat_ones(self, hard: Generated) -> None:
        nesting = import_module("hard_models.nesting")
        made = nesting.Foo(
            bar=nesting.Foo.Bar(value="a"),
            foo_bar=nesting.FooBar(value=1),
            foo=nesting.Foo.Foo(value="b"),
        )
        assert type(made.bar) is nesting.Foo.Bar
        assert type(made.foo_bar) is nesting.FooBar
        assert type(made.foo) is nesting.Foo.Foo
        assert nesting.Foo_Bar is not nesting.Foo.Bar
        assert nesting.A.B.C.D.E.A.B.ONE == 1

    def test_files_are_found_whatever_they_are_called(self, hard: Generated) -> None:
        homes = {
            "acme.import.class.X": "hard_models.import_.class_.x",
            "acme.import.Y": "hard_models.hy_phen.dotted.name",
            "NoPackage": "hard_models.none",
            "acme.v1.Thing": "hard_models.v1.service",
            "acme.v2.Thing": "hard_models.v2.service",
        }
        assert {name: model(hard, name).__module__ for name in homes} == homes

    def test_a_message_is_not_hidden_by_a_module_of_its_name(self, hard: Generated) -> None:
        module = import_module("hard_models.acme.a")
        below = import_module("hard_models.acme.a.b_")
        assert module.b is model(hard, "acme.b")
        assert module.b_ is below
        assert below.c is model(hard, "acme.a.c")

    def test_a_module_may_be_called_annotations(self, hard: Generated) -> None:
        for package in ("hard_models.v1", "hard_services.v1"):
            module = import_module(f"{package}.annotations")
            assert reload(import_module(package)).annotations is module
        # Beside classes, the name is that of what they import from __future__.
        assert model(hard, "acme.a.Note").__module__ == "hard_models.acme.a.annotations_"

    def test_what_a_file_imports_by_way_of_others_is_referred_to_where_it_is(
        self, hard: Generated
    ) -> None:
        base, user = (import_module(f"hard_models.public.{name}") for name in ("base", "user"))
        made = user.User(base=base.Base(name="a"), level=base.Level.HIGH)
        assert type(made.base) is base.Base
        assert made.level is base.Level.HIGH
        assert import_module("hard_protos.public.top_pb2").Base is base.Base._pb_type


def test_services_of_one_name_live_side_by_side_and_speak_protobufs_own_messages(
    hard: Generated,
) -> None:
    services = import_module("hard_services.v1.service")
    assert import_module("hard_services.v2.service").GreeterClient is not services.GreeterClient
    empty, wrappers, timestamp = (
        import_module(f"hard_models.google.protobuf.{name}")
        for name in ("empty", "wrappers", "timestamp")
    )
    thing = model(hard, "acme.v1.Thing")

    class Greeter(services.GreeterServicer):  # type: ignore[name-defined, misc]  # made just now
        def hello(self, request: Any, context: grpc.ServicerContext, /) -> Any:
            assert request == thing(name="you")
            return empty.Empty()

        def stream(self, requests: Any, context: grpc.ServicerContext, /) -> Iterator[Any]:
            for request in requests:
                yield timestamp.Timestamp(seconds=len(request.value))

        def import_(self, request: Any, context: grpc.ServicerContext, /) -> Any:
            return request

    server = grpc.server(ThreadPoolExecutor(1))
    Greeter().add_to_server(server)
    port = server.add_insecure_port("localhost:0")
    server.start()
    try:
        with grpc.insecure_channel(f"localhost:{port}") as channel:
            client = services.GreeterClient(channel)
            assert client.hello(thing(name="you")) == empty.Empty()
            (answer,) = client.stream([wrappers.StringValue(value="four")])
            assert answer.seconds == 4
            packed = AnyMessage.pack(thing(name="in"))
            assert client.import_(packed).unpack(thing).name == "in"
    finally:
        server.stop(None).wait()


class TestPackages:
    def test_a_module_that_no_statement_can_import_is_handed_over(self, soft: Generated) -> None:
        inner = model(soft, "soft.import.Inner")
        assert inner.__module__ == "soft_models.import_.inner"
        assert inner._pb_type is import_module("soft.import.inner_pb2").Inner
        assert import_module("soft_protos.soft.import_.inner_pb2").Inner is inner._pb_type
        assert inner.from_bytes(inner(class_="a").to_bytes()).class_ == "a"

    def test_messages_of_another_package_get_models_where_they_are_used(
        self, soft: Generated
    ) -> None:
        lent = import_module("soft_models.lender.lent")
        made = model(soft, "acme.Outer")(lent=[lent.Lent(name="a")], sizes={"b": lent.Size.SMALL})
        assert made.lent == [lent.Lent(name="a")]
        assert made.sizes["b"] is lent.Size.SMALL
        assert lent.Lent._pb_type is import_module("lender.lent_pb2").Lent

    def test_each_has_the_version_of_what_brings_it(self) -> None:
        # Both are parts of one namespace.
        assert load_package("google.protobuf").version == version("protobuf")
        assert load_package("google.rpc").version == version("googleapis-common-protos")

    def test_each_package_gets_stubs(self, soft: Generated) -> None:
        stubs = {path.relative_to(soft.folder).as_posix() for path in soft.folder.rglob("*.pyi")}
        assert stubs == {
            "lender-stubs/__init__.pyi",
            "lender-stubs/lent_pb2.pyi",
            "soft-stubs/outer_pb2.pyi",
            "soft_protos/soft/import_/inner_pb2.pyi",
        }
        assert (soft.folder / "soft-stubs/py.typed").read_text() == "partial\n"


def test_whatever_a_base_has_can_be_referred_to(high: Generated, hard: Generated) -> None:
    lent = {name for name in hard.model_classes if not name.startswith("google.protobuf.")}
    methods = vars(import_module("high_services.everything")._AllMethods)
    taken = [item.request for name, item in methods.items() if name.startswith("rpc")]
    assert set(taken) == {hard.model_classes[name] for name in lent}
    assert all(name.startswith("acme.high.Part") for name in high.model_classes)
    for model_class in high.model_classes.values():
        for pb in whole_messages(model_class):
            assert rebuild(model_class.from_pb(pb)).to_bytes() == deterministic(pb)
            add_extensions(pb)
            assert model_class.from_pb(pb).to_bytes() == deterministic(pb)


@pytest.fixture(scope="session")
def project(
    hard: Generated, soft: Generated, high: Generated, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """Everything that was generated here, in the one run that a checker gets."""
    folder, site = tmp_path_factory.mktemp("project"), soft.folder.parent / "site"
    made = Project(folder, hard.folder, soft.folder, high.folder, site=site)
    program = folder / "uses_the_package_itself.py"
    program.write_text("import soft\n\nnumber: int = soft.hello()\n")
    made.add(program)
    return made


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_checkers_have_nothing_to_say(
    project: Project, checker: Callable[[Path, Path], list[Diagnostic]]
) -> None:
    assert "\n".join(map(str, project.check(checker))) == ""
