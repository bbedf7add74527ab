"""What Python files go through is the user's choice."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import black
import pytest
from black.mode import TargetVersion
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from flytegen.cli import main
from flytegen.write import format as formats
from tests.generator.protos import file
from tests.support.folders import snapshot

#: One of the lines for it is too long.
MESSAGE = """\
message Message {
  oneof kind_of_a_message { Message the_first_of_both = 1; Message the_second_of_both = 2; }
  oneof another_kind { int32 the_third_of_four_numbers = 3; Message the_fourth_of_four = 4; }
}
"""
MODELS = "acme_models/x.py"


@pytest.fixture
def descriptors(tmp_path: Path) -> Path:
    path = tmp_path / "acme.binpb"
    path.write_bytes(FileDescriptorSet(file=[file(MESSAGE)]).SerializeToString())
    return path


def generated(descriptors: Path, *arguments: str) -> dict[str, str]:
    out = descriptors.with_name("out")
    said = ("generate", "--quiet", "--descriptor-set", str(descriptors), "--out", str(out))
    assert main([*said, *arguments]) == 0
    return {name: data.decode() for name, data in snapshot(out).items()}


def test_black_is_what_formats_if_nobody_says_otherwise(descriptors: Path) -> None:
    texts = generated(descriptors)
    mode = black.Mode(target_versions={TargetVersion.PY310}, line_length=100)
    assert black.format_str(texts[MODELS], mode=mode) == texts[MODELS]
    assert generated(descriptors, "--formatter", "black") == texts


def test_ruff_formats_on_request(descriptors: Path) -> None:
    generated(descriptors, "--formatter", "ruff")
    checked = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length=100", "--check"]
    out = descriptors.with_name("out")
    done = subprocess.run([*checked, *out.rglob("*.py")], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def test_without_a_formatter_a_line_may_be_long(descriptors: Path) -> None:
    texts = generated(descriptors, "--formatter", "none")
    assert max(map(len, texts[MODELS].splitlines())) > 100
    # Who changes their mind gets other files, though nothing else has changed.
    assert max(map(len, generated(descriptors)[MODELS].splitlines())) <= 100


def test_a_formatter_that_is_not_there_is_named(
    descriptors: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(formats, "version", version)
    said = ["generate", "--formatter", "ruff", "--descriptor-set", str(descriptors), "--out", "out"]
    assert main(said) == 2
    said_last = capsys.readouterr().err.splitlines()[-2:]
    assert said_last == ["  ruff: is not installed", "    Install it: pip install ruff."]


def test_what_templates_of_ones_own_print_is_formatted_whole(
    descriptors: Path, tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "extra.py.j2").write_text("A  =  [ 1,2 ]\ndef f() : pass\n")
    texts = generated(descriptors, "--templates", str(tmp_path / "templates"))
    assert texts["extra.py"].endswith("A = [1, 2]\n\n\ndef f():\n    pass\n")
