"""The overlay is strict: what it cannot say is a problem, with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from flytegen.common.problems import GenerationError, Problems
from flytegen.decide.build import build
from flytegen.overlay.entries import (
    EnumOverlay,
    FieldOverlay,
    FileOverlay,
    LayoutOverlay,
    MessageOverlay,
    MethodOverlay,
    OneofOverlay,
    PackageOverlay,
    ServiceOverlay,
    Table,
)
from flytegen.overlay.load import load_overlay
from flytegen.overlay.reader import Reader
from flytegen.overlay.words import FieldOf
from flytegen.read.source import Source
from tests.generator.protos import file
from tests.generator.sources import OVERLAY, flyteidl, source_of


def problems_of(folder: Path, source: Source | None = None) -> str:
    with pytest.raises(GenerationError) as caught:
        build(source or flyteidl(), load_overlay(folder))
    return str(caught.value)


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("messagse = {}", ["messagse is not a key of an overlay", "Did you mean 'messages'?"]),
        ('[messages."flyteidl.core.Void"]\ndocs = ""', ["docs is not a key", "'doc'"]),
        ('[messages."flyteidl.core.Void"]\ndoc = 3', ['"flyteidl.core.Void".doc must be text']),
        ('[messages."flyteidl.core.Void".fields]\nx.nullable = 1', ["must be true or false"]),
        ('[messages."flyteidl.core.Void"]\nrequired = "x"', ["must be a list of names"]),
        ("files = 3", ["files must be a table"]),
        ("[package\n", ["is not TOML"]),
        ('[messages."flyteidl.core.Viod"]', ["no message called 'flyteidl.core.Viod'", ".Void'?"]),
        (
            '[messages."flyteidl.core.Blob"]\nrequired = ["url"]',
            ["no field of flyteidl.core.Blob called 'url'", "Did you mean 'uri'?"],
        ),
        (
            '[messages."flyteidl.core.Blob".oneofs]\nx.accessor = true',
            ["no oneof of flyteidl.core.Blob called 'x'"],
        ),
        ('[enums."flyteidl.core.Void"]', ["no enum called 'flyteidl.core.Void'"]),
        (
            '[enums."flyteidl.core.ResourceType".values]\nTSAK.doc = ""',
            ["no value of flyteidl.core.ResourceType called 'TSAK'", "'TASK'"],
        ),
        ('[files."flyteidl/core/x.proto"]', ["no file called 'flyteidl/core/x.proto'"]),
        (
            '[layout.x.names]\nA = "flyteidl.A"',
            ["layout.x.names.A: there is no message or enum called 'flyteidl.A'"],
        ),
        (
            '[messages."flyteidl.core.Blob"]\npositional = ["uri", "metadata"]\n'
            'required = ["metadata"]',
            ["required field after an optional one", "required parameters first"],
        ),
        (
            '[messages."flyteidl.core.Blob"]\npositional = ["uri"]\nrequired = ["metadata"]',
            ["required has 'metadata', which is not positional", "Add it"],
        ),
        (
            '[messages."flyteidl.core.Blob"]\nmixins = ["x.Y"]',
            ["Blob\".mixins: 'x.Y' must be a class, written as module:Class"],
        ),
        (
            '[messages."flyteidl.core.Blob"]\nbase = "x.Y"',
            ["Blob\".base: 'x.Y' must be a class, written as module:Class"],
        ),
        (
            '[enums."flyteidl.core.ResourceType"]\nmixins = ["Y"]',
            ["ResourceType\".mixins: 'Y' must be a class"],
        ),
        (
            '[layout.x.names]\nA = "x:y:A"',
            ["layout.x.names.A: 'x:y:A' must be a full proto name, or module:"],
        ),
        (
            '[enums."flyteidl.core.ResourceType".names]\nJOB = "TSAK"',
            ["no value of flyteidl.core.ResourceType called 'TSAK'", "'TASK'"],
        ),
        (
            '[messages."flyteidl.core.Blob".names]\nA = "flyteidl.core.ResourceType.TSAK"',
            [
                'Blob".names.A: there is no message, enum or value of an enum',
                "'flyteidl.core.ResourceType.TASK'",
            ],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nuri.name = "the uri"',
            ["fields.uri.name: 'the uri' cannot be a name", "begins with a letter"],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nuri.name = "class"',
            ["uri.name: 'class' cannot be a name", "It is spoken for; 'class_' is not."],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nuri.name = "to_pb"',
            ["uri.name: 'to_pb' cannot be a name", "It is spoken for; 'to_pb_' is not."],
        ),
        (
            '[messages."flyteidl.core.Blob".names]\n_pb = "flyteidl.core.Void"',
            ["messages.\"flyteidl.core.Blob\".names: '_pb' cannot be a name"],
        ),
        (
            '[messages."flyteidl.core.Literal".oneofs]\nvalue.name = "1st"',
            ["oneofs.value.name: '1st' cannot be a name"],
        ),
        (
            '[enums."flyteidl.core.ResourceType".names]\nmro = "TASK"',
            ["names: 'mro' cannot be a name", "'mro_'"],
        ),
        (
            '[services."flyteidl.service.AdminService".methods]\nGetTask.name = "import"',
            ["methods.GetTask.name: 'import' cannot be a name"],
        ),
        (
            '[layout."a-b".names]\n"A.B" = "flyteidl.core.Void"',
            ["layout: 'a-b' cannot be a name", "layout.a-b.names: 'A.B' cannot be a name"],
        ),
        (
            '[package]\nroot = "acme-models"',
            ["package.root: 'acme-models' must be the full name of a Python"],
        ),
        (
            '[package]\nbase = "acme.Base"',
            ["package.base: 'acme.Base' must be a class, written as module:"],
        ),
        ('[package]\nstubs = "../x"', ["package.stubs: '../x' must be a folder below the output"]),
        (
            '[package]\nroot = "acme"\nservices = "acme"',
            ["package.services must be another package than root"],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nuri.reshape = "pair"',
            ["reshape: 'pair' must be 'content', 'pairs' or 'choice'", "'pairs'?"],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nuri.default = []',
            ["default must be text, true or false, a number, a time or a table"],
        ),
        (
            '[messages."flyteidl.core.BlobType".fields]\ndimensionality.default = "DUAL"',
            ["dimensionality.default: there is no value of flyteidl.core.BlobType", "MULTIPART"],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nmetadata.default = { typ = 1 }',
            ["no argument of flyteidl.core.BlobMetadata called 'typ'", "Did you mean 'type'?"],
        ),
        (
            '[services."flyteidl.service.AdminService".methods.GetTask]\nraises.NOTFOUND = "x"',
            ["GetTask.raises: 'NOTFOUND' is no status code of gRPC", "'NOT_FOUND'?"],
        ),
    ],
)
def test_a_mistake_is_named_with_file_key_and_hint(
    tmp_path: Path, toml: str, expected: list[str]
) -> None:
    (tmp_path / "mistake.toml").write_text(toml)
    text = problems_of(tmp_path)
    assert all(part in text for part in ["mistake.toml" if "files." not in toml else "", *expected])


FIELDS = """
message Blob { Metadata metadata = 1; string uri = 2; }
message Metadata { string type = 1; string format = 2; }
message Literals { repeated Literal literals = 1; }
message Literal { Blob blob = 1; string hash = 2; }
message EnumType { repeated string values = 1; }
"""


@pytest.mark.parametrize(
    ("message", "key", "expected"),
    [
        ("Blob", 'uri.reshape = "content"', "a single message with one field"),
        ("Blob", 'metadata.reshape = "pairs"', "two fields: a scalar, and a scalar or a message"),
        ("Literals", 'literals.reshape = "choice"', "scalars in one oneof"),
        ("Blob", 'uri.raw = "address"', "Blob.uri has a raw name but no reshape"),
        ("Blob", "uri.default = {}", "Blob.uri cannot have the default {}"),
        ("EnumType", 'values.default = "a"', "cannot have the default 'a'"),
    ],
)
def test_what_does_not_fit_its_field_is_named_with_its_file(
    tmp_path: Path, message: str, key: str, expected: str
) -> None:
    (tmp_path / "x.toml").write_text(f'[messages."acme.{message}".fields]\n{key}')
    text = problems_of(tmp_path, source_of(file(FIELDS)))
    assert text.startswith(f"x.toml: acme.{message}.")
    assert expected in text


def test_all_mistakes_are_shown_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("one = 1\ntwo = 2\n")
    (tmp_path / "b.toml").write_text("[[[")
    text = problems_of(tmp_path)
    places = [text.index(part) for part in ("b.toml: is not TOML", "one is not", "two is not")]
    assert places == sorted(places)  # in the same order each time


def test_a_key_may_be_said_once_only(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[messages."flyteidl.core.Void"]\ndoc = "a"')
    (tmp_path / "b.toml").write_text('[messages."flyteidl.core.Void"]\ndoc = "b"')
    text = problems_of(tmp_path)
    assert 'b.toml: says messages."flyteidl.core.Void".doc again' in text
    assert "a.toml says it first" in text


def test_files_may_share_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[messages."flyteidl.core.Blob"]\ndoc = "a"')
    (tmp_path / "b.toml").write_text('[messages."flyteidl.core.Blob"]\nrequired = ["uri"]')
    message = load_overlay(tmp_path).messages["flyteidl.core.Blob"]
    assert (message.doc, message.required) == ("a", ("uri",))


def test_the_file_that_is_named_is_the_one_that_says_the_key(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[messages."flyteidl.core.Blob"]\ndoc = "a"')
    (tmp_path / "b.toml").write_text('[messages."flyteidl.core.Blob"]\nrequired = ["url"]')
    assert problems_of(tmp_path).startswith('b.toml: messages."flyteidl.core.Blob".required')


@dataclass(frozen=True)
class Painted(FieldOverlay):
    """What a new key takes."""

    colour: Literal["", "red", "green"] = ""
    beside: tuple[FieldOf, ...] = ()


def test_a_new_key_is_read_as_its_annotation_says() -> None:
    problems = Problems()
    reader = Reader({("x",): "x.toml", ("x", "colour"): "y.toml"}, problems)
    said = {"doc": " Blue. ", "colour": "red", "beside": ["uri"]}
    assert reader.table(Painted, said, ("x",)) == Painted(
        "x.toml", "Blue.", colour="red", beside=("uri",)
    )
    reader.table(Painted, {"colour": "rd", "beside": "uri"}, ("x",))
    with pytest.raises(GenerationError) as caught:
        problems.raise_if_any()
    colour, beside = map(str, caught.value.problems)
    assert colour == "y.toml: x.colour: 'rd' must be 'red' or 'green'\n    Did you mean 'red'?"
    assert beside.endswith("x.beside must be a list of names")


@pytest.mark.parametrize(
    ("head", "table", "before"),
    [
        ("package", PackageOverlay, ""),
        ("files.", FileOverlay, ""),
        ('messages."fly', MessageOverlay, ""),
        ('messages."...".fields', FieldOverlay, "NAME."),
        ('messages."...".oneofs', OneofOverlay, "NAME."),
        ("enums.", EnumOverlay, ""),
        ("services.", ServiceOverlay, ""),
        ("services.", MethodOverlay, "methods.NAME."),
        ("layout.", LayoutOverlay, ""),
    ],
)
def test_the_readme_says_what_each_key_means(head: str, table: type[Table], before: str) -> None:
    readme = (OVERLAY.parent / "README.md").read_text(encoding="utf-8")
    (section,) = [part for part in readme.split("\n`[")[1:] if part.startswith(head)]
    rows = re.findall(rf"^\| `{before}(\w+)", section, re.M)
    tables_of_their_own = {"fields", "oneofs"}
    assert {*rows} == table.keys().keys() - tables_of_their_own


def test_a_missing_folder_is_a_problem(tmp_path: Path) -> None:
    assert "is not a folder" in problems_of(tmp_path / "nowhere")


def test_two_names_that_meet_are_named_both(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        '[messages."flyteidl.core.Blob".fields]\nuri.name = "metadata"'
    )
    text = problems_of(tmp_path)
    assert "the field 'metadata' and the field 'uri' would both be called 'metadata'" in text
    assert '[messages."flyteidl.core.Blob".fields.uri] name' in text


def test_every_documented_class_of_the_reference_has_words_of_its_own() -> None:
    overlay = load_overlay(OVERLAY)
    library = build(flyteidl(), overlay)
    layout = overlay.layout["execution"].names.values()
    undocumented = [
        message.full_name
        for message in library.all_messages()
        if message.full_name in layout and not overlay.messages[message.full_name].doc
    ]
    assert undocumented == []
