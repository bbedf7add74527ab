"""Whole runs: what is written, what is kept, and what a failure leaves behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from flytegen import locate
from flytegen.cli import main
from flytegen.comparison.facts import FieldFacts, facts_of
from flytegen.comparison.sides import installed
from tests.generator.protos import file
from tests.generator.sources import OUTPUT, OVERLAY
from tests.support.folders import snapshot


def run(folder: Path, seed: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command elsewhere, and with sets in the order that a hash seed gives them."""
    folder.mkdir()
    return subprocess.run(
        [sys.executable, "-m", "flytegen", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_from_nothing_gives_the_committed_bytes_in_another_folder(tmp_path: Path) -> None:
    said = ("generate", "--quiet", "--package", "flyteidl", "--out", "out")
    assert run(tmp_path / "elsewhere", 1, *said).returncode == 0
    assert snapshot(tmp_path / "elsewhere" / "out") == snapshot(OUTPUT)


@pytest.mark.parametrize("seed", [2, 3])
def test_what_is_written_is_the_same_whatever_the_hash_seed(seed: int, tmp_path: Path) -> None:
    """What is as it was is not formatted again, which takes all but a second of a run."""
    said = ("check", "--package", "flyteidl", "--out", str(OUTPUT))
    checked = run(tmp_path / "elsewhere", seed, *said)
    assert checked.returncode == 0, checked.stdout


def test_a_second_run_writes_nothing(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*")}
    assert main(["generate", "--target", "flyteidl", "--out", str(output)]) == 0
    count = len(snapshot(output)) - 1  # all but the record
    summary = f"0 files written, {count} unchanged, 0 removed"
    assert summary in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*")} == before


def test_check_shows_a_hand_edit_as_a_diff_and_generate_mends_it(
    output: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    committed = snapshot(output)
    edited = output / "flytebind/models/core/errors.py"
    edited.write_text(edited.read_text().replace("Do not edit", "Edited"))
    assert main(["check", "--target", "flyteidl", "--out", str(output)]) == 1
    out, err = capsys.readouterr()
    assert "--- flytebind/models/core/errors.py" in out
    assert "run `make generate`" in out
    assert "1 file in" in err
    assert main(["generate", "--target", "flyteidl", "--out", str(output), "--quiet"]) == 0
    assert snapshot(output) == committed
    assert main(["check", "--target", "flyteidl", "--out", str(output)]) == 0
    assert "are up to date" in capsys.readouterr().out


def test_check_says_that_a_difference_may_come_from_other_tools(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, out = tmp_path / "acme.binpb", tmp_path / "out"
    made.write_bytes(FileDescriptorSet(file=[file("message M {}")]).SerializeToString())
    said = ["--package", "acme", "--input", str(made), "--out", str(out)]
    assert main(["generate", "--quiet", *said]) == 0
    record = out / "flytegen.lock"
    tools = json.loads(record.read_text())["tools"]
    assert re.fullmatch(r"flytegen [\d.]+ \w{8}, black [\d.]+ 100, mypy-protobuf [\d.]+", tools)
    record.write_text(record.read_text().replace(tools, "black 1.0 100"))
    assert main(["check", *said]) == 0
    assert "black 1.0" not in capsys.readouterr().err
    (out / "acme_models/x.py").write_text("x = 1\n")
    assert main(["check", *said]) == 1
    told = f"flytegen: they were made with black 1.0 100; here is {tools}, which may be all of it"
    assert told in capsys.readouterr().err
    assert main(["generate", "--quiet", *said]) == 0
    assert json.loads(record.read_text())["tools"] == tools


def test_check_sees_a_file_that_is_gone(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (output / "flyteidl-stubs/core/errors_pb2.pyi").unlink()
    assert main(["check", "--target", "flyteidl", "--out", str(output)]) == 1
    assert "+++ flyteidl-stubs/core/errors_pb2.pyi" in capsys.readouterr().out


def test_only_files_of_its_own_are_removed(output: Path, overlay: Path) -> None:
    foreign = output / "flytebind/models/notes.txt"
    foreign.write_text("mine")
    with (overlay / "more.toml").open("w") as file:
        file.write('[layout.spare.names]\nVoid = "flyteidl.core.Void"\n')
    arguments = ["generate", "--out", str(output), "--quiet", "--overlay"]
    assert main([*arguments, str(overlay)]) == 0
    assert (output / "flytebind/models/spare.py").is_file()
    assert main([*arguments, str(OVERLAY)]) == 0
    assert not (output / "flytebind/models/spare.py").exists()
    assert foreign.read_text() == "mine"


@pytest.mark.parametrize(
    ("template", "text", "expected"),
    [
        ("enum.py.j2", "{% macro enum(item) %}{{ itme }}{% endmacro %}", "'itme' is undefined"),
        ("enum.py.j2", "{% macro enum(item) %}{{ item.nmae }}{% endmacro %}", "nmae"),
        ("enum.py.j2", "{% macro", "enum.py.j2, line 1: is not a Jinja template"),
        ("index.py.j2", "class :", "is not Python"),
    ],
)
def test_a_bad_template_is_named_and_the_old_output_stays_whole(
    output: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    template: str,
    text: str,
    expected: str,
) -> None:
    before = snapshot(output)
    (tmp_path / template).write_text(text)
    arguments = [
        "generate",
        "--target",
        "flyteidl",
        "--out",
        str(output),
        "--templates",
        str(tmp_path),
    ]
    assert main(arguments) == 2
    message = capsys.readouterr().err
    assert expected in message
    assert "nothing was written" in message
    assert "Traceback" not in message
    assert snapshot(output) == before


def test_a_template_of_ones_own_replaces_ours_by_name(output: Path, tmp_path: Path) -> None:
    ours = (locate.templates() / "index.py.j2").read_text()
    (tmp_path / "index.py.j2").write_text("EXTRA = 1\n" + ours)
    arguments = [
        "generate",
        "--quiet",
        "--target",
        "flyteidl",
        "--out",
        str(output),
        "--templates",
        str(tmp_path),
    ]
    assert main(arguments) == 0
    assert "EXTRA = 1" in (output / "flytebind/models/_index.py").read_text()


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("mine")
    assert main(["generate", "--quiet", "--target", "flyteidl", "--out", str(occupied)]) == 2
    assert str(occupied) in capsys.readouterr().err
    assert occupied.read_text() == "mine"


@pytest.mark.parametrize("package", ["no_such_package_of_ours", "json"])
def test_a_package_without_descriptors_is_a_problem_with_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], package: str
) -> None:
    assert main(["generate", "--package", package, "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err
    assert package in message
    assert "Traceback" not in message
    assert not (tmp_path / "out").exists()


def test_list_names_every_message_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--target", "flyteidl"]) == 0
    out = capsys.readouterr().out
    assert "flyteidl/core/literals.proto -> flytebind.models.core.literals" in out
    assert "  1 integer: int64  (one of value)" in out
    assert "flyteidl/service/agent.proto -> flytebind.services.agent" in out
    assert "  6 config: repeated flyteidl.core.KeyValuePair\n" in out
    assert "    get_task_logs: GetTaskLogsRequest -> stream GetTaskLogsResponse\n" in out
    facts = facts_of(installed("flyteidl").files)
    count = facts.count()
    modules = count["module"] + len({service.file for service in facts.services.values()})
    assert out.splitlines()[-1] == (
        f"{count['message']:,} messages, {count['enum']:,} enums, {count['field']:,} fields, "
        f"{count['service']:,} services, {count['RPC']:,} RPCs, {modules:,} modules"
    )


def test_one_thing_is_not_told_as_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = "message M { E a = 1; } enum E { X = 0; } service S { rpc Get(M) returns (M); }"
    Path("x.proto").write_text(f'syntax = "proto3"; package acme; {text}')
    said = ["--input", "x.proto", "--out", "made"]
    assert main(["generate", *said]) == 0
    (path,) = Path("made/acme_models").glob("x.py")
    path.write_text("")
    assert main(["check", *said, "--quiet"]) == 1
    assert main(["generate", *said]) == 0
    told = capsys.readouterr()
    assert "1 message, 1 enum, 1 field, 1 service, 1 RPC, 2 modules\n" in told.out
    assert "  1 file written, " in told.out
    assert "flytegen: 1 file in made is out of date; " in told.err
    assert "Printing: 1 file\n" in told.err


def test_list_says_of_each_field_what_the_proto_says(capsys: pytest.CaptureFixture[str]) -> None:
    facts = facts_of(installed("flyteidl").files)

    def shown(field: FieldFacts) -> tuple[int, str]:
        entry = facts.messages.get(field.type_name)
        kind = field.type_name or field.kind
        if entry is not None and entry.is_map_entry:
            key, value = entry.fields.values()
            kind = f"map<{key.kind}, {value.type_name or value.kind}>"
        elif field.cardinality == "repeated":
            kind = f"repeated {kind}"
        is_alone = not field.oneof or field.oneof.startswith("_")
        return field.number, kind if is_alone else f"{kind}  (one of {field.oneof})"

    messages = [item for item in facts.messages.values() if not item.is_map_entry]
    expected = [
        (message.name, *shown(field)) for message in messages for field in message.fields.values()
    ]
    assert main(["list", "--target", "flyteidl"]) == 0
    listed, owner = [], ""
    for line in capsys.readouterr().out.splitlines():
        if field := re.fullmatch(r" +(\d+) \w+: (.*)", line):
            listed.append((owner, int(field[1]), field[2]))
        elif message := re.fullmatch(r" +([\w.]+)", line):
            owner = message[1]
        assert not re.search(r"(^|[ .<\[])_", line), "an alias of generated code"
    assert sorted(listed) == sorted(expected)


def test_the_version_is_said_with_those_of_its_tools(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert re.match(
        r"flytegen [\d.]+ \(black [\d.]+, mypy-protobuf [\d.]+, protobuf [\d.]+\)", said
    )


@pytest.mark.parametrize("arguments", [["--help"], ["generate", "--help"], ["check", "--help"]])
def test_help_says_what_the_exit_codes_mean(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 0
    assert "exit codes:" in capsys.readouterr().out


def test_a_misspelt_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["genrate"])
    assert caught.value.code == 2
    assert "genrate" in capsys.readouterr().err


def test_an_overlay_that_names_no_package_asks_for_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["generate", "--overlay", str(tmp_path)]) == 2
    assert "Give --package NAME." in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    list_and_hang_up = f"{sys.executable} -m flytegen list | head -1"
    run = subprocess.run(
        ["bash", "-o", "pipefail", "-c", list_and_hang_up], capture_output=True, text=True
    )
    assert run.returncode == 0
    assert len(run.stdout.splitlines()) == 1
    assert run.stderr == ""
