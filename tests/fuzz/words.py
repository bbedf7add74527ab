"""Descriptor sets and overlays that protobuf and TOML allow, with words of strangers in them."""

from __future__ import annotations

import copy
import tempfile
from functools import cache
from pathlib import Path
from random import Random

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from flytegen.overlay.entries import Overlay
from flytegen.read.descriptor_set import load_descriptor_set
from flytegen.read.source import Source
from tests.generator import hostile

INJECTED = "injected_by_a_stranger"
"""A name that generated code must not have."""

#: What ends a literal, a comment, a docstring, a line, a call or a template's text, and what code
#: there is then.
_PIECES = (
    *('"""', "'''", '"', "'", "\\", "\n", "\r", "\f", "\0", "\u2028", "\x85", "\x1b", "\ufeff"),
    *("#", "(", ")", "[", "]", "{", "}", ":", ";", ",", ".", "=", "@", " ", "    ", "*", "/"),
    *("{{", "}}", "{%", "%}", "{#", "\\N{DIGIT ONE}", "\\u0022", "coding=utf_7 +ACIAIgAi-"),
    *("f", "rb", "lambda: ", "import ", "del ", "class ", "None", "self", "_pb", "acme", "x", "A"),
    *(INJECTED, f"{INJECTED}()", "../", "/etc/", ".proto", "\u212a", "\uff21", "\xaa", "\ud7ff"),
)

#: An overlay as people write it.
OVERLAY_TEXT = """\
[package]
name = "acme"
root = "acme_models"

[messages."acme.A"]
doc = '''A message.'''
positional = ["name"]
mixins = ["acme_base.mixins:Mixin"]
fields.name = { name = "title", default = "said", doc = "A field." }
oneofs.choice.name = "chosen"

[enums."acme.Kind".values.SOME]
doc = "A value."

[services."acme.S".methods.Do]
name = "do_it"
raises = { NOT_FOUND = "Why." }

[layout.more]
names = { B = "acme.A" }
"""


@cache
def descriptors() -> FileDescriptorSet:
    """A set with everything in it that has a name or a comment."""
    return FileDescriptorSet(file=[hostile.descriptors()])


@cache
def source() -> Source:
    """The same, as the generator reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.binpb")
        path.write_bytes(descriptors().SerializeToString())
        return load_descriptor_set([path], "acme")


def spoil_set(chance: Random) -> FileDescriptorSet:
    """The set, of which a few words are others."""
    changed = copy.deepcopy(descriptors())
    places = list(hostile.texts_of(changed))
    for _, change in chance.sample(places, min(len(places), chance.randint(1, 4))):
        change(_word(chance))
    return changed


def spoil_overlay(chance: Random) -> Overlay:
    """The overlay, of which a few words are others.

    Raises:
        GenerationError: If an overlay cannot say that.
    """
    changed = copy.deepcopy(hostile.OVERLAY)
    for _ in range(chance.randint(1, 4)):
        places = list(hostile.words_of(changed))  # those below a key go with it
        chance.choice(places)[1](_word(chance))
    return hostile.overlay_of(changed)


def _word(chance: Random) -> str:
    return "".join(chance.choice(_PIECES) for _ in range(chance.randint(1, 6)))
