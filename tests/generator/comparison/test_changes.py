"""Every kind of change, on pairs made by hand: that it is found, and what it is said to mean."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import pytest
from google.protobuf import any_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.rpc import status_pb2
from hypothesis import given, strategies as st

from flytegen.comparison import diff
from flytegen.comparison.changes import Change, Changes
from flytegen.comparison.compatibility import Level
from flytegen.comparison.facts import Thing, facts_of
from flytegen.overlay.entries import FieldOverlay, MessageOverlay, Overlay, PackageOverlay
from tests.generator.protos import file, side

Item = FileDescriptorProto | Sequence[FileDescriptorProto]

PART = "message Part { string name = 1; }"
TWIN = "message Twin { string name = 1; }"
OTHER = "message Other { int32 size = 2; }"
COLOUR = "enum Colour { NONE = 0; RED = 1; }"
SHADE = "enum Shade { NONE_SHADE = 0; DARK = 1; }"
WRAPPERS = "google/protobuf/wrappers.proto"


class Said(NamedTuple):
    """What a test expects of one change."""

    thing: Thing
    name: str
    how: str
    wire: Level
    json: Level
    python: Level


def changes_of(old: Item, new: Item, overlay: Overlay | None = None) -> Changes:
    before, after = (
        side(*([item] if isinstance(item, FileDescriptorProto) else item)) for item in (old, new)
    )
    report = diff(before, after, overlay or Overlay())
    assert report.notes == ()
    for total in report.changes.totals:
        assert total.old + total.added - total.removed == total.new, total
    return report.changes


def said(changes: Changes) -> list[Said]:
    return [
        Said(
            item.thing,
            item.name.removeprefix("acme."),
            item.how,
            item.wire.level,
            item.json.level,
            item.python.level,
        )
        for item in changes.changes
    ]


def fields(text: str = "", syntax: str = "proto3") -> FileDescriptorProto:
    """A file in which a message has these fields, and all that they may need."""
    others = "".join((PART, TWIN, OTHER, COLOUR, SHADE))
    if syntax == "proto2":
        others = re.sub(r"(string|int32)", r"optional \1", others)
    imports = [WRAPPERS] if "google." in text else []
    return file(f"message M {{ {text} }} {others}", syntax=syntax, imports=imports)


def only(changes: Changes) -> Change:
    (change,) = changes.changes
    return change


# ---- Coming, going, and being called otherwise ---------------------------------------------------


def test_the_same_twice_is_no_change() -> None:
    assert changes_of(fields("string a = 1;"), fields("string a = 1;")).changes == ()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            file(PART),
            file(PART + OTHER),
            Said("message", "Other", "added", "same", "same", "compatible"),
            id="message added",
        ),
        pytest.param(
            file(PART + OTHER),
            file(PART),
            Said("message", "Other", "removed", "breaking", "breaking", "breaking"),
            id="message removed",
        ),
        pytest.param(
            file(PART),
            file(TWIN),
            Said("message", "Twin", "renamed", "risky", "risky", "breaking"),
            id="message renamed",
        ),
        pytest.param(
            [file(PART), file(name="acme/y.proto")],
            [file(), file(PART, name="acme/y.proto")],
            Said("message", "Part", "moved", "same", "same", "breaking"),
            id="message moved",
        ),
        pytest.param(
            file(PART),
            [file(PART), file(name="acme/y.proto")],
            Said("module", "acme/y.proto", "added", "same", "same", "compatible"),
            id="module added",
        ),
        pytest.param(
            [file(PART), file(name="acme/y.proto")],
            file(PART),
            Said("module", "acme/y.proto", "removed", "same", "same", "breaking"),
            id="module removed",
        ),
        pytest.param(
            file("message M {}"),
            file("message M { option deprecated = true; }"),
            Said("message", "M", "deprecated", "same", "same", "compatible"),
            id="message deprecated",
        ),
        pytest.param(
            fields("string a = 1;"),
            fields("string a = 1; string b = 2;"),
            Said("field", "M.b", "added", "compatible", "compatible", "compatible"),
            id="field added",
        ),
        pytest.param(
            fields("string a = 1; string b = 2;"),
            fields("string a = 1;"),
            Said("field", "M.b", "removed", "compatible", "breaking", "breaking"),
            id="field removed",
        ),
        pytest.param(
            fields("string a = 1;"),
            fields("string b = 1;"),
            Said("field", "M.b", "renamed", "same", "breaking", "breaking"),
            id="field renamed",
        ),
        pytest.param(
            fields("string a = 1;"),
            fields('string b = 1 [json_name = "a"];'),
            Said("field", "M.b", "renamed", "same", "same", "breaking"),
            id="field renamed under one JSON name",
        ),
        pytest.param(
            fields("string a = 1;"),
            fields('string a = 1 [json_name = "other"];'),
            Said("field", "M.a", "JSON name changed", "same", "same", "same"),
            id="readers of JSON take the field's own name too",
        ),
        pytest.param(
            fields('string a = 1 [json_name = "other"];'),
            fields('string a = 1 [json_name = "another"];'),
            Said("field", "M.a", "JSON name changed", "same", "breaking", "same"),
            id="JSON name changed",
        ),
        pytest.param(
            fields("string a = 1;"),
            fields("string a = 2;"),
            Said("field", "M.a", "renumbered", "breaking", "same", "risky"),
            id="field renumbered",
        ),
        pytest.param(
            fields("string a = 1;"),
            fields("string a = 1 [deprecated = true];"),
            Said("field", "M.a", "deprecated", "same", "same", "compatible"),
            id="field deprecated",
        ),
        pytest.param(
            fields("string a = 1 [deprecated = true];"),
            fields("string a = 1;"),
            Said("field", "M.a", "no longer deprecated", "same", "same", "compatible"),
            id="field no longer deprecated",
        ),
        pytest.param(
            fields("oneof choice { string a = 1; string b = 2; }"),
            fields("oneof which { string a = 1; string b = 2; }"),
            Said("oneof", "M.which", "renamed", "same", "same", "breaking"),
            id="oneof renamed",
        ),
        pytest.param(
            file(COLOUR),
            file(COLOUR + SHADE),
            Said("enum", "Shade", "added", "same", "same", "compatible"),
            id="enum added",
        ),
        pytest.param(
            file(COLOUR + SHADE),
            file(COLOUR),
            Said("enum", "Shade", "removed", "same", "same", "breaking"),
            id="enum removed",
        ),
        pytest.param(
            file("enum Before { A = 0; B = 1; }"),
            file("enum After { A = 0; B = 1; }"),
            Said("enum", "After", "renamed", "compatible", "compatible", "breaking"),
            id="enum renamed",
        ),
        pytest.param(
            file("enum E { A = 0; B = 1; }"),
            file("enum E { A = 0; B = 1; }", syntax="proto2"),
            Said("enum", "E", "opened or closed", "risky", "risky", "same"),
            id="enum closed",
        ),
        pytest.param(
            file("enum E { A = 0; }", syntax="proto2"),
            file("enum E { A = 0; }"),
            Said("enum", "E", "opened or closed", "compatible", "compatible", "same"),
            id="enum opened",
        ),
        pytest.param(
            file("enum E { A = 0; }"),
            file("enum E { A = 0; B = 1; }"),
            Said("value", "E.B", "added", "same", "same", "compatible"),
            id="value added",
        ),
        pytest.param(
            file("enum E { A = 0; B = 1; }"),
            file("enum E { A = 0; }"),
            Said("value", "E.B", "removed", "compatible", "breaking", "breaking"),
            id="value removed",
        ),
        pytest.param(
            file("enum E { A = 0; B = 1; }", syntax="proto2"),
            file("enum E { A = 0; }", syntax="proto2"),
            Said("value", "E.B", "removed", "risky", "breaking", "breaking"),
            id="value of a closed enum removed",
        ),
        pytest.param(
            file("enum E { A = 0; B = 1; }"),
            file("enum E { A = 0; C = 1; }"),
            Said("value", "E.C", "renamed", "same", "breaking", "breaking"),
            id="value renamed",
        ),
        pytest.param(
            file("enum E { A = 0; B = 1; }"),
            file("enum E { A = 0; B = 2; }"),
            Said("value", "E.B", "renumbered", "breaking", "same", "risky"),
            id="value renumbered",
        ),
        pytest.param(
            file("enum E { A = 0; B = 1; }"),
            file("enum E { A = 0; B = 1 [deprecated = true]; }"),
            Said("value", "E.B", "deprecated", "same", "same", "compatible"),
            id="value deprecated",
        ),
        pytest.param(
            file("enum E { A = 0; } service S {}"),
            file("enum E { A = 0; }"),
            Said("service", "S", "removed", "breaking", "same", "breaking"),
            id="service removed",
        ),
        pytest.param(
            file(PART),
            file(PART + "service S { rpc Get(Part) returns (Part); }"),
            Said("service", "S", "added", "same", "same", "compatible"),
            id="service added",
        ),
        pytest.param(
            [file(PART + "service S {}"), file("service T {}", name="acme/y.proto")],
            [file(PART), file("service S {} service T {}", name="acme/y.proto")],
            Said("service", "S", "moved", "same", "same", "breaking"),
            id="service moved",
        ),
        pytest.param(
            file(PART + "service S { rpc Get(Part) returns (Part); }"),
            file(
                PART + "service S { rpc Get(Part) returns (Part); rpc Put(Part) returns (Part); }"
            ),
            Said("RPC", "S.Put", "added", "same", "same", "compatible"),
            id="RPC added",
        ),
        pytest.param(
            file(
                PART + "service S { rpc Get(Part) returns (Part); rpc Put(Part) returns (Part); }"
            ),
            file(PART + "service S { rpc Get(Part) returns (Part); }"),
            Said("RPC", "S.Put", "removed", "breaking", "same", "breaking"),
            id="RPC removed",
        ),
        pytest.param(
            file(PART + "service S { rpc Get(Part) returns (Part); }"),
            file(PART + "service S { rpc Fetch(Part) returns (Part); }"),
            Said("RPC", "S.Fetch", "renamed", "breaking", "same", "breaking"),
            id="RPC renamed",
        ),
        pytest.param(
            file(PART + OTHER + "service S { rpc Get(Part) returns (Part); }"),
            file(PART + OTHER + "service S { rpc Get(Part) returns (Other); }"),
            Said("RPC", "S.Get", "retyped", "breaking", "breaking", "breaking"),
            id="RPC retyped",
        ),
        pytest.param(
            file(PART + TWIN + "service S { rpc Get(Part) returns (Part); }"),
            file(PART + TWIN + "service S { rpc Get(Twin) returns (Part); }"),
            Said("RPC", "S.Get", "retyped", "compatible", "compatible", "breaking"),
            id="RPC retyped to a message with the same fields",
        ),
        pytest.param(
            file(PART + "service S { rpc Get(Part) returns (Part); }"),
            file(PART + "service S { rpc Get(Part) returns (stream Part); }"),
            Said("RPC", "S.Get", "streaming changed", "breaking", "same", "breaking"),
            id="RPC streams",
        ),
        pytest.param(
            file(PART + "service S { rpc Get(Part) returns (Part); }"),
            file(PART + "service S { rpc Get(Part) returns (Part) { option deprecated = true; } }"),
            Said("RPC", "S.Get", "deprecated", "same", "same", "compatible"),
            id="RPC deprecated",
        ),
    ],
)
def test_each_kind_of_change_is_found_alone(old: Item, new: Item, expected: Said) -> None:
    assert said(changes_of(old, new)) == [expected]


# ---- Types, labels and presence ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "wire", "json", "python"),
    [
        ("int32", "int64", "compatible", "compatible", "same"),
        ("int64", "int32", "risky", "risky", "same"),
        ("int32", "uint32", "risky", "risky", "same"),
        ("uint32", "int64", "compatible", "compatible", "same"),
        ("uint32", "uint64", "compatible", "compatible", "same"),
        ("bool", "int32", "compatible", "breaking", "breaking"),
        ("int32", "bool", "risky", "breaking", "breaking"),
        ("Colour", "int32", "compatible", "breaking", "breaking"),
        ("int32", "Colour", "compatible", "compatible", "breaking"),
        ("int64", "Colour", "risky", "risky", "breaking"),
        ("sint32", "sint64", "compatible", "compatible", "same"),
        ("sint64", "sint32", "risky", "risky", "same"),
        ("int32", "sint32", "breaking", "compatible", "same"),
        ("fixed32", "sfixed32", "risky", "risky", "same"),
        ("fixed64", "sfixed64", "risky", "risky", "same"),
        ("int32", "fixed32", "breaking", "risky", "same"),
        ("fixed32", "fixed64", "breaking", "compatible", "same"),
        ("fixed32", "float", "breaking", "risky", "breaking"),
        ("float", "double", "breaking", "compatible", "same"),
        ("double", "float", "breaking", "risky", "same"),
        ("int32", "double", "breaking", "compatible", "breaking"),
        ("int64", "double", "breaking", "risky", "breaking"),
        ("double", "int32", "breaking", "risky", "breaking"),
        ("string", "bytes", "compatible", "breaking", "breaking"),
        ("bytes", "string", "risky", "breaking", "breaking"),
        ("Part", "bytes", "compatible", "breaking", "breaking"),
        ("bytes", "Part", "risky", "breaking", "breaking"),
        ("string", "Part", "breaking", "breaking", "breaking"),
        ("string", "int32", "breaking", "risky", "breaking"),
        ("int64", "string", "breaking", "compatible", "breaking"),
        ("int32", "string", "breaking", "breaking", "breaking"),
        ("Colour", "string", "breaking", "risky", "breaking"),
        ("string", "Colour", "breaking", "risky", "breaking"),
        ("Colour", "Shade", "risky", "breaking", "breaking"),
        ("Part", "Twin", "compatible", "compatible", "breaking"),
        ("Part", "Other", "breaking", "breaking", "breaking"),
        ("bool", "google.protobuf.BoolValue", "breaking", "compatible", "breaking"),
        ("map<string, int32>", "map<string, int64>", "compatible", "compatible", "same"),
        ("map<string, int32>", "map<string, string>", "breaking", "breaking", "breaking"),
        ("map<string, Part>", "map<string, Twin>", "compatible", "compatible", "breaking"),
        ("map<int32, Part>", "map<int64, Part>", "compatible", "compatible", "same"),
    ],
)
def test_a_type_is_judged_by_what_protobuf_reads_and_json_takes(
    old: str, new: str, wire: Level, json: Level, python: Level
) -> None:
    change = only(changes_of(fields(f"{old} a = 1;"), fields(f"{new} a = 1;")))
    assert change.how == "retyped"
    assert (change.wire.level, change.json.level, change.python.level) == (wire, json, python)


@pytest.mark.parametrize(
    ("old", "new", "wire", "json"),
    [
        ("string", "repeated string", "compatible", "breaking"),
        ("int32", "repeated int32", "compatible", "breaking"),
        ("repeated string", "string", "risky", "breaking"),
        ("repeated Part", "Part", "risky", "breaking"),
        ("repeated int32", "int32", "breaking", "breaking"),
    ],
)
def test_a_label_is_judged_by_how_lists_are_written(
    old: str, new: str, wire: Level, json: Level
) -> None:
    change = only(changes_of(fields(f"{old} a = 1;"), fields(f"{new} a = 1;")))
    assert change.how == "label changed"
    assert (change.wire.level, change.json.level) == (wire, json)
    assert change.python.level == "breaking"


def test_a_list_that_is_not_packed_leaves_its_last_value_to_a_single_field() -> None:
    old = fields("repeated int32 a = 1;", syntax="proto2")
    change = only(changes_of(old, fields("optional int32 a = 1;", syntax="proto2")))
    assert (change.how, change.wire.level) == ("label changed", "risky")


def test_numbers_that_become_values_of_a_closed_enum_may_be_put_aside() -> None:
    old, new = (fields(f"optional {kind} a = 1;", syntax="proto2") for kind in ("int32", "Colour"))
    change = only(changes_of(old, new))
    assert (change.wire.level, change.json.level) == ("risky", "risky")


def test_messages_without_a_field_are_refused_once_it_is_required() -> None:
    optional, required = (
        fields(f"{label} string a = 1;", syntax="proto2") for label in ("optional", "required")
    )
    assert only(changes_of(optional, required)).wire.level == "breaking"
    assert only(changes_of(required, optional)).wire.level == "compatible"
    assert only(changes_of(fields(syntax="proto2"), required)).wire.level == "breaking"


def test_a_map_and_a_list_of_its_entries_have_the_same_bytes_but_not_the_same_json() -> None:
    entry = "message Pair { string key = 1; int32 value = 2; }"
    old = file("message M { map<string, int32> a = 1; }" + entry)
    new = file("message M { repeated Pair a = 1; }" + entry)
    change = only(changes_of(old, new))
    assert (change.how, change.wire.level, change.json.level) == (
        "retyped",
        "compatible",
        "breaking",
    )


@pytest.mark.parametrize(
    ("old", "new", "wire", "python"),
    [
        ("string a = 1;", "optional string a = 1;", "compatible", "breaking"),
        ("optional string a = 1;", "string a = 1;", "risky", "risky"),
    ],
)
def test_presence_is_what_makes_a_property_optional(
    old: str, new: str, wire: Level, python: Level
) -> None:
    change = only(changes_of(fields(old), fields(new)))
    assert change.how == "presence changed"
    assert (change.wire.level, change.python.level) == (wire, python)
    assert "str | None" in change.python.text


def test_a_default_of_proto2_is_what_unset_reads_as() -> None:
    old, new = (fields(f"optional int32 a = 1 [default = {n}];", syntax="proto2") for n in (1, 2))
    change = only(changes_of(old, new))
    assert (change.how, change.before, change.after) == ("default changed", "1", "2")
    assert change.wire.level == "risky"


# ---- Oneofs --------------------------------------------------------------------------------------


def test_a_field_alone_in_a_new_oneof_excludes_nothing() -> None:
    changes = changes_of(
        fields("string a = 1;"), fields("oneof choice { string a = 1; string b = 2; }")
    )
    moved = next(item for item in changes.changes if item.how == "moved into a oneof")
    assert (moved.wire.level, moved.json.level, moved.python.level) == (
        "compatible",
        "compatible",
        "breaking",
    )
    assert {(item.thing, item.how) for item in changes.changes} == {
        ("field", "moved into a oneof"),
        ("field", "added"),
        ("oneof", "added"),
    }


def test_of_fields_that_move_into_one_oneof_only_the_last_is_kept() -> None:
    changes = changes_of(
        fields("string a = 1; string b = 2;"),
        fields("oneof choice { string a = 1; string b = 2; }"),
    )
    moved = [item for item in changes.changes if item.how == "moved into a oneof"]
    assert [item.wire.level for item in moved] == ["risky", "risky"]
    assert "`b`" in moved[0].wire.text


def test_a_field_that_joins_an_old_member_may_lose_its_value() -> None:
    old = fields("string a = 1; oneof choice { string b = 2; string c = 3; }")
    new = fields("oneof choice { string a = 1; string b = 2; string c = 3; }")
    change = only(changes_of(old, new))
    assert (change.how, change.wire.level) == ("moved into a oneof", "risky")
    assert "which_choice" in change.python.text


def test_a_field_that_leaves_a_oneof_reads_as_before_and_is_no_longer_none() -> None:
    old = fields("oneof choice { string a = 1; string b = 2; string c = 3; }")
    new = fields("string a = 1; oneof choice { string b = 2; string c = 3; }")
    change = only(changes_of(old, new))
    assert change.how == "moved out of a oneof"
    assert (change.wire.level, change.python.level) == ("compatible", "risky")


def test_a_field_in_another_oneof_is_told_once() -> None:
    old = fields("oneof x { string a = 1; string b = 2; } oneof y { string c = 3; string d = 4; }")
    new = fields("oneof y { string a = 1; string c = 3; string d = 4; } oneof x { string b = 2; }")
    changes = changes_of(old, new)
    assert ("moved to another oneof", "risky") in [
        (item.how, item.wire.level) for item in changes.changes
    ]
    gone = next(item for item in changes.changes if item.thing == "oneof")
    assert (gone.how, gone.python.level) == ("changed in Python", "breaking")


def test_two_oneofs_that_become_one_are_a_rename_and_a_removal() -> None:
    old = fields("oneof x { string a = 1; string b = 2; } oneof y { string c = 3; string d = 4; }")
    new = fields("oneof z { string a = 1; string b = 2; string c = 3; string d = 4; }")
    oneofs = [item for item in changes_of(old, new).changes if item.thing == "oneof"]
    assert sorted(item.how for item in oneofs) == ["removed", "renamed"]


# ---- Numbers and names that come back ------------------------------------------------------------


def test_a_name_that_stays_counts_more_than_a_number_that_stays() -> None:
    old, new = fields("string a = 1; string b = 2;"), fields("string a = 2; string b = 1;")
    changes = changes_of(old, new)
    assert [item.how for item in changes.changes] == ["renumbered", "renumbered"]
    assert "read as those of `b`" in changes.changes[0].wire.text


def test_a_new_field_on_an_old_number_reads_what_was_not_meant_for_it() -> None:
    changes = changes_of(fields("string a = 1;"), fields("string b = 1; string a = 2;"))
    added = next(item for item in changes.changes if item.how == "added")
    assert added.wire.level == "breaking"


def test_a_reserved_number_that_is_used_again_is_risky() -> None:
    old, new = fields("reserved 3;"), fields("string a = 3;")
    assert only(changes_of(old, new)).wire.level == "risky"


def test_a_number_that_is_not_reserved_is_mentioned() -> None:
    old = fields("string a = 1;")
    assert "1 is not reserved" in only(changes_of(old, fields())).wire.text
    assert "reserved" not in only(changes_of(old, fields("reserved 1;"))).wire.text


def test_a_value_that_gets_an_alias_is_no_rename() -> None:
    old = file("enum E { A = 0; B = 1; }")
    change = only(
        changes_of(old, file("enum E { option allow_alias = true; A = 0; B = 1; C = 1; }"))
    )
    assert (change.name, change.how, change.wire.level) == ("acme.E.C", "added", "same")


def test_a_value_on_the_number_of_another_is_breaking() -> None:
    old = file("enum E { A = 0; B = 1; }")
    changes = changes_of(old, file("enum E { A = 0; C = 1; B = 2; }"))
    assert ("added", "breaking") in [(item.how, item.wire.level) for item in changes.changes]


def test_messages_that_nothing_tells_apart_are_not_taken_for_renamed() -> None:
    old = file("message A { string x = 1; } message B { string x = 1; }")
    changes = changes_of(old, file("message C { string x = 1; }"))
    assert sorted(item.how for item in changes.changes) == ["added", "removed", "removed"]


def test_users_of_a_renamed_message_are_not_retyped() -> None:
    old = file(PART + "message M { Part part = 1; map<string, Part> parts = 2; }")
    new = file(TWIN + "message M { Twin part = 1; map<string, Twin> parts = 2; }")
    assert only(changes_of(old, new)).how == "renamed"


def test_what_is_inside_of_a_message_comes_and_goes_and_is_renamed_with_it() -> None:
    inside = """
        Inner a = 1;
        oneof choice { string c = 2; }
        message Inner { string b = 1; }
        enum Kind { X = 0; Y = 1; }
    """
    holder, keeper = (f"message {name} {{ {inside} }}" for name in ("Holder", "Keeper"))
    added = only(changes_of(file(PART), file(PART + holder)))
    assert added.holds == {"message": 1, "field": 3, "oneof": 1, "enum": 1, "value": 2}
    renamed = only(changes_of(file(holder), file(keeper)))
    assert (renamed.how, renamed.before, renamed.after) == ("renamed", "acme.Holder", "acme.Keeper")


def test_a_message_that_refers_to_itself_is_judged_in_the_end() -> None:
    tree, bush = "message Tree { Tree next = 1; }", "message Bush { Bush next = 1; }"
    old, new = (file(f"{tree} {bush} message M {{ {name} a = 1; }}") for name in ("Tree", "Bush"))
    assert only(changes_of(old, new)).wire.level == "compatible"


# ---- Python --------------------------------------------------------------------------------------


def overlay_of(name: str, said_of_it: MessageOverlay) -> Overlay:
    return Overlay(package=PackageOverlay(name="acme"), messages={name: said_of_it})


def test_a_python_name_that_the_overlay_keeps_breaks_no_code() -> None:
    said_of_it = MessageOverlay(fields={"b": FieldOverlay(name="a")})
    old, new = fields("string a = 1;"), fields("string b = 1;")
    change = only(changes_of(old, new, overlay_of("acme.M", said_of_it)))
    assert (change.how, change.python.level) == ("renamed", "same")


def test_a_new_required_parameter_is_breaking_and_moves_those_after_it() -> None:
    said_of_it = MessageOverlay(positional=("b", "a"), required=("b",))
    old, new = fields("string a = 1;"), fields("string a = 1; string b = 2;")
    added, moved = changes_of(old, new, overlay_of("acme.M", said_of_it)).changes
    assert (added.how, added.python.level) == ("added", "breaking")
    assert (moved.name, moved.how, moved.python.level) == ("acme.M.a", "changed in Python", "risky")


def test_fields_of_messages_of_other_packages_are_compared_in_python_too() -> None:
    other = file("message Thing {}", "other/y.proto", package="other")
    text = "message M { other.Thing thing = 1; google.rpc.Status status = 2; %s }"
    status = FileDescriptorProto.FromString(status_pb2.DESCRIPTOR.serialized_pb)
    any_ = FileDescriptorProto.FromString(any_pb2.DESCRIPTOR.serialized_pb)
    imports, known = ["other/y.proto", status.name], [other, any_, status]
    old, new = (
        replace(
            side(file(text % more, imports=imports, known=known)), others={"other/y.proto": other}
        )  # of the two only one came along; the other is installed
        for more in ("", "other.Thing more = 3;")
    )
    report = diff(old, new, Overlay())
    assert report.notes == ()
    (change,) = report.changes.changes
    assert change.python.text == "`M` takes and gives `more: Thing | None`"


def test_python_is_left_out_where_the_models_cannot_be_built() -> None:
    strange = file("message M { M a = 1; }")
    strange.message_type[0].field[0].type_name = ".elsewhere.Thing"
    report = diff(side(file("message M {}")), side(strange), Overlay())
    assert "Python was not compared" in report.notes[0]
    (change,) = report.changes.changes
    assert (change.how, change.wire.level, change.python.level) == ("added", "compatible", "same")


# ---- All together --------------------------------------------------------------------------------


def test_the_worst_comes_first() -> None:
    old = fields("string a = 1; int64 b = 2; string c = 3;")
    new = fields("int32 b = 2; string c = 3; string d = 4;")
    levels = [item.level for item in changes_of(old, new).changes]
    assert levels == ["breaking", "risky", "compatible"]


NUMBERS = st.integers(1, 6)
TYPES = st.sampled_from(
    ["string", "int32", "repeated string", "optional bool", "map<string, Part>"]
)


@st.composite
def files(draw: st.DrawFn) -> FileDescriptorProto:
    """A small file, out of so few names that two of them have much in common."""
    items = [PART, TWIN]
    for name in draw(st.sets(st.sampled_from("ABC"))):
        kind = draw(enums("Kind", f"{name}_")) if draw(st.booleans()) else ""
        items.append(f"message {name} {{ {draw(members())} {kind} }}")
    items += [draw(enums(f"E{name}", f"E{name}_")) for name in draw(st.sets(st.sampled_from("FG")))]
    shapes = ["(Part) returns (Part)", "(Part) returns (stream Part)", "(Twin) returns (Part)"]
    for name in draw(st.sets(st.sampled_from("ST"))):
        names = draw(st.sets(st.sampled_from("klm")))
        rpcs = (f"rpc {rpc}{draw(st.sampled_from(shapes))};" for rpc in names)
        items.append(f"service {name} {{ {' '.join(rpcs)} }}")
    return file(" ".join(items))


@st.composite
def members(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from("pqrst"), unique=True))
    numbers = draw(st.lists(NUMBERS, unique=True, min_size=len(names)))
    alone, oneofs = [], defaultdict[str, list[str]](list)
    for name, number in zip(names, numbers, strict=False):
        oneof = draw(st.sampled_from(["", "", "x", "y"]))
        if oneof:
            oneofs[oneof].append(f"{draw(st.sampled_from(['string', 'int64']))} {name} = {number};")
        else:
            alone.append(f"{draw(TYPES)} {name} = {number};")
    grouped = (f"oneof {name} {{ {' '.join(texts)} }}" for name, texts in oneofs.items())
    return " ".join([*alone, *grouped])


@st.composite
def enums(draw: st.DrawFn, name: str, prefix: str) -> str:
    values = draw(st.lists(st.sampled_from("uvwx"), unique=True, min_size=1))
    numbers = [0, *draw(st.lists(NUMBERS, min_size=len(values) - 1, max_size=len(values) - 1))]
    alias = "option allow_alias = true;" if len({*numbers}) < len(numbers) else ""
    texts = (f"{prefix}{value} = {n};" for value, n in zip(values, numbers, strict=True))
    return f"enum {name} {{ {alias} {' '.join(texts)} }}"


@given(files(), files())
def test_what_was_and_what_came_less_what_went_is_what_is(
    old: FileDescriptorProto, new: FileDescriptorProto
) -> None:
    changes = changes_of(old, new)  # which looks at the totals
    counted = {total.thing: (total.old, total.new) for total in changes.totals}
    assert counted["field"] == tuple(
        sum(len(item.field) for item in made.message_type) for made in (old, new)
    )
    assert bool(changes.changes) == (content(old) != content(new))


def content(made: FileDescriptorProto) -> object:
    """What a file says, whatever the order in which it does."""
    facts = facts_of([made])
    messages = {
        name: replace(item, oneofs=tuple(sorted(item.oneofs)))
        for name, item in facts.messages.items()
    }
    return replace(facts, messages=messages)
