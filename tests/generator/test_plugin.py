"""protoc runs the generator as a plugin."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest

from flytegen.cli import main
from flytegen.plugin import answer
from tests.support.folders import snapshot

_FILES = {
    "acme/x.proto": """
        syntax = "proto3";
        package acme;
        import "google/protobuf/timestamp.proto";
        import "acme/kinds.proto";
        // A message.
        message A { optional string name = 1; google.protobuf.Timestamp at = 2; Kind kind = 3; }
        service S { rpc Do(A) returns (stream A); }
    """,
    "acme/kinds.proto": """
        edition = "2024";
        package acme;
        enum Kind { // Kinds.
          NONE = 0;
          SOME = 1;
        }
    """,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in _FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "out").mkdir()
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay/all.toml").write_text('[messages."acme.A"]\ndoc = "Ours."\n')
    plugin = tmp_path / "plugin"
    lines = [
        f"#!{sys.executable}",
        "from flytegen.__main__ import plugin",
        "raise SystemExit(plugin())",
    ]
    plugin.write_text("\n".join(lines))
    plugin.chmod(0o755)
    return tmp_path


def protoc(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I.", *options, "acme/x.proto"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def with_plugin(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    plugin = f"--plugin=protoc-gen-flytegen={folder / 'plugin'}"
    return protoc(folder, plugin, "--flytegen_out=out", *options)


def test_protoc_gets_what_the_command_writes(folder: Path) -> None:
    run = with_plugin(folder, "--flytegen_opt=package=acme.api,overlay=overlay")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    options = ["--include_imports", "--include_source_info", "--descriptor_set_out=set.binpb"]
    assert protoc(folder, *options).returncode == 0
    path, overlay, out = (str(folder / name) for name in ("set.binpb", "overlay", "command"))
    said = ["--package", "acme.api", "--overlay", overlay, "--descriptor-set", path, "--out", out]
    assert main(["generate", "--quiet", *said]) == 0
    written = snapshot(folder / "out")
    assert written == snapshot(folder / "command")
    assert b"Ours." in written["acme_api_models/acme/x.py"]
    assert b"Kinds." in written["acme_api_models/acme/kinds.py"]
    said[-1] = str(folder / "out")  # the command goes on where protoc left off
    assert main(["check", "--quiet", *said]) == 0


def test_protoc_writes_below_a_package_of_ones_own_what_the_command_writes(folder: Path) -> None:
    run = with_plugin(folder, "--flytegen_opt=package_root=myapp.gen")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    files = [str(folder / name) for name in _FILES]
    said = ["--input", *files, "-I", str(folder), "--package-root", "myapp.gen"]
    assert main(["generate", "--quiet", *said, "--out", str(folder / "command")]) == 0
    written = snapshot(folder / "out")
    assert {"myapp/gen/flytegen.lock", "myapp/gen/protos/acme/x_pb2.py"} <= written.keys()
    assert written == snapshot(folder / "command")


def test_protoc_says_what_is_wrong_and_writes_nothing(folder: Path) -> None:
    (folder / "overlay/all.toml").write_text('[messages."acme.B"]\ndoc = "Ours."\n')
    run = with_plugin(folder, "--flytegen_opt=overlay=overlay")
    assert run.returncode == 1
    assert "acme.B" in run.stderr
    assert "Traceback" not in run.stderr
    assert snapshot(folder / "out") == {}


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ("pakage=acme", "pakage: is no parameter\n    Did you mean 'package'?"),
        ("package", "package: has no value\n    Say package=..."),
        ("package=a,package=b", "package: is given twice"),
        ("package_root=my-app", "my-app: cannot be the name of a Python package"),
        ("base=no_such_models", "no_such_models: is not installed"),
        ("overlay=/no/such/folder", "/no/such/folder: "),
    ],
)
def test_a_parameter_that_is_wrong_is_named(parameter: str, said: str) -> None:
    response = answer(CodeGeneratorRequest(parameter=parameter).SerializeToString())
    assert said in response.error
    assert not response.file


def test_what_is_no_request_is_refused() -> None:
    assert "standard input: is no request of protoc" in answer(b"\xff").error


def test_a_terminal_is_told_who_runs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flytegen import plugin

    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda self: True})())
    with pytest.raises(SystemExit) as ended:
        plugin.main([])
    assert ended.value.code == 2
    assert "--flytegen_out=DIR" in capsys.readouterr().err
