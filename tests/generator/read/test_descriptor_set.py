"""Descriptor sets: what they are called, and what can be wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.timestamp_pb2 import DESCRIPTOR as TIMESTAMP

from flytegen.cli import main
from flytegen.read.descriptor_set import load_descriptor_set
from tests.generator.protos import file
from tests.support.folders import snapshot

A = file("message A {}")
NAMED = file("message A { string name = 1; }")


def written(folder: Path, *files: FileDescriptorProto) -> Path:
    path = folder / "api.binpb"
    path.write_bytes(FileDescriptorSet(file=files).SerializeToString())
    return path


def refused(
    capsys: pytest.CaptureFixture[str], folder: Path, path: Path, *more: str, out: bool = True
) -> str:
    arguments = ["generate", "--descriptor-set", str(path), *more]
    assert main([*arguments, *(["--out", str(folder / "out")] if out else [])]) == 2
    assert not (folder / "out").exists()
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error


def test_a_set_is_named_after_its_proto_packages_if_these_agree(tmp_path: Path) -> None:
    first, second = A, file("message B {}", "acme/v2/y.proto", package="acme.v2")
    source = load_descriptor_set([written(tmp_path, first, second)])
    assert source.package == "acme"
    assert source.written == {
        "acme/x.proto": "acme_protos.acme.x_pb2",
        "acme/v2/y.proto": "acme_protos.acme.v2.y_pb2",
    }


def test_files_come_in_any_order_and_bring_none_of_protobufs_own(tmp_path: Path) -> None:
    base = file("message Base {}", "acme/base.proto")
    user = file(
        "message User { Base base = 1; google.protobuf.Timestamp at = 2; }",
        imports=["acme/base.proto", "google/protobuf/timestamp.proto"],
        known=[base],
    )
    alone = load_descriptor_set([written(tmp_path, user, base)])
    own = FileDescriptorProto.FromString(TIMESTAMP.serialized_pb)
    assert [item.name for item in alone.files] == ["acme/base.proto", "acme/x.proto"]
    assert load_descriptor_set([written(tmp_path, user, base, own)]).written == alone.written


def test_a_second_run_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = written(tmp_path, NAMED), str(tmp_path / "out")
    arguments = ["--quiet", "--descriptor-set", str(path), "--out", out]
    assert main(["generate", *arguments]) == 0
    before = snapshot(tmp_path / "out")
    assert main(["check", *arguments]) == 0
    assert main(["generate", *arguments]) == 0
    assert snapshot(tmp_path / "out") == before
    assert main(["list", "--descriptor-set", str(path)]) == 0
    assert "acme.A\n      1 name: string" in capsys.readouterr().out


@pytest.mark.parametrize("packages", [("acme", "other"), ("acme", ""), ("",)])
def test_without_one_package_it_wants_a_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], packages: tuple[str, ...]
) -> None:
    files = [file("message A {}", f"{name}.proto", package=name) for name in packages]
    path = written(tmp_path, *files)
    assert "Say what to name the result after: --package NAME." in refused(capsys, tmp_path, path)
    assert load_descriptor_set([path], "named").package == "named"


def test_a_truncated_one_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, NAMED)
    path.write_bytes(path.read_bytes()[:-3])
    error = refused(capsys, tmp_path, path)
    assert f"{path}: is no descriptor set" in error
    assert (
        "Make one with protoc --include_imports --descriptor_set_out, or with buf build." in error
    )


@pytest.mark.parametrize("files", [(), (FileDescriptorProto.FromString(TIMESTAMP.serialized_pb),)])
def test_one_without_files_of_its_own_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: tuple[FileDescriptorProto, ...]
) -> None:
    path = written(tmp_path, *files)
    assert f"{path}: has no files but protobuf's own" in refused(capsys, tmp_path, path)


def test_every_file_that_is_missing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking = FileDescriptorProto(
        name="acme/x.proto",
        package="acme",
        dependency=["acme/a.proto", "acme/b.proto", "google/protobuf/none.proto"],
    )
    error = refused(capsys, tmp_path, written(tmp_path, lacking))
    assert "flytegen: 3 problems; nothing was written" in error
    assert "acme/x.proto: imports acme/a.proto, which is not in api.binpb" in error
    assert "Make the set with protoc --include_imports." in error
    assert "imports google/protobuf/none.proto, which the installed protobuf does not" in error


def test_files_that_import_each_other_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = FileDescriptorProto(name="acme/a.proto", package="acme", dependency=["acme/b.proto"])
    other = FileDescriptorProto(name="acme/b.proto", package="acme", dependency=["acme/a.proto"])
    error = refused(capsys, tmp_path, written(tmp_path, one, other))
    assert "acme/b.proto: imports acme/a.proto, which imports it in turn" in error


def test_a_file_that_protobuf_refuses_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = file("message A { A gone = 1; }")
    made.message_type[0].field[0].type_name = ".acme.Gone"
    path = written(tmp_path, made)
    assert "acme/x.proto: does not fit the others" in refused(capsys, tmp_path, path)


@pytest.mark.parametrize(
    "names", [("acme/a-b.proto", "acme/a_b.proto"), ("a.b.proto", "a/b.proto")]
)
def test_two_files_that_would_be_one_module_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, str]
) -> None:
    first, second = (file(f"message M{names.index(name)} {{}}", name) for name in names)
    path = written(tmp_path, first, second)
    assert f"{names[0]} and {names[1]} would both be written to it" in refused(
        capsys, tmp_path, path
    )


def test_one_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "none.binpb" in refused(capsys, tmp_path, tmp_path / "none.binpb")


def test_a_set_needs_to_be_told_where_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, A)
    error = refused(capsys, tmp_path, path, out=False)
    assert "--out: is missing\n    Say where to: --out DIR." in error


def test_names_that_are_not_utf_8_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, file("message A {}", "acme/name.proto"))
    path.write_bytes(path.read_bytes().replace(b"acme/name", b"acme/n\xffme"))
    assert "is no descriptor set (a name is not UTF-8)" in refused(capsys, tmp_path, path)


def test_two_versions_of_a_file_are_refused_and_one_that_is_there_twice_is_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, A, file("message B {}"))
    assert "has two versions of" in refused(capsys, tmp_path, path)
    path = written(tmp_path, A, A)
    assert main(["list", "--descriptor-set", str(path)]) == 0


@pytest.mark.parametrize("name", ["ListFields", "HasField", "CopyFrom"])
def test_a_field_that_hides_what_models_call_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = written(tmp_path, file(f"message A {{ string {name} = 1; }}"))
    error = refused(capsys, tmp_path, path)
    assert f"acme.A.{name}: hides {name} of protobuf's own class" in error


@pytest.mark.parametrize("name", ["ListFields", "__init__", "__dict__", "__slots__"])
def test_so_is_a_nested_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    path = written(tmp_path, file(f"message A {{ message {name} {{}} }}"))
    assert f"acme.A.{name}: hides {name} of protobuf's own" in refused(capsys, tmp_path, path)


def test_a_second_package_does_not_take_the_place_of_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = written(tmp_path, A), tmp_path / "out"
    arguments = ["generate", "--quiet", "--descriptor-set", str(path), "--out", str(out)]
    assert main(arguments) == 0
    before = snapshot(out)
    assert main([*arguments, "--package", "other"]) == 2
    assert f"{out}: is where acme_models is generated to" in capsys.readouterr().err
    assert snapshot(out) == before
