"""Whatever is wrong with a package, a template or a folder: one clear message, and no harm."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import acme
from flytegen.write.files import RECORD
from tests.generator.foreign import write_modules
from tests.generator.protos import file
from tests.support.folders import snapshot


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package ``acme``, and what is generated from it below ``out``."""
    folder = tmp_path_factory.mktemp("acme")
    acme.write(folder, messages=8, files=2)
    assert run_in(folder).returncode == 0
    return folder


@pytest.fixture
def folder(generated: Path, tmp_path: Path) -> Path:
    """A copy of that, to be spoilt."""
    return shutil.copytree(generated, tmp_path / "copy", ignore=shutil.ignore_patterns("*.pyc"))


def run_in(
    folder: Path, *more: str, package: str = "acme", before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flytegen", "generate", "--quiet", "--package", package]
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*command, "--out", "out", *more],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        preexec_fn=before,
    )


def refused(
    folder: Path, *more: str, package: str = "acme", before: Callable[[], None] | None = None
) -> str:
    """What a run complains about that must leave the output as it is."""
    out = folder / "out"
    whole = snapshot(out) if out.is_dir() else {}
    run = run_in(folder, *more, package=package, before=before)
    assert run.returncode == 2, run.stderr
    assert (run.stdout, snapshot(out) if out.is_dir() else {}) == ("", whole)
    assert run.stderr.startswith("flytegen: 1 problem; nothing was written\n")
    assert "Traceback" not in run.stderr
    return run.stderr


# ---- Packages ----------------------------------------------------------------------------------


def spoil(folder: Path, module: str, old: str, new: str) -> None:
    path = folder / "acme" / module
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def needs_a_package(folder: Path) -> None:
    spoil(folder, "file1_pb2.py", "import acme.file0_pb2", "import acme_common.file0_pb2")


def lacks_a_file(folder: Path) -> None:
    spoil(folder, "file1_pb2.py", "import acme.file0_pb2", "")
    (folder / "acme/file0_pb2.py").unlink()


def has_two_versions_of_a_file(folder: Path) -> None:
    (folder / "acme/v2").mkdir()
    acme.write(folder / "other", messages=20, files=1)
    shutil.copy(folder / "other/acme/file0_pb2.py", folder / "acme/v2/file0_pb2.py")


def is_made_for_another_protobuf(folder: Path) -> None:
    check = (
        "from google.protobuf import runtime_version as v\n"
        "v.ValidateProtobufRuntimeVersion(v.Domain.PUBLIC, 999, 0, 0, '', 'acme/file1.proto')\n"
    )
    spoil(folder, "file1_pb2.py", "from", f"{check}from")


def is_made_by_an_old_protoc(folder: Path) -> None:
    error = "TypeError('Descriptors cannot be created directly.\\n\\nIf this call came from')"
    spoil(folder, "file1_pb2.py", "from", f"raise {error}\nfrom")


def has_a_broken_init(folder: Path) -> None:
    (folder / "acme/__init__.py").write_text("1 / 0")


def has_a_broken_part(folder: Path) -> None:
    shutil.copytree(folder / "acme", folder / "acme/part")
    (folder / "acme/part/__init__.py").write_text("import sys\nsys.exit('no licence')")


def has_bytes_missing(folder: Path) -> None:
    path = folder / "acme/file1_pb2.py"
    text = path.read_text()
    start = text.index("AddSerializedFile(b") + len("AddSerializedFile(b") + 1
    path.write_text(text[: start + 200] + "')")


@pytest.mark.parametrize(
    ("spoilt", "where", "what", "hint"),
    [
        (needs_a_package, "acme.file1_pb2: cannot be imported", "'acme_common'", "It needs"),
        (lacks_a_file, "acme.file1_pb2: cannot", "acme/file0.proto", "brings that file"),
        (has_two_versions_of_a_file, "acme.v2.file0_pb2: cannot", "acme/file0", "Two versions"),
        (is_made_for_another_protobuf, "acme.file1_pb2: cannot", "protobuf", "which is installed"),
        (is_made_by_an_old_protoc, "acme.file1_pb2: cannot", "directly", "a protoc before 3.19"),
        (has_a_broken_init, "acme: cannot be imported", "division by zero", "Try it alone"),
        (has_a_broken_part, "acme.part: cannot be imported", "no licence", "Try it alone"),
        (has_bytes_missing, "acme.file1_pb2: cannot be imported", "", "Try it alone"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_package_that_cannot_be_read_is_named_with_the_reason_and_a_way_out(
    folder: Path, spoilt: Callable[[Path], None], where: str, what: str, hint: str
) -> None:
    spoilt(folder)
    message = refused(folder)
    assert all(part in message for part in (where, what, hint)), message


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ("acme_idl", "Install it first: pip install acme_idl"),
        ("acme.nothing", "Install it first"),
        ("googleapis-common-protos", "'googleapis-common-protos' is imported as google"),
        ("", "--package: cannot be the name of a Python package"),
        ("../acme", "../acme: cannot be the name of a Python package"),
        ("acme.file0_pb2", "has no modules made by protoc (*_pb2)"),
        ("json", "has no modules made by protoc (*_pb2)"),
    ],
)
def test_a_package_that_is_none_is_named_with_what_may_be_meant(
    generated: Path, package: str, expected: str
) -> None:
    assert expected in refused(generated, package=package)


def test_parts_of_a_package_without_descriptors_may_fail_to_import(folder: Path) -> None:
    (folder / "acme/plugins").mkdir()
    (folder / "acme/plugins/__init__.py").write_text("import something_optional")
    assert run_in(folder).returncode == 0


# ---- Templates ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("module.py.j2", "\n{{ nothing }}", "module.py.j2, line 2: 'nothing' is undefined"),
        ("module.py.j2", "{% for %}", "module.py.j2, line 1: is not a Jinja template"),
        ("module.py.j2", "{{ 1 / 0 }}", "module.py.j2, line 1: division by zero"),
        ("module.py.j2", "{{ module + 1 }}", "module.py.j2, line 1: unsupported operand"),
        ("module.py.j2", "{{ module.doc | docstrin }}", "No filter named 'docstrin'"),
        ("module.py.j2", '{% include "enum.py" %}', "no template called 'enum.py'\n"),
        ("message.py.j2", "", "does not export the requested name 'message'"),
        ("mesage.py.j2", "", "mesage.py.j2: is none of our templates, but almost"),
        ("notes.md.j2", "{{ library.name }}", "notes.md.j2, line 1: 'flytegen.schema.Library"),
        ("module.py.j2", b"\xff", "module.py.j2: it or a template that it takes in is not UTF-8"),
    ],
)
def test_a_template_that_fails_is_named_with_its_line(
    generated: Path, tmp_path: Path, name: str, text: str | bytes, expected: str
) -> None:
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert expected in refused(generated, "--templates", str(tmp_path))


def test_what_is_not_python_is_named_with_its_class_and_the_template_that_printed_it(
    generated: Path, tmp_path: Path
) -> None:
    enum = (
        "{% macro enum(item) %}\nclass {{ item.name }}:\n    {{ item.name }} := 3\n{% endmacro %}"
    )
    (tmp_path / "enum.py.j2").write_text(enum)
    command = ["--templates", str(tmp_path)]
    run = run_in(generated, *command)
    assert run.returncode == 2
    assert (
        "acme_models/file0.py, class Kind: is not Python (invalid syntax: Kind := 3)" in run.stderr
    )
    assert "The template enum.py.j2, line 3 printed it" in run.stderr


def test_a_folder_of_templates_that_is_none_is_named(generated: Path) -> None:
    assert "nowhere: is not a folder" in refused(generated, "--templates", "nowhere")


# ---- Output folders ----------------------------------------------------------------------------


def changed(folder: Path) -> None:
    """See that a run has something to write."""
    acme.write(folder / "newer", messages=16, files=3)
    for path in (folder / "newer/acme").iterdir():
        path.replace(folder / "acme" / path.name)


def test_a_file_of_somebody_else_is_not_overwritten(folder: Path) -> None:
    changed(folder)
    theirs = folder / "out/acme_models/file2.py"
    theirs.write_text("print('mine')")
    assert f"{Path('out/acme_models/file2.py')}: is in the way" in refused(folder)
    assert theirs.read_text() == "print('mine')"


def test_what_flytegen_wrote_is_known_as_such_without_its_record(folder: Path) -> None:
    (folder / "out" / RECORD).unlink()
    changed(folder)
    assert run_in(folder).returncode == 0


@pytest.mark.parametrize("record", ["", "[]", '{"files": {"a.py": 3}}', "\0"])
def test_a_record_that_cannot_be_read_is_made_anew(folder: Path, record: str) -> None:
    whole = snapshot(folder / "out")
    (folder / "out" / RECORD).write_text(record)
    assert run_in(folder).returncode == 0
    assert snapshot(folder / "out") == whole


@pytest.mark.parametrize("name", ["../precious", "/tmp/../{}/precious"])
def test_a_record_that_names_files_elsewhere_removes_none(folder: Path, name: str) -> None:
    precious = folder / "precious"
    precious.touch()
    name = name.format(folder)
    (folder / "out" / RECORD).write_text(json.dumps({"files": {name: ["", ""]}}))
    assert run_in(folder).returncode == 0
    assert precious.exists()


@pytest.mark.parametrize(
    ("target", "replacement", "expected"),
    [
        ("acme_models", "file", "out/acme_models: cannot be written to"),
        ("acme_models/file2.py", "folder", "file2.py: is a folder where a file is wanted"),
        (RECORD, "folder", f"{RECORD}: is a folder"),
    ],
)
def test_what_stands_in_the_way_is_named_before_anything_is_written(
    folder: Path, target: str, replacement: str, expected: str
) -> None:
    changed(folder)
    path = folder / "out" / target
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.mkdir() if replacement == "folder" else path.touch()
    assert expected in refused(folder)


@pytest.mark.parametrize("out", ["out/file", "out/file/below"])
def test_an_output_folder_that_is_a_file_is_named(folder: Path, out: str) -> None:
    (folder / "out/file").touch()
    assert f"{out}: " in refused(folder, "--out", out)


@pytest.mark.skipif(
    os.geteuid() == 0 and sys.platform != "linux", reason="nothing is read-only for root"
)
def test_an_output_folder_that_is_read_only_is_named(folder: Path) -> None:
    changed(folder)
    (folder / "out").chmod(0o555)
    assert "out: cannot be written to (Permission denied)" in refused(folder, before=_as_anybody)


def _as_anybody() -> None:
    """Take from root what lets it write to anything: CAP_DAC_OVERRIDE, by PR_CAPBSET_DROP."""
    if os.geteuid() == 0:
        assert ctypes.CDLL(None).prctl(24, 1, 0, 0, 0) == 0


def test_a_disk_that_is_full_leaves_the_old_output_and_nothing_else(folder: Path) -> None:
    changed(folder)
    shutil.rmtree(folder / "out/acme_models/__pycache__", ignore_errors=True)
    before = snapshot(folder / "out")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

    run = run_in(folder, before=limit)
    assert run.returncode == 2
    assert "out: cannot be written to (File too large)\n    Make room" in run.stderr
    assert "Traceback" not in run.stderr
    assert snapshot(folder / "out") == before
    assert not [path for path in (folder / "out").rglob("*") if path.name.startswith(".")]


def test_a_failed_first_run_leaves_no_folder_behind(folder: Path) -> None:
    run = run_in(folder, "--out", "new/out", before=_nothing_fits)
    assert run.returncode == 2
    assert "new/out: cannot be written to" in run.stderr
    assert not (folder / "new").exists()


def _nothing_fits() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))


def test_a_module_that_goes_takes_its_empty_folder_and_what_was_compiled_with_it(
    folder: Path,
) -> None:
    part = file("message Part {}", "acme/part/file2.proto")
    part.package = "acme.part"
    write_modules(folder, part)
    assert run_in(folder).returncode == 0
    out = folder / "out"
    (out / "acme_models/part/__pycache__").mkdir()
    (out / "acme_models/part/__pycache__/file2.cpython-311.pyc").touch()
    (out / "other/acme_models/part").mkdir(parents=True)
    shutil.rmtree(folder / "acme/part")
    assert run_in(folder).returncode == 0
    assert not (out / "acme_models/part").exists()
    assert (out / "acme_models/file0.py").is_file()
    assert (out / "other/acme_models/part").is_dir()
