"""Names of a descriptor set and words of an overlay reach generated files as data only."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message

from flytegen.common.problems import GenerationError, Problems
from flytegen.decide.build import build
from flytegen.overlay.entries import Overlay
from flytegen.overlay.reader import Reader
from flytegen.read.descriptor_set import load_descriptor_set
from flytegen.read.source import Source
from flytegen.write.render import render
from flytegen.write.stubs import make_stubs, stub_request
from tests.generator.protos import compiled

TEMPLATES = Path(__file__).parents[2] / "templates"

#: What ends a literal, a comment, a docstring or a line, and what comes to Python's notice then.
HOSTILE = [
    '"""\nraise SystemExit\n"""',
    "x\nraise SystemExit\n#y.proto",
    "coding=utf_7 +ACIAIgAi- raise SystemExit",
    "'); raise SystemExit; ('",
    "\\",
    '\\"',
    'ends with "',
    "a\0b\x1b[31m\x0c\r\n\u2028\u202e",
    "{{ 7 * 7 }}{% raw %}{#",
]

_TEXT = """
syntax = "proto2";
package acme;
message A {
  option deprecated = true;
  enum E { ZERO = 0; ONE = 1; }
  message Inner { optional string text = 1 [default = "said"]; }
  optional string name = 1 [default = "said", json_name = "called", deprecated = true];
  optional bytes data = 2 [default = "said"];
  repeated Inner inners = 3;
  map<string, Inner> by_name = 4;
  oneof choice { string text = 5; E kind = 6; }
}
enum Kind { option deprecated = true; NONE = 0; SOME = 1; }
service S { option deprecated = true; rpc Do(A) returns (A) { option deprecated = true; } }
"""

_OVERLAY: dict[str, Any] = {
    "package": {
        "root": "acme_models", "services": "acme_services", "version": "1.0", "name": "acme",
        "remake": "make it", "base": "acme_base.model:Model", "stubs": "acme-stubs",
    },
    "files": {"acme/x.proto": {"doc": "A file."}},
    "messages": {
        "acme.A": {
            "doc": "A message.",
            "positional": ["title"],
            "mixins": ["acme_base.mixins:Mixin"],
            "base": "acme_base.model:Model",
            "names": {"Other": "acme.Kind"},
            "fields": {
                "name": {"name": "title", "default": "said", "doc": "A field."},
                "kind": {"default": "ONE"},
            },
            "oneofs": {"choice": {"name": "chosen", "doc": "A oneof."}},
        },
    },
    "enums": {
        "acme.Kind": {
            "doc": "An enum.",
            "mixins": ["acme_base.mixins:Mixin"],
            "names": {"FEW": "SOME"},
            "values": {"SOME": {"doc": "A value."}},
        }
    },
    "services": {
        "acme.S": {
            "doc": "A service.",
            "methods": {"Do": {"name": "do_it", "doc": "An RPC.", "raises": {"NOT_FOUND": "Why."}}},
        }
    },
    "layout": {"more": {"doc": "A layout.", "names": {"B": "acme.A"}}},
}  # fmt: skip
_OVERLAY["messages"]["acme.A"]["positional"] = ["name"]

Change: TypeAlias = Callable[[str], None]


@pytest.fixture(scope="module")
def descriptors() -> FileDescriptorProto:
    (made,) = compiled({"acme/x.proto": _TEXT})
    # Whoever compiles may put in comments, and options that nobody knows.
    for path, word in (([4, 0], "message"), ([4, 0, 2, 0], "field"), ([6, 0, 2, 0], "rpc")):
        made.source_code_info.location.add(
            path=path,
            span=[1, 1, 1],
            leading_comments=f"A {word}.",
            trailing_comments=f"After a {word}.",
            leading_detached_comments=[f"Long before a {word}."],
        )
    made.options.java_package = "com.acme"
    return made


def _source(folder: Path, made: FileDescriptorProto) -> Source:
    path = folder / "x.binpb"
    path.write_bytes(FileDescriptorSet(file=[made]).SerializeToString())
    return load_descriptor_set(path, "acme")


def _overlay(said: dict[str, Any]) -> Overlay:
    problems = Problems()
    overlay = Reader({}, problems).table(Overlay, said, ())
    problems.raise_if_any()
    return overlay


def _texts_of(message: Message, path: str = "") -> Iterator[tuple[str, Change]]:
    """Every string of a message, where it is and how to change it."""
    for field, value in message.ListFields():
        here = f"{path}.{field.name}"
        items = value if field.is_repeated else [value]
        for index, item in enumerate(items):
            if isinstance(item, Message):
                yield from _texts_of(item, f"{here}[{index}]")
            elif field.type == field.TYPE_STRING:
                yield f"{here}[{index}]", _setter(message, field.name, index, field.is_repeated)


def _setter(message: Message, name: str, index: int, is_repeated: bool) -> Change:
    def change(text: str) -> None:
        if is_repeated:
            getattr(message, name)[index] = text
        else:
            setattr(message, name, text)

    return change


def _words_of(said: Any, path: str = "") -> Iterator[tuple[str, Change]]:
    """Every string of an overlay, keys that are someone's words too."""
    for key in list(said) if isinstance(said, dict) else range(len(said)):
        value, here = said[key], f"{path}.{key}"
        if isinstance(value, str):
            yield here, partial(said.__setitem__, key)
        else:
            yield from _words_of(value, here)
        if isinstance(said, dict):
            yield f"{here} (key)", partial(_rename, said, str(key))


def _rename(table: dict[str, Any], key: str, name: str) -> None:
    table[name] = table.pop(key)


def _shape(files: dict[str, str]) -> list[list[str]]:
    """What Python finds in files, but for names and constants; their bytes, as it reads them."""
    trees = [ast.parse(text.encode()) for path, text in files.items() if path.endswith(".py")]
    return sorted([type(node).__name__ for node in ast.walk(tree)] for tree in trees)


def _names(files: dict[str, str]) -> set[str]:
    """Every name that code of the files has."""
    found: set[str] = set()
    for text in files.values():
        for node in ast.walk(ast.parse(text.encode())):
            found |= {value for value in vars(node).values() if isinstance(value, str)}
            if isinstance(node, ast.Constant):
                found.discard(str(node.value))
    return found


def _are_harmless(refusals: list[str]) -> bool:
    """Whether a terminal shows them as they are."""
    return all(line.isprintable() for text in refusals for line in text.split("\n"))


def test_no_string_of_a_descriptor_set_becomes_code(
    tmp_path: Path, descriptors: FileDescriptorProto
) -> None:
    overlay = Overlay()
    honest = _shape(render(build(_source(tmp_path, descriptors), overlay), [TEMPLATES]))
    paths = [path for path, _ in _texts_of(descriptors)]
    taken: set[str] = set()
    refusals: list[str] = []
    for text in HOSTILE:
        changed = copy.deepcopy(descriptors)
        for path in paths:
            trial = copy.deepcopy(changed)
            # A file stays in its folder: what differs else is how deep the packages are.
            dict(_texts_of(trial))[path](f"acme/{text}" if path == ".name[0]" else text)
            try:
                build(_source(tmp_path, trial), overlay)
            except GenerationError as error:
                refusals.append(str(error))
            else:
                changed = trial
                taken.add(path)
        source = _source(tmp_path, changed)
        assert _shape(render(build(source, overlay), [TEMPLATES])) == honest, text
        for stub in make_stubs(stub_request(source)).values():
            ast.parse(stub.encode())
            assert "SystemExit" not in _names({"stub": stub})
    assert _are_harmless(refusals)
    # What is free text is taken, and shown as that; what is a name is refused.
    assert {".name[0]", ".message_type[0].field[0].default_value[0]"} <= taken
    assert {path for path in paths if "_comments" in path} <= taken
    assert ".message_type[0].field[0].name[0]" in set(paths) - taken
    assert ".package[0]" in set(paths) - taken


def test_no_word_of_an_overlay_becomes_code(
    tmp_path: Path, descriptors: FileDescriptorProto
) -> None:
    source = _source(tmp_path, descriptors)
    honest = _shape(render(build(source, _overlay(copy.deepcopy(_OVERLAY))), [TEMPLATES]))
    paths = [path for path, _ in _words_of(_OVERLAY)]
    taken: set[str] = set()
    refusals: list[str] = []
    for text in HOSTILE:
        changed = copy.deepcopy(_OVERLAY)
        for path in paths:
            trial = copy.deepcopy(changed)
            dict(_words_of(trial))[path](text)
            try:
                build(source, _overlay(trial))
            except GenerationError as error:
                refusals.append(str(error))
            else:
                changed = trial
                taken.add(path)
        files = render(build(source, _overlay(changed)), [TEMPLATES])
        assert _shape(files) == honest, text
        assert "SystemExit" not in _names(files)
    assert _are_harmless(refusals)
    assert ".enums.acme.Kind.values.SOME.doc" in taken
    assert ".package.remake" in taken
    assert ".messages.acme.A.fields.name.name" in set(paths) - taken


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_default_that_is_no_number_can_be_imported(tmp_path: Path, value: float) -> None:
    (made,) = compiled(
        {"acme/x.proto": 'syntax = "proto3"; package acme; message A { double rate = 1; }'}
    )
    said = {"messages": {"acme.A": {"fields": {"rate": {"default": value}}}}}
    files = render(build(_source(tmp_path, made), _overlay(said)), [TEMPLATES])
    model = files["acme_models/x.py"]
    assert f'rate: float | None = float("{value}")' in model
