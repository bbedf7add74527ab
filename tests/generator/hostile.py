"""A descriptor set and an overlay that say all that can be said, and where their words are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message

from flytegen.common.problems import Problems
from flytegen.overlay.entries import Overlay
from flytegen.overlay.reader import Reader
from tests.generator.protos import compiled

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

OVERLAY: dict[str, Any] = {
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
OVERLAY["messages"]["acme.A"]["positional"] = ["name"]

Change: TypeAlias = Callable[[str], None]
"""Puts another text into a place."""


def descriptors() -> FileDescriptorProto:
    """A file with everything in it."""
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


def overlay_of(said: dict[str, Any]) -> Overlay:
    """An overlay, as it is read from TOML."""
    problems = Problems()
    overlay = Reader({}, problems).table(Overlay, said, ())
    problems.raise_if_any()
    return overlay


def texts_of(message: Message, path: str = "") -> Iterator[tuple[str, Change]]:
    """Every string of a message, where it is and how to change it."""
    for field, value in message.ListFields():
        here = f"{path}.{field.name}"
        items = value if field.is_repeated else [value]
        for index, item in enumerate(items):
            if isinstance(item, Message):
                yield from texts_of(item, f"{here}[{index}]")
            elif field.type == field.TYPE_STRING:
                yield f"{here}[{index}]", _setter(message, field.name, index, field.is_repeated)


def _setter(message: Message, name: str, index: int, is_repeated: bool) -> Change:
    def change(text: str) -> None:
        if is_repeated:
            getattr(message, name)[index] = text
        else:
            setattr(message, name, text)

    return change


def words_of(said: Any, path: str = "") -> Iterator[tuple[str, Change]]:
    """Every string of an overlay, keys that are someone's words too."""
    for key in list(said) if isinstance(said, dict) else range(len(said)):
        value, here = said[key], f"{path}.{key}"
        if isinstance(value, str):
            yield here, partial(said.__setitem__, key)
        else:
            yield from words_of(value, here)
        if isinstance(said, dict):
            yield f"{here} (key)", partial(_rename, said, str(key))


def _rename(table: dict[str, Any], key: str, name: str) -> None:
    table[name] = table.pop(key)
