"""The overlay is strict: what it cannot say is a problem, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from flytegen import locate
from flytegen.common.problems import GenerationError
from flytegen.decide.build import build
from flytegen.overlay.load import load_overlay
from flytegen.read.package import load_package


def problems_of(folder: Path) -> str:
    with pytest.raises(GenerationError) as caught:
        build(load_package("flyteidl"), load_overlay(folder))
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
        ('[layout.x.names]\nA = "flyteidl.A"', ["(layout of x) called 'flyteidl.A'"]),
        (
            '[messages."flyteidl.core.Blob"]\npositional = ["uri", "metadata"]\n'
            'required = ["metadata"]',
            ["required field after an optional one", "required parameters first"],
        ),
        (
            '[messages."flyteidl.core.Blob"]\npositional = ["uri"]\nrequired = ["metadata"]',
            ["metadata is required but not positional"],
        ),
        ('[messages."flyteidl.core.Blob"]\nmixins = ["x.Y"]', ["strange mixin 'x.Y'", "module:"]),
        ('[messages."flyteidl.core.Blob"]\nbase = "x.Y"', ["strange base 'x.Y'", "module:"]),
        ('[enums."flyteidl.core.ResourceType"]\nmixins = ["Y"]', ["strange mixin 'Y'"]),
        ('[layout.x.names]\nA = "x:y:A"', ["layout of x has a strange name 'x:y:A'"]),
        (
            '[enums."flyteidl.core.ResourceType".names]\nJOB = "TSAK"',
            ["no value of flyteidl.core.ResourceType called 'TSAK'", "'TASK'"],
        ),
        (
            '[messages."flyteidl.core.Blob".names]\nA = "flyteidl.core.ResourceType.TSAK"',
            ["(names of flyteidl.core.Blob)", "'flyteidl.core.ResourceType.TASK'"],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nuri.name = "the uri"',
            ["flyteidl.core.Blob cannot have the name 'the uri'", "begins with a letter"],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nuri.name = "class"',
            ["flyteidl.core.Blob cannot have the name 'class'"],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nuri.name = "to_pb"',
            ["cannot have the name 'to_pb'", "It is spoken for; 'to_pb_' is not."],
        ),
        (
            '[messages."flyteidl.core.Blob".names]\n_pb = "flyteidl.core.Void"',
            ["flyteidl.core.Blob cannot have the name '_pb'"],
        ),
        (
            '[messages."flyteidl.core.Literal".oneofs]\nvalue.name = "1st"',
            ["flyteidl.core.Literal cannot have the name '1st'"],
        ),
        (
            '[enums."flyteidl.core.ResourceType".names]\nmro = "TASK"',
            ["flyteidl.core.ResourceType cannot have the name 'mro'", "'mro_'"],
        ),
        (
            '[services."flyteidl.service.AdminService".methods]\nGetTask.name = "import"',
            ["flyteidl.service.AdminService cannot have the name 'import'"],
        ),
        (
            '[layout."a-b".names]\n"A.B" = "flyteidl.core.Void"',
            ["the layout of a-b cannot have the name 'a-b'", "cannot have the name 'A.B'"],
        ),
        ('[package]\nroot = "acme-models"', ["package.root must be the full name of a Python"]),
        ('[package]\nbase = "acme.Base"', ["package.base must be a class, written as module:"]),
        ('[package]\nstubs = "../x"', ["package.stubs must be a folder below the output"]),
        (
            '[package]\nroot = "acme"\nservices = "acme"',
            ["package.services must be another package than root"],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nuri.reshape = "pair"',
            ["reshape must be one of 'content', 'pairs', 'choice'", "'pairs'?"],
        ),
        (
            '[messages."flyteidl.core.Blob".fields]\nuri.default = []',
            ["must be text, a number, true, false, or a table"],
        ),
    ],
)
def test_a_mistake_is_named_with_file_key_and_hint(
    tmp_path: Path, toml: str, expected: list[str]
) -> None:
    (tmp_path / "mistake.toml").write_text(toml)
    text = problems_of(tmp_path)
    assert all(part in text for part in ["mistake.toml" if "files." not in toml else "", *expected])


@pytest.mark.parametrize(
    ("message", "key", "expected"),
    [
        ("Blob", 'uri.reshape = "content"', "a single message with one field"),
        ("Blob", 'metadata.reshape = "pairs"', "the scalars key and value"),
        ("LiteralCollection", 'literals.reshape = "choice"', "scalars in one oneof"),
        ("Blob", 'uri.raw = "address"', "Blob.uri has a raw name but no reshape"),
        ("Blob", "uri.default = {}", "Blob.uri cannot have the default {}"),
        ("EnumType", 'values.default = "a"', "cannot have the default 'a'"),
        ("BlobType", 'dimensionality.default = "DUAL"', "cannot have the default 'DUAL'"),
    ],
)
def test_what_does_not_fit_its_field_is_named_with_its_file(
    tmp_path: Path, message: str, key: str, expected: str
) -> None:
    (tmp_path / "x.toml").write_text(f'[messages."flyteidl.core.{message}".fields]\n{key}')
    assert problems_of(tmp_path).startswith("x.toml: flyteidl.core.")
    assert expected in problems_of(tmp_path)


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
    overlay = load_overlay(locate.overlay())
    library = build(load_package("flyteidl"), overlay)
    layout = overlay.layout["execution"].names.values()
    undocumented = [
        message.full_name
        for message in library.all_messages()
        if message.full_name in layout and not overlay.messages[message.full_name].doc
    ]
    assert undocumented == []
