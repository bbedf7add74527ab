"""Names of a descriptor set and words of an overlay reach generated files as data only."""

from __future__ import annotations

import ast
import copy
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from flytegen.common.problems import GenerationError
from flytegen.decide.build import build
from flytegen.overlay.entries import Overlay
from flytegen.read.descriptor_set import load_descriptor_set
from flytegen.read.source import Source
from flytegen.write.render import render
from flytegen.write.stubs import make_stubs, stub_request
from tests.generator import hostile
from tests.generator.hostile import HOSTILE, OVERLAY, overlay_of, texts_of, words_of
from tests.generator.protos import compiled

TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.fixture(scope="module")
def descriptors() -> FileDescriptorProto:
    return hostile.descriptors()


def _source(folder: Path, made: FileDescriptorProto) -> Source:
    path = folder / "x.binpb"
    path.write_bytes(FileDescriptorSet(file=[made]).SerializeToString())
    return load_descriptor_set([path], "acme")


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
    paths = [path for path, _ in texts_of(descriptors)]
    taken: set[str] = set()
    refusals: list[str] = []
    for text in HOSTILE:
        changed = copy.deepcopy(descriptors)
        for path in paths:
            trial = copy.deepcopy(changed)
            # A file stays in its folder: what differs else is how deep the packages are.
            dict(texts_of(trial))[path](f"acme/{text}" if path == ".name[0]" else text)
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


def test_no_bytes_that_are_no_text_break_a_run(
    tmp_path: Path, descriptors: FileDescriptorProto
) -> None:
    path = tmp_path / "x.binpb"
    taken: set[str] = set()
    refusals: list[str] = []
    for where, _ in texts_of(descriptors):
        changed = copy.deepcopy(descriptors)
        dict(texts_of(changed))[where]("no_utf_8")
        made = FileDescriptorSet(file=[changed]).SerializeToString()
        path.write_bytes(made.replace(b"no_utf_8", b"\xff" * 8))
        try:
            files = render(build(load_descriptor_set([path], "acme"), Overlay()), [TEMPLATES])
        except GenerationError as error:
            refusals.append(str(error))
        else:
            _shape(files)
            taken.add(where)
    assert _are_harmless(refusals)
    assert not [where for where in taken if where.endswith("].name[0]")]
    assert [where for where in taken if "_comments" in where]


def test_no_word_of_an_overlay_becomes_code(
    tmp_path: Path, descriptors: FileDescriptorProto
) -> None:
    source = _source(tmp_path, descriptors)
    honest = _shape(render(build(source, overlay_of(copy.deepcopy(OVERLAY))), [TEMPLATES]))
    paths = [path for path, _ in words_of(OVERLAY)]
    taken: set[str] = set()
    refusals: list[str] = []
    for text in HOSTILE:
        changed = copy.deepcopy(OVERLAY)
        for path in paths:
            trial = copy.deepcopy(changed)
            dict(words_of(trial))[path](text)
            try:
                build(source, overlay_of(trial))
            except GenerationError as error:
                refusals.append(str(error))
            else:
                changed = trial
                taken.add(path)
        files = render(build(source, overlay_of(changed)), [TEMPLATES])
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
    files = render(build(_source(tmp_path, made), overlay_of(said)), [TEMPLATES])
    model = files["acme_models/x.py"]
    assert f'rate: float | None = float("{value}")' in model
