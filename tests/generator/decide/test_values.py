"""How values are stored: by constructors, which templates print, and by ``replace``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from google.protobuf import duration_pb2, struct_pb2, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from flytebind.runtime import convert
from flytegen.common.problems import GenerationError
from flytegen.common.well_known import NATIVES, WRAPPERS
from flytegen.decide.build import build
from flytegen.overlay.entries import FieldOverlay, MessageOverlay, Overlay
from flytegen.schema import Reshape, Takes
from tests.generator.foreign import generate_from_set, importable
from tests.generator.protos import file
from tests.generator.sources import source_of

NAIVE = datetime.min
NOON = datetime(2024, 1, 2, 12, tzinfo=timezone.utc)

#: For each type some values, and some that are none.
SAMPLES: dict[str, tuple[list[object], list[object]]] = {
    "bool": ([True, False], [1, "yes"]),
    "int32": ([7], [1.5, "7", 2**40]),
    "double": ([1.5], ["1"]),
    "string": (["a"], [7]),
    "bytes": ([b"a"], ["a"]),
    "Size": ([1], ["HUGE", 1.0]),
    "Part": ([], ["Part", 7]),
    "google.protobuf.Timestamp": ([NOON], [NAIVE, 0]),
    "google.protobuf.Duration": ([timedelta(1)], [1]),
    "google.protobuf.Struct": ([{"a": 1}], [{1: 1}, "a"]),
    "google.protobuf.Value": ([1, "a", [None]], [{1}]),
    "google.protobuf.ListValue": ([[1]], ["a", 1]),
    "google.protobuf.BoolValue": ([True, False], [1]),
    "google.protobuf.Int32Value": ([7], ["7", 2**40]),
    "google.protobuf.StringValue": (["a"], [7]),
    "google.protobuf.BytesValue": ([b"a"], ["a"]),
}
NAMES = {type_: f"f{index}" for index, type_ in enumerate(SAMPLES)}


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A model with a field, a list and a map of each type, and a list that is shown as a map."""
    fields = "".join(
        f"{type_} {name} = {3 * index + 1};"
        f"repeated {type_} {name}_list = {3 * index + 2};"
        f"map<string, {type_}> {name}_map = {3 * index + 3};"
        for index, (type_, name) in enumerate(NAMES.items())
    )
    known = [
        FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
        for module in (duration_pb2, struct_pb2, timestamp_pb2, wrappers_pb2)
    ]
    made = file(
        f"""
        message Every {{ {fields} repeated Pair pairs = 100; repeated Named named = 101; }}
        message Part {{}}
        message Pair {{ string key = 1; bool value = 2; }}
        message Named {{ Thing thing = 2; string name = 1; }}
        message Thing {{ int32 size = 1; }}
        enum Size {{ NONE = 0; SMALL = 1; }}
        """,
        "stored/x.proto",
        package="stored",  # which no other test loads messages of
        imports=[item.name for item in known],
    )
    folder = tmp_path_factory.mktemp("every")
    (folder / "stored.toml").write_text(
        '[messages."stored.Every".fields]\npairs.reshape = "pairs"\n'
        'named.reshape = "pairs"\nnamed.raw = "things"\n'
    )
    descriptors = FileDescriptorSet(file=[*known, made])
    package = generate_from_set(folder / "out", "stored", descriptors, "--overlay", str(folder))
    with importable(package.folder):
        yield package.model_classes["stored.Every"]


def stored(every: Any, name: str, value: object) -> tuple[object, object]:
    """What a constructor and ``replace`` make of a value: a model, or the words of a refusal."""

    def told(make: Callable[[], object]) -> object:
        try:
            return make()
        except (TypeError, ValueError) as error:
            return f"{type(error).__name__}: {error}"

    return told(lambda: every(**{name: value})), told(lambda: every().replace(**{name: value}))


@pytest.mark.parametrize("type_", SAMPLES)
def test_constructors_and_replace_take_the_same(every: Any, type_: str) -> None:
    name = NAMES[type_]
    for value in SAMPLES[type_][0]:
        for field, given in (
            (name, value),
            (f"{name}_list", [value, value]),
            (f"{name}_map", {"a": value}),
        ):
            built, replaced = stored(every, field, given)
            assert built == replaced
            assert getattr(built, field) == given


@pytest.mark.parametrize("type_", SAMPLES)
def test_constructors_and_replace_refuse_the_same_in_the_same_words(every: Any, type_: str) -> None:
    name = NAMES[type_]
    cases: list[tuple[str, object]] = [(f"{name}_list", "ab"), (f"{name}_map", "ab")]
    for value in SAMPLES[type_][1]:
        cases += [(name, value), (f"{name}_list", [value]), (f"{name}_map", {"a": value})]
    for field, given in cases:
        built, replaced = stored(every, field, given)
        assert built == replaced
        assert f"Every.{field} " in str(built)


def test_pairs_are_stored_as_maps_are(every: Any) -> None:
    built, replaced = stored(every, "pairs", {"a": True})
    assert built == replaced
    assert getattr(built, "pairs") == {"a": True}  # noqa: B009
    refused, too = stored(every, "pairs", {"a": 1})
    assert refused == too
    assert "a mapping of str to bool" in str(refused)


def test_pairs_may_hold_models_under_any_names(every: Any) -> None:
    thing, other = (sys.modules[every.__module__].Thing(size=size) for size in (3, 4))
    built, replaced = stored(every, "named", {"a": thing, "b": other})
    assert built == replaced
    model: Any = built
    assert model.named == {"a": thing, "b": other}
    assert [(item.name, item.thing.size) for item in model.things] == [("a", 3), ("b", 4)]
    assert "c" not in model.named
    assert every.from_bytes(model.to_bytes()).named == model.named
    for wrong in ({"a": 7}, {7: thing}, [thing], {"a": None}):
        refused, too = stored(every, "named", wrong)
        assert refused == too
        assert "Every.named must be " in str(refused)
    refused, _ = stored(every, "named", [thing])
    assert "a mapping of str to Thing" in str(refused)


@pytest.mark.parametrize(
    ("reshape", "part"),
    [
        ("pairs", "string key = 1; Size value = 2;"),
        ("pairs", "string key = 1; repeated string value = 2;"),
        ("pairs", "string key = 1; google.protobuf.Timestamp value = 2;"),
        ("pairs", "Part key = 1; string value = 2;"),
        ("pairs", "string key = 1; Part value = 2; string note = 3;"),
        ("pairs", "string class = 1; Part value = 2;"),
        ("pairs", "string key = 1; oneof one { Part value = 2; }"),
        ("choice", "oneof one { string text = 1; Size size = 2; }"),
        ("choice", "oneof one { string text = 1; } string other = 2;"),
    ],
)
def test_only_some_messages_are_shown_without_what_is_around_their_fields(
    reshape: Reshape, part: str
) -> None:
    text = f"message M {{ repeated Part parts = 1; }} message Part {{ {part} }}"
    timestamp = FileDescriptorProto.FromString(timestamp_pb2.DESCRIPTOR.serialized_pb)
    known = [timestamp] if timestamp.package in part else []
    imports = [item.name for item in known]
    made = file(f"{text} enum Size {{ NONE = 0; }}", imports=imports, known=known)
    source = source_of(*known, made)
    fields = {"parts": FieldOverlay(reshape=reshape)}
    with pytest.raises(GenerationError, match=f"M.parts is no '{reshape}'"):
        build(source, Overlay(messages={"acme.M": MessageOverlay(fields=fields)}))


@pytest.mark.parametrize(
    ("takes", "field"),
    [
        ("message", "string f = 1;"),
        ("message", "map<string, Part> f = 1;"),
        ("one", "Part f = 1;"),
        ("one", "repeated string f = 1;"),
        ("zero", "int32 f = 1;"),
        ("false", "bool f = 1;"),
        ("false", "oneof one { string f = 1; bool g = 2; }"),
    ],
)
def test_what_a_field_has_no_room_for_cannot_be_taken_for_it(takes: Takes, field: str) -> None:
    source = source_of(file(f"message M {{ {field} }} message Part {{}}"))
    overlay = Overlay(messages={"acme.M": MessageOverlay(fields={"f": FieldOverlay(takes=takes)})})
    with pytest.raises(GenerationError, match=f"M.f cannot take '{takes}': it is "):
        build(source, overlay)


def test_the_run_time_library_stores_what_the_generator_leaves_to_it() -> None:
    writers = {name: writer.__name__ for name, writer in convert.WRITERS.items()}
    assert writers == {name: f"write_{native.function}" for name, native in NATIVES.items()}
    assert WRAPPERS.keys() == convert.WRAPPERS
