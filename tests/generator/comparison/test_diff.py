"""``flytegen diff``: where the sides come from, the three formats, and what a script is told."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from flytegen.cli import main
from flytegen.comparison.facts import facts_of
from flytegen.comparison.sides import installed, source_of_side
from flytegen.read.inputs import read_inputs
from flytegen.read.package import load_package
from flytegen.read.source import file_proto
from tests.generator.protos import file
from tests.generator.sources import OVERLAY

OLD = file("message M { string a = 1; } enum E { X = 0; }")
GROWN = file("message M { string a = 1; string b = 2; } enum E { X = 0; }")
BROKEN = file("message M { string b = 1; } enum E { X = 0; }")


def write_set(path: Path, *files: FileDescriptorProto) -> str:
    path.write_bytes(FileDescriptorSet(file=files).SerializeToString())
    return str(path)


def pb2(made: FileDescriptorProto) -> str:
    """A module as protoc makes it, as far as somebody reads it."""
    return f"DESCRIPTOR = _pool.Default().AddSerializedFile({made.SerializeToString()!r})\n"


def write_wheel(folder: Path, version: str, made: FileDescriptorProto) -> None:
    info = f"acme-{version}.dist-info"
    with zipfile.ZipFile(folder / f"acme-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("acme/x_pb2.py", "import a_thing_that_nobody_has\n" + pb2(made))
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: acme\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def sets(tmp_path: Path) -> dict[str, str]:
    """Sets of descriptors by name."""
    made = {"old": OLD, "grown": GROWN, "broken": BROKEN}
    return {name: write_set(tmp_path / f"{name}.binpb", item) for name, item in made.items()}


# ---- Exit codes and formats ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("new", "code", "summary"),
    [
        ("old", 0, "nothing changed"),
        ("grown", 1, "1 change: 1 compatible"),
        ("broken", 2, "1 change: 1 breaking"),
    ],
)
def test_the_exit_code_says_how_bad_it_is(
    sets: dict[str, str], capsys: pytest.CaptureFixture[str], new: str, code: int, summary: str
) -> None:
    for form in ("text", "markdown", "json"):
        assert main(["diff", sets["old"], sets[new], "--format", form]) == code
    assert main(["diff", sets["old"], sets[new]]) == code
    assert summary in capsys.readouterr().out


def test_a_change_that_means_nothing_to_anybody_is_a_change_still(tmp_path: Path) -> None:
    old, new = (
        write_set(tmp_path / name, file(f'message M {{ string a = 1 [json_name = "{name}"]; }}'))
        for name in ("a", "b")
    )
    assert main(["diff", old, new]) == 1


def test_risky_changes_stop_a_script_too(tmp_path: Path) -> None:
    old, new = (
        write_set(tmp_path / kind, file(f"message M {{ {kind} a = 1; }}"))
        for kind in ("int64", "int32")
    )
    assert main(["diff", old, new]) == 2


def test_text_says_what_and_why(sets: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["diff", sets["old"], sets["broken"]])
    assert capsys.readouterr().out == (
        "old.binpb -> broken.binpb: 1 change: 1 breaking\n"
        "\n"
        "BREAKING\n"
        "  acme/x.proto\n"
        "    field acme.M.b renamed, from a to b\n"
        "      JSON    breaking: a is refused\n"
        "      Python  breaking: M(a=...) and .a are b now; mypy tells\n"
        "\n"
        "              old   added  removed    new\n"
        "modules         1       0        0      1\n"
        "messages        1       0        0      1\n"
        "fields          1       0        0      1\n"
        "oneofs          0       0        0      0\n"
        "enums           1       0        0      1\n"
        "values          1       0        0      1\n"
        "services        0       0        0      0\n"
        "RPCs            0       0        0      0\n"
    )


def test_markdown_has_the_same_as_headings_and_lists(
    sets: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["diff", sets["old"], sets["grown"], "--format", "markdown"])
    out = capsys.readouterr().out
    assert out.startswith("# old.binpb to grown.binpb\n\n1 change: 1 compatible.\n")
    assert "| fields | 1 | 1 | 0 | 2 |\n" in out
    assert (
        "## Compatible\n\n### `acme/x.proto`\n\n- field `acme.M.b` added: `string b = 2`\n" in out
    )
    assert "    - Python: compatible: `M` takes and gives `b: str`\n" in out


def test_json_has_everything(sets: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["diff", sets["old"], sets["broken"], "--format", "json"])
    table = json.loads(capsys.readouterr().out)
    assert (table["old"], table["new"], table["level"]) == ("old.binpb", "broken.binpb", "breaking")
    assert table["totals"]["field"] == {"old": 1, "added": 0, "removed": 0, "new": 1}
    (change,) = table["changes"]
    assert change["module"] == "acme/x.proto"
    assert (change["thing"], change["name"], change["how"]) == ("field", "acme.M.b", "renamed")
    assert (change["before"], change["after"], change["level"]) == ("a", "b", "breaking")
    assert change["wire"] == {"level": "same", "text": ""}
    assert change["json"] == {"level": "breaking", "text": "`a` is refused"}


def test_a_reader_that_hangs_up_does_not_make_it_compatible(sets: dict[str, str]) -> None:
    command = f"{sys.executable} -m flytegen diff {sets['old']} {sets['broken']} | true"
    run = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (2, "")


# ---- Sides ---------------------------------------------------------------------------------------


def test_descriptors_are_read_as_importing_would_give_them() -> None:
    side, source = installed("flyteidl"), load_package("flyteidl")
    assert side.label == f"flyteidl {source.version}"
    assert facts_of(side.files) == facts_of(map(file_proto, source.files))
    assert [made.name for made in source_of_side(side).files] == [
        made.name for made in source.files
    ]


def test_what_was_generated_is_compared_with_what_is_installed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["diff", "--target", "flyteidl"]) == 0
    version = load_package("flyteidl").version
    assert capsys.readouterr().out == f"flyteidl {version} -> flyteidl {version}: nothing changed\n"


def test_what_was_generated_from_another_version_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, cache = tmp_path / "generated", tmp_path / "cache"
    out.mkdir()
    cache.mkdir()
    (out / "flytegen.lock").write_text('{"files": {"m/flytegen.json": ["", ""]}}')
    (out / "m").mkdir()
    said = {"format": 1, "source": "acme 1.0", "bases": [], "files": {}, "imports": {}}
    (out / "m/flytegen.json").write_text(json.dumps(said | {"classes": {}}))
    write_set(cache / "acme-1.0.binpb", OLD)
    new = write_set(tmp_path / "new", GROWN)
    assert main(["diff", "generated", new, "--out", str(out), "--cache", str(cache)]) == 1
    assert capsys.readouterr().out.startswith("acme 1.0 -> new: 1 change")


def test_an_environment_without_pip_is_told_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", tmp_path / "python")
    (tmp_path / "python").write_text("#!/bin/sh\necho 'No module named pip' >&2; exit 1\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["diff", "acme==1.0", "acme==1.1", "--cache", str(tmp_path / "cache")]) == 3
    told = capsys.readouterr().err
    assert "acme==1.0: cannot be fetched (No module named pip)" in told
    assert "python -m ensurepip" in told


def test_a_version_is_fetched_once_and_nothing_of_it_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    index, cache = tmp_path / "index", tmp_path / "cache"
    index.mkdir()
    write_wheel(index, "1.0", OLD)
    write_wheel(index, "1.1", GROWN)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    arguments = ["diff", "acme==1.0", "acme==1.1", "--cache", str(cache)]
    assert main(arguments) == 1
    first = capsys.readouterr().out
    assert first.startswith("acme 1.0 -> acme 1.1: 1 change: 1 compatible\n")
    for wheel in index.iterdir():
        wheel.unlink()
    assert main(arguments) == 1
    assert capsys.readouterr().out == first
    assert sorted(path.name for path in cache.iterdir()) == ["acme-1.0.binpb", "acme-1.1.binpb"]


def test_a_version_that_is_nowhere_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert main(["diff", "acme==9.9", "--cache", str(tmp_path / "cache")]) == 3
    message = capsys.readouterr().err
    assert "acme==9.9: cannot be fetched" in message
    assert "Is there such a version" in message


def test_a_set_with_imports_counts_only_the_package_that_is_meant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = file("message Other { string a = 1; }", "other/y.proto")
    other.package = "other"
    old, new = (
        write_set(tmp_path / name, OLD, *more) for name, more in (("o", [other]), ("n", []))
    )
    assert main(["diff", old, new, "--package", "acme"]) == 0
    assert main(["diff", old, new, "--package", "else"]) == 2
    assert "other/y.proto removed" in capsys.readouterr().out


def test_old_modules_that_build_descriptors_by_hand_are_read_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "vintage"
    folder.mkdir()
    (folder / "__init__.py").touch()
    call = f"_descriptor.FileDescriptor(name='x', serialized_pb={OLD.SerializeToString()!r})"
    (folder / "x_pb2.py").write_text(f"DESCRIPTOR = {call}\n")
    (folder / "empty_pb2.py").write_text("x = f(1)\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert facts_of(installed("vintage").files) == facts_of([OLD])


def write_protos(root: Path, more: str = "") -> None:
    """A checkout: a file in a folder, and what it imports, and what that imports from elsewhere."""
    texts = {
        "new/acme/x.proto": 'import "acme/y.proto"; message X { Y y = 1; }',
        "new/acme/y.proto": 'import "others/z.proto"; message Y { others.Z z = 1; ' + more + "}",
        "others/others/z.proto": "message Z { string a = 1; }",
    }
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'syntax = "proto3"; package {path.parent.name}; {text}')


@pytest.fixture
def checkouts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two versions of ``.proto`` files, and what both of them import."""
    monkeypatch.chdir(tmp_path)
    write_protos(tmp_path)
    (tmp_path / "new").rename(tmp_path / "old")
    write_protos(tmp_path, "int32 more = 2;")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "label", "module"),
    [
        (["old", "new", "-I", "others"], "old -> new", "acme/y.proto"),
        (["./old", "new/", "-I", "others"], "old -> new", "acme/y.proto"),
        (["old", "--input", "new", "-I", "new", "-I", "others"], "old -> new", "acme/y.proto"),
        (
            ["old/acme", "new/acme", "-I", "old", "-I", "others", "-I", "new"],
            "old/acme -> new/acme",
            "acme/y.proto",
        ),
        (
            ["old/acme/y.proto", "new/acme/y.proto", "-I", "others"],
            "old/acme/y.proto -> new/acme/y.proto",
            "y.proto",
        ),
        (["old.binpb", "new", "-I", "others"], "old.binpb -> new", "acme/y.proto"),
        (["-I", "others", "old", "-"], "old -> standard input", "acme/y.proto"),
        (["-I", "others", "-", "new"], "standard input -> new", "acme/y.proto"),
    ],
)
def test_proto_files_are_called_alike_wherever_the_two_versions_are(
    arguments: list[str],
    label: str,
    module: str,
    checkouts: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for side in ("old", "new"):
        files = read_inputs([Path(side)], [Path(side), Path("others")])
        write_set(Path(f"{side}.binpb"), *files)
    given = Path("new.binpb" if label.endswith("input") else "old.binpb").read_bytes()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))
    assert main(["diff", *arguments]) == 1
    head, _, _, changed, field, *_ = capsys.readouterr().out.splitlines()
    assert head == f"{label}: 1 change: 1 compatible"
    assert (changed.strip(), field.strip()) == (module, "field acme.Y.more added: int32 more = 2")


@pytest.mark.usefixtures("checkouts")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["old", "new"], "others/z.proto: File not found."),
        (["old", "new"], "Say where the names of imports begin: --proto-path DIR."),
        (["others", "none.proto"], "none.proto: is not there"),
        (["old", "new", "--input", "new"], "--input: is what OLD is compared with, as NEW is"),
        (["others", "--input", "a.binpb", "b.binpb"], "b.binpb: is one descriptor set of several"),
        (["-", "-"], "-: is one side, not both"),
    ],
)
def test_sides_that_are_files_say_what_is_wrong_with_them(
    arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *arguments]) == 3
    assert expected in capsys.readouterr().err


def test_a_package_goes_before_a_folder_that_is_called_like_it(
    checkouts: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = checkouts / "installed/others"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "x_pb2.py").write_text(pb2(OLD))
    monkeypatch.syspath_prepend(str(checkouts / "installed"))
    monkeypatch.syspath_prepend(str(checkouts))  # as `python -m` does; "old" is no package for that
    assert main(["diff", "others", "others"]) == 0
    assert main(["diff", "others", "./others", "--format", "json"]) == 2
    first, *table = capsys.readouterr().out.splitlines()
    assert first == "others -> others: nothing changed"
    assert {item["module"] for item in json.loads("".join(table))["changes"]} == {
        "acme/x.proto",
        "others/z.proto",
    }
    assert main(["diff", "old", "old", "-I", "others"]) == 0


def test_what_was_generated_from_files_is_found_by_these_alone(
    checkouts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ["--input", "others", "--out", "made"]
    assert main(["generate", *said, "--quiet"]) == 0
    assert main(["diff", *said]) == 3
    assert "made: was made from what has no version\n    Name files" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no_such_package", "is not installed"),
        ("no_such_package.at_all", "is not installed"),
        ("json", "has no modules made by protoc"),
        ("acme==1.*", "is nothing that could be compared"),
        ("--index-url=x==1", "unrecognized arguments"),
        ("-e==1", "unrecognized arguments"),
        (str(OVERLAY / "package.toml"), "is no descriptor set"),
        (__file__, "is no descriptor set"),
    ],
)
def test_a_side_that_is_none_is_a_problem_with_its_name(
    capsys: pytest.CaptureFixture[str], text: str, expected: str
) -> None:
    try:
        code: object = main(["diff", text])
    except SystemExit as stop:
        code = stop.code
    assert code == 3
    message = capsys.readouterr().err
    assert expected in message
    assert text.partition("=")[0] in message
    assert "Traceback" not in message


def test_output_that_was_never_generated_is_a_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--target", "flyteidl", "--out", str(tmp_path)]) == 3
    assert "does not say what it was made from" in capsys.readouterr().err


def test_a_damaged_module_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "damaged"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "x_pb2.py").write_text("DESCRIPTOR = (")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert main(["diff", "damaged"]) == 3
    assert "x_pb2.py: is not Python" in capsys.readouterr().err


def test_help_says_what_a_side_may_be_and_what_the_exit_codes_mean(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["diff", "--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    assert "acme-idl==1.15.3" in out
    assert "DIR, FILE.proto" in out
    assert "2  breaking or risky changes" in out
