"""What a .proto file says about things is said by the models, clients and stubs."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from flytegen.decide.build import build
from flytegen.overlay.entries import (
    Entry,
    EnumOverlay,
    FieldOverlay,
    FileOverlay,
    MessageOverlay,
    Overlay,
)
from flytegen.read.comments import comments_of
from flytegen.read.descriptor_set import load_descriptor_set
from flytegen.read.source import Source
from flytegen.write.render import render
from flytegen.write.stubs import make_stubs, stub_request
from tests.generator.protos import compiled, file

TEMPLATES = Path(__file__).parents[2] / "templates"

TEXT = r'''
// Far from A.

/**
 * A message, of which there is so much to say that it does not fit into one line of a docstring.
 *
 * - one
 *   and more
 * 1. two
 *
 * ```python
 * def f():
 *     """Docs with \d."""
 *
 *     return 1
 * ```
 * | a | b |
 * |---|---|
 */
message A { // After A.
  /// A name,
  /// of a line each.
  string name = 1;
  string __slots__ = 2; // No stub can have it.
  /* A block,
     unframed. */
  int32 size = 3 [deprecated = true];
  // A choice.
  oneof choice {
    string text = 4; // The text.
    bool flag = 5;
  }
  // Labels.
  map<string, string> labels = 6;
  // Inside.
  message Inner {}
  // Kinds.
  enum Kind {
    NONE = 0; // "Nothing"
    // Retired.
    OLD = 1 [deprecated = true];
  }
}
// A service.
service S {
  // Do it:
  //
  //     client.do(A())
  //
  // Then rest.
  rpc Do(A) returns (A);
}
'''


@pytest.fixture(scope="module")
def source() -> Source:
    return source_of(file(TEXT, has_comments=True))


def source_of(made: FileDescriptorProto) -> Source:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x.binpb"
        path.write_bytes(FileDescriptorSet(file=[made]).SerializeToString())
        return load_descriptor_set([path], "acme")


def docs(text: str) -> dict[str, str]:
    """The docstrings of a module, by the names of what they stand in or below."""
    found: dict[str, str] = {}

    def visit(holder: ast.Module | ast.ClassDef, scope: str) -> None:
        name = ""
        for item in holder.body:
            match item:
                case ast.ClassDef() | ast.FunctionDef():
                    name = f"{scope}{item.name}"
                    if said := ast.get_docstring(item):
                        found.setdefault(name, said)
                    if isinstance(item, ast.ClassDef):
                        visit(item, f"{name}.")
                case ast.Assign(targets=[ast.Name(id=target)]):
                    name = f"{scope}{target}"
                case ast.AnnAssign(target=ast.Name(id=target)):
                    name = f"{scope}{target}"
                case ast.Expr(value=ast.Constant(value=str(said))):
                    found[name] = inspect.cleandoc(said).strip()

    visit(ast.parse(text), "")
    return found


def test_comments_of_all_kinds_are_the_docstrings_of_models(source: Source) -> None:
    said = docs(render(build(source, Overlay()), [TEMPLATES])["acme_models/x.py"])
    firsts = {name: text.partition("\n\n")[0] for name, text in said.items()}
    assert said["A"] == (
        "A message, of which there is so much to say that it does not fit into one line of a\n"
        "docstring.\n\n"
        "- one\n  and more\n1. two\n\n"
        '```python\ndef f():\n    """Docs with \\d."""\n\n    return 1\n```\n'
        "| a | b |\n|---|---|\n\n"
        "After A.\n\nFar from A.\n\nProto: ``acme.A``"
    )
    assert firsts["A.name"] == "A name, of a line each."
    assert firsts["A.size"] == "A block, unframed."
    assert firsts["A.choice"] == "A choice."
    assert firsts["A.text"] == "The text."
    assert firsts["A.labels"] == "Labels."
    assert firsts["A.Inner"] == "Inside."
    assert firsts["A.Kind"] == "Kinds."
    assert firsts["A.Kind.NONE"] == '"Nothing"'
    assert said["A.Kind.OLD"] == "Retired.\n\nDeprecated in the IDL."
    assert firsts["A.flag"].startswith("``bool flag = 5``")  # nothing is said, nothing is made up


def test_what_stands_above_the_package_is_the_docstring_of_the_module() -> None:
    head = (
        '/* Licensed. */\nsyntax = "proto3";\n\n// Apart.\n\n// Orders, and\n// what they cost.\n'
    )
    text = f"{head}package acme;\nmessage A {{}}"
    (made,) = compiled({"acme/x.proto": text}, has_comments=True)
    source = source_of(made)
    printed = render(build(source, Overlay()), [TEMPLATES])["acme_models/x.py"]
    assert ast.get_docstring(ast.parse(printed)) == "Orders, and what they cost."
    overlay = Overlay(files={"acme/x.proto": FileOverlay(doc="Other words.")})
    printed = render(build(source, overlay), [TEMPLATES])["acme_models/x.py"]
    assert ast.get_docstring(ast.parse(printed)) == "Other words."


def test_comments_of_services_are_the_docstrings_of_clients(source: Source) -> None:
    said = docs(render(build(source, Overlay()), [TEMPLATES])["acme_services/x.py"])
    for name in ("SClient", "SAsyncClient", "SServicer"):
        assert said[name].startswith("A service.\n\n")
    assert said["SClient.do"].startswith(
        "Do it:\n\n    client.do(A())\n\nThen rest.\n\nRPC: ``/acme.S/Do``"
    )


def test_stubs_have_them_beside_what_they_are_about(source: Source) -> None:
    (stub,) = make_stubs(stub_request(source)).values()
    said = docs(stub)
    assert '    """Docs with \\d."""\n' in said["A"]
    assert said["A"].startswith("A message, of which")
    assert said["A.name"] == "A name,\nof a line each."
    assert said["A.size"] == "A block,\nunframed."  # a field before it is not in the stub
    assert said["A.text"] == "The text."
    assert said["A.NONE"] == '"Nothing"'
    # Of a comment the plugin would make a reason, and would not escape it.
    assert '@_deprecated("""This field has been marked as deprecated' in stub


def test_words_of_an_overlay_win(source: Source) -> None:
    overlay = Overlay(
        messages={
            "acme.A": MessageOverlay(doc="Ours.", fields={"name": FieldOverlay(doc="Our name.")})
        },
        enums={"acme.A.Kind": EnumOverlay(values={"NONE": Entry(doc="None of ours.")})},
    )
    said = docs(render(build(source, overlay), [TEMPLATES])["acme_models/x.py"])
    assert said["A"] == "Ours.\n\nProto: ``acme.A``"
    assert said["A.name"].startswith("Our name.\n\n``string")
    assert said["A.Kind.NONE"] == "None of ours."
    assert said["A.Kind"].startswith("Kinds.")
    (stub,) = make_stubs(stub_request(source, overlay.words())).values()
    assert docs(stub)["A"] == "Ours."
    assert docs(stub)["A.name"] == "Our name."
    assert docs(stub)["A.Kind"] == "Kinds."


def test_frames_and_margins_are_not_words() -> None:
    made = file(
        """
        // =======
        // Framed.
        // =======
        message Framed {}
        //
        // Blank above.
        //
        message Blank {}
        //No margin.
        message Narrow {}
        /***
         * Stars.
         ***/
        message Stars {}
        // * an item
        // * another
        message Items {}
        //
        message Silent {}
        """,
        has_comments=True,
    )
    assert comments_of(made) == {
        "acme.Framed": "Framed.",
        "acme.Blank": "Blank above.",
        "acme.Narrow": "No margin.",
        "acme.Stars": "Stars.",
        "acme.Items": "* an item\n* another",
    }
