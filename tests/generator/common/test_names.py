"""From proto names to Python names."""

from __future__ import annotations

import keyword
import re
from dataclasses import replace
from enum import IntEnum
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from hypothesis import given, strategies as st

from flytebind import models
from flytebind.runtime import FlyteIdlEntity, OpenEnum
from flytebind.runtime.rpc import AsyncClient, AsyncServicer, Client, Servicer
from flytegen.common.names import Context, escape, reserved_names, snake_case
from flytegen.common.problems import Problems
from flytegen.decide.places import class_names, module_names
from flytegen.decide.services import COMPANIONS
from flytegen.read.source import protoc_module
from tests.generator.sources import source_of

CONTEXTS: list[Context] = ["attribute", "class", "enum_value", "method", "module"]
# Short ones meet more often, long ones are what people write.
identifiers = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,3}", fullmatch=True) | st.from_regex(
    r"[A-Za-z_][A-Za-z0-9_]*", fullmatch=True
)
awkward = st.builds(
    lambda before, name, after: before + name + after,
    st.sampled_from(["", "_", "__"]),
    st.sampled_from(sorted(reserved_names("attribute") | reserved_names("enum_value"))),
    st.sampled_from(["", "_", "__", "___"]),
)

GOLDEN = Path(__file__).parents[1] / "golden/names.txt"
DOCUMENT = (Path(__file__).parents[3] / "docs/names.md").read_text(encoding="utf-8")

RENAMED = """\
Names that people use would change:
    {}
They are promised to stay (docs/names.md). What has to change goes with a new major version: change
golden/names.txt by hand, and tell users in CHANGELOG.md what to write instead."""
NEW = """\
These names are reserved, and golden/names.txt has no row for them: {}.
A name that is reserved anew renames what has it now. If nobody can have it yet, add the rows."""


def frozen() -> dict[tuple[str, str], str]:
    """What each row of the table promises: a kind of name, a name in the .proto, one in Python."""
    rows = (line.split() for line in GOLDEN.read_text(encoding="utf-8").splitlines())
    return {(kind, name): python_name for kind, name, _, python_name in rows}


def python_name(kind: str, name: str) -> str:
    if kind == "oneof":
        return escape(snake_case(name), "attribute")
    if kind == "rpc":
        return escape(snake_case(name), "method")
    if kind == "file":
        proto = FileDescriptorProto(name=name)
        source = replace(source_of(proto), package="acme", modules={name: protoc_module(name)})
        return module_names(source, "acme_models", source.files, class_names, Problems())[name]
    return escape(name, next(context for context in CONTEXTS if context == kind))


def test_no_name_changes_that_people_use() -> None:
    changed = [
        f"{kind} {name}: {promised} would be {python_name(kind, name)}"
        for (kind, name), promised in frozen().items()
        if python_name(kind, name) != promised
    ]
    assert not changed, RENAMED.format("\n    ".join(changed))


def test_no_name_is_reserved_that_was_free() -> None:
    reserved = {(context, name) for context in CONTEXTS for name in reserved_names(context)}
    new = sorted(map(" ".join, reserved - frozen().keys()))
    assert not new, NEW.format(", ".join(new))


def test_the_document_lists_what_is_reserved() -> None:
    keywords = frozenset(keyword.kwlist)
    tables = {
        "everything": keywords,
        "fields, oneofs": reserved_names("attribute") - keywords,
        "messages and enums at": reserved_names("class") - keywords,
        "values": reserved_names("enum_value") - keywords,
        "RPCs": reserved_names("method") - keywords,
        "modules": reserved_names("module") - keywords,
    }
    for label, names in tables.items():
        (row,) = (row for row in DOCUMENT.splitlines() if row.startswith(f"| {label}"))
        assert sorted(re.findall(r"`(\w+)`", row)) == sorted(names)


def test_the_examples_in_the_document_are_true() -> None:
    contexts: dict[str, Context] = {
        "field": "attribute",
        "message": "class",
        "value": "enum_value",
    }
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| `(\w+)` \|", DOCUMENT, re.M)
    assert len(rows) > 10
    assert "`acme/import/a-b.v1.2.proto` is `acme_models.import_.a_b.v1.n2`" in DOCUMENT
    assert python_name("file", "acme/import/a-b.v1.2.proto") == "acme_models.import_.a_b.v1.n2"
    assert [escape(name, contexts[kind]) for name, kind, _ in rows] == [row[2] for row in rows]
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|()", DOCUMENT, re.M)
    assert len(rows) > 5
    assert [python_name("rpc", name) for name, *_ in rows] == [row[1] for row in rows]


@given(st.sampled_from(CONTEXTS), identifiers | awkward, identifiers | awkward)
def test_two_names_never_meet_in_one(context: Context, one: str, other: str) -> None:
    assert (escape(one, context) == escape(other, context)) == (one == other)


@given(st.sampled_from(CONTEXTS), identifiers | awkward)
def test_an_escaped_name_is_a_usable_identifier(context: Context, name: str) -> None:
    escaped = escape(name, context)
    assert escaped.isidentifier()
    assert not keyword.iskeyword(escaped)
    assert escaped not in reserved_names(context)


@given(identifiers | awkward)
def test_any_name_can_be_a_member_of_an_enum(name: str) -> None:
    escaped = escape(name, "enum_value")
    probe: type[IntEnum] = IntEnum("Probe", {escaped: 1})  # type: ignore[misc]  # a name made up
    assert probe(1).name == escaped


def test_every_public_member_of_a_model_is_reserved() -> None:
    members = {name for name in dir(FlyteIdlEntity) if not name.startswith("_")}
    assert members <= reserved_names("attribute")


def test_every_public_member_of_an_enum_is_reserved() -> None:
    members = {name for name in (*dir(OpenEnum), *dir(int)) if not name.startswith("_")}
    assert members <= reserved_names("enum_value")


def test_every_keyword_is_reserved_everywhere() -> None:
    for context in CONTEXTS:
        assert set(keyword.kwlist) <= reserved_names(context)


def test_what_the_root_packages_define_is_reserved_for_modules() -> None:
    functions = {name for name in vars(models) if not name.startswith("_")} & {"model_for"}
    assert functions
    assert functions | {*COMPANIONS} <= reserved_names("module")


@pytest.mark.parametrize("base", [AsyncClient, AsyncServicer, Client, Servicer])
def test_every_public_member_of_a_service_is_reserved(base: type) -> None:
    members = {name for name in (*dir(base), *base.__annotations__) if not name.startswith("_")}
    assert members <= reserved_names("method")
