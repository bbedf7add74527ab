"""Descriptor sets in all the forms that tools write, and .proto files."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import pytest
from google.protobuf import json_format, text_format
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

from flytegen.common.problems import GenerationError
from flytegen.read import protoc
from flytegen.read.descriptor_set import load_descriptor_set
from flytegen.read.image import read_image
from flytegen.read.inputs import read_inputs
from flytegen.read.manifest import load_bases
from tests.generator.protos import compiled

OPTIONS = """
    syntax = "proto3";
    package acme;
    import "google/protobuf/descriptor.proto";
    extend google.protobuf.FieldOptions {
      string note = 50001;
      Deep deep = 50002;
      repeated string words = 50003;
    }
    message Deep { int32 a = 1; }
    // About it.
    message A { string b = 1 [(note) = "hi", (deep) = {a: 3}, (words) = "x", (words) = "y"]; }
"""
DESCRIPTOR = FileDescriptorProto.FromString(FileDescriptorProto.DESCRIPTOR.file.serialized_pb)


@pytest.fixture(scope="module")
def image() -> FileDescriptorSet:
    (made,) = compiled({"acme/x.proto": OPTIONS}, [DESCRIPTOR], has_comments=True)
    return FileDescriptorSet(file=[DESCRIPTOR, made])


def forms(image: FileDescriptorSet) -> dict[str, bytes]:
    """An image as protoc and buf would write it, who know its options."""
    pool = DescriptorPool()
    for file in image.file:
        pool.AddSerializedFile(file.SerializeToString())
    name = FileDescriptorSet.DESCRIPTOR.full_name
    whole = GetMessageClass(pool.FindMessageTypeByName(name)).FromString(image.SerializeToString())
    json = json_format.MessageToJson(whole, descriptor_pool=pool)
    # buf says more than protobuf knows.
    json = json.replace('"name": "acme/x.proto"', '"name": "acme/x.proto", "bufExtension": {}')
    assert json.count("bufExtension") == json.count("[acme.note]") == 1
    return {
        "x.binpb": image.SerializeToString(),
        "x.json": json.encode(),
        "x.txtpb": b"# proto-file: descriptor.proto\n\n" + text_format.MessageToBytes(whole),
    }


def test_all_forms_say_the_same_whatever_they_are_called(
    image: FileDescriptorSet, tmp_path: Path
) -> None:
    expected = [file.SerializeToString() for file in image.file]
    for name, data in forms(image).items():
        for ending, content in (("", data), (".gz", gzip.compress(data)), (".any", data)):
            path = tmp_path / f"{name}{ending}"
            path.write_bytes(content)
            found = [file.SerializeToString() for file in read_inputs([path])]
            assert found == expected, path.name


def test_an_image_is_read_from_standard_input(
    image: FileDescriptorSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    for data in forms(image).values():
        given = io.TextIOWrapper(io.BytesIO(gzip.compress(data)))
        monkeypatch.setattr("sys.stdin", given)
        assert read_inputs([Path("-")]) == tuple(image.file)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"hello", "is no descriptor set ("),
        (b"{", "is JSON, but no descriptor set ("),
        (b'{"file": 3}', "is JSON, but no descriptor set ("),
        (b'{"a": 3}', "is JSON, but no descriptor set (it has no files)"),
        (b'{"file": [{"name": "\xff"}]}', "is JSON, but no descriptor set ("),
        (b"file { name: 3 }", "is text, but no descriptor set ("),
        (b"// A.\n/* B. */ syntax = 'proto3';", "is a .proto file, and no descriptor set"),
        (b"\x1f\x8b\x08", "is a damaged .gz file ("),
        (gzip.compress(b"hello" * 99, mtime=0)[:-9], "is a damaged .gz file ("),
        (b"\x28\xb5\x2f\xfd...", "is compressed by zstd"),
        (b"PK\x03\x04...", "is a .zip file"),
    ],
)
def test_what_is_no_descriptor_set_is_called_what_it_is(data: bytes, what: str) -> None:
    with pytest.raises(GenerationError) as refused:
        read_image(data, "x")
    (problem,) = refused.value.problems
    assert problem.what.startswith(what)
    assert problem.hint


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where .proto files are that need each other, and what others publish."""
    texts = {
        "protos/acme/a.proto": 'import "acme/b.proto"; // A.\nmessage A { B b = 1; }',
        "protos/acme/b.proto": 'import "google/type/date.proto"; message B {'
        " google.type.Date date = 1; }",
        "protos/on_top.proto": 'import "flyteidl/core/identifier.proto";'
        " message C { flyteidl.core.Identifier id = 1; }",
        "bad/x.proto": "message {}\nmessage A { B b = 1 }\n",
        "bad/alone.proto": 'import "acme/none.proto";',
        "empty/readme.txt": "",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        head = 'syntax = "proto3"; package acme;\n' if name.endswith(".proto") else ""
        (tmp_path / name).write_text(head + text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("paths", "proto_paths"),
    [
        (["protos/acme/a.proto"], ["protos"]),
        (["protos/acme/b.proto", "protos/acme/a.proto"], ["bad", "./protos/../protos"]),
        (["protos/acme"], ["protos"]),
        (["protos"], []),
    ],
)
def test_proto_files_are_compiled_with_what_they_import(
    paths: list[str], proto_paths: list[str]
) -> None:
    files = read_inputs([*map(Path, paths)], [*map(Path, proto_paths)])
    found = {file.name: file for file in files}
    # Nobody gave the file of others: its module is installed.
    assert {"acme/a.proto", "acme/b.proto", "google/type/date.proto"} <= found.keys()
    assert "A." in str(found["acme/a.proto"].source_code_info)


def test_proto_files_on_top_of_a_base_need_none_of_its_own(folder: Path) -> None:
    bases = load_bases(["flytebind.models"])
    path = folder / "protos/on_top.proto"
    source = load_descriptor_set([path], "acme", bases, [folder / "protos"])
    assert [file.name for file in source.files] == ["on_top.proto"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("paths", "proto_paths", "expected"),
    [
        (["bad/x.proto"], [], "bad/x.proto:2:9: Expected message name."),
        (["bad/x.proto"], [], 'bad/x.proto:3:21: Expected ";".'),
        (["bad/alone.proto"], [], "acme/none.proto: File not found.\nbad/alone.proto:2:1: Import"),
        (["none.proto"], [], "none.proto: is not there"),
        (["bad/x.proto"], ["protos"], "bad/x.proto: is not in protos, where imports begin\n    Sa"),
        (["empty"], [], "empty: has no .proto files in it"),
        (["empty/readme.txt"], ["protos"], "--proto-path: is for .proto files"),
        (["bad/x.proto", "empty/readme.txt"], [], "empty/readme.txt: is no .proto file, as the"),
        (["empty/readme.txt", "a.binpb"], [], "a.binpb: is one descriptor set of several"),
    ],
)
def test_what_is_wrong_with_files_is_told_with_its_place(
    paths: list[str], proto_paths: list[str], expected: str
) -> None:
    with pytest.raises(GenerationError) as refused:
        read_inputs([*map(Path, paths)], [*map(Path, proto_paths)])
    assert expected in str(refused.value)


def test_any_protoc_will_do_and_none_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths, roots = [Path("protos/acme/a.proto")], [Path("protos")]
    expected = read_inputs(paths, roots)
    (folder / "bin").mkdir()
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setattr(protoc, "find_spec", lambda name: None)
    with pytest.raises(GenerationError) as refused:
        read_inputs(paths, roots)
    assert str(refused.value) == (
        "protos/acme/a.proto: is a .proto file, and there is no protoc to compile it\n"
        "    pip install grpcio-tools, or install protoc; or give a descriptor set."
    )
    program = folder / "bin/protoc"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m grpc_tools.protoc "$@"\n')
    program.chmod(0o755)
    assert read_inputs(paths, roots) == expected
