"""One file whose message classes are in two modules, since others have made some as well."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.resources import files
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from flytegen.read.descriptor_set import source_of_set
from tests.generator.foreign import generate_from_set
from tests.generator.protos import compiled, file

_OTHERS = ("google/type/date.proto", "google/api/http.proto", "google/api/annotations.proto")


def others() -> list[FileDescriptorProto]:
    """Files that others publish with their modules, as protoc puts them into a set."""
    texts = {}
    for name in _OTHERS:
        folder, _, last = name.rpartition("/")
        texts[name] = (files(folder.replace("/", ".")) / last).read_text(encoding="utf-8")
    return compiled(texts)


def user(known: list[FileDescriptorProto]) -> FileDescriptorProto:
    text = """
      message A { google.type.Date day = 1; string long_name = 2; }
      service S {
        rpc Do(A) returns (A) { option (google.api.http).get = "/a"; }
      }
    """
    imports = ["google/type/date.proto", "google/api/annotations.proto"]
    return file(text, imports=imports, known=known)


def run(folder: Path, program: str) -> str:
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout


def test_a_module_that_is_installed_is_imported(tmp_path: Path) -> None:
    known = others()
    out = tmp_path / "out"
    generate_from_set(out, "acme", FileDescriptorSet(file=[*known, user(known)]))
    assert not (out / "acme_protos/google").exists()
    program = """
import google.type.date_pb2, google.api.annotations_pb2, acme_models.x, acme_services.x
model = acme_models.x.A(day=acme_models.model_for("google.type.Date")(year=2026))
assert type(model.to_pb().day) is google.type.date_pb2.Date
print(model.to_pb().day.year)
"""
    assert run(out, program) == "2026\n"


def test_no_other_package_names_the_result() -> None:
    known = others()
    assert source_of_set("set", [*known, user(known)]).package == "acme"


def test_a_module_that_says_otherwise_is_not_and_neither_is_what_imports_it() -> None:
    known = others()
    (http,) = (item for item in known if item.name == "google/api/http.proto")
    http.message_type.add(name="Changed")
    written = source_of_set("set", [*known, user(known)], "acme").written
    assert set(written) == {"acme/x.proto", "google/api/http.proto", "google/api/annotations.proto"}


def test_modules_of_protoc_for_the_same_file_can_be_imported_beside_ours(tmp_path: Path) -> None:
    text = """
      syntax = "proto3"; package acme;
      message A { string long_name = 1; int32 size_ = 2 [json_name = "howBig"]; }
    """
    out = tmp_path / "out"
    generate_from_set(out, "acme", FileDescriptorSet(file=compiled({"acme/x.proto": text})))
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme/x.proto").write_text(text)
    protoc = import_module("grpc_tools.protoc").main
    assert protoc(["protoc", f"-I{tmp_path}", f"--python_out={out}", "acme/x.proto"]) == 0
    program = """
import acme.x_pb2, acme_models.x
print(acme_models.x.A(long_name="n").to_bytes() == acme.x_pb2.A(long_name="n").SerializeToString())
"""
    assert run(out, program) == "True\n"
