"""What a tool makes is written or checked, and all else is left alone."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tools import contract, differences, history, losses, migrating, packages
from tools.written import (
    NOT_MADE,
    OUT_OF_DATE,
    UP_TO_DATE,
    Command,
    Contents,
    NotMadeError,
    Place,
)


def run(make: Contents | NotMadeError, *arguments: str, can_only_show: bool = False) -> int:
    """The exit code of a tool that makes this."""

    def made() -> Contents:
        if isinstance(make, NotMadeError):
            raise make
        return make

    command = Command("acme", "Makes.", mend="make acme", can_only_show=can_only_show)
    return command.run(command.parser.parse_args(arguments), made)


def test_files_are_written_and_what_should_not_be_there_is_removed(tmp_path: Path) -> None:
    new, old, gone = tmp_path / "below" / "new", tmp_path / "old", tmp_path / "gone"
    old.write_text("old")
    gone.write_text("gone")
    contents: Contents = {new: b"1", old: b"2", gone: None}
    assert run(contents, "--check") == OUT_OF_DATE
    assert run(contents, "--write") == UP_TO_DATE
    assert (new.read_text(), old.read_text(), gone.exists()) == ("1", "2", False)
    assert run(contents, "--check") == UP_TO_DATE
    assert run(contents, "--write") == UP_TO_DATE


def test_each_file_that_is_out_of_date_is_named_and_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    same, other, missing, extra = (tmp_path / name for name in ("same", "other", "no", "extra"))
    for path in (same, other, extra):
        path.write_text("1")
    assert run({same: b"1", other: b"2", missing: b"3", extra: None}, "--check") == OUT_OF_DATE
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(" is out of date; ")[2] for line in lines] == 3 * ["run `make acme`"]
    for line, path in zip(lines, (other, missing, extra), strict=True):
        assert line.startswith("acme: ")
        assert f"/{path.name} is" in line
    assert (other.read_text(), missing.exists(), extra.read_text()) == ("1", False, "1")


@pytest.mark.parametrize("option", ["--write", "--check"])
def test_what_cannot_be_made_is_told_with_its_reason(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(NotMadeError("no rows"), option) == NOT_MADE
    assert capsys.readouterr().err == "acme: no rows\n"


def test_a_tool_that_can_only_show_what_it_makes_writes_nothing_then(tmp_path: Path) -> None:
    assert run({tmp_path / "new": b"1"}, can_only_show=True) == UP_TO_DATE
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("arguments", [(), ("--write", "--check")])
def test_one_of_the_options_is_wanted_and_no_more(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run({}, *arguments)
    assert caught.value.code == NOT_MADE
    assert "--check" in capsys.readouterr().err


@pytest.mark.parametrize("tool", [contract, differences, history, losses, migrating, packages])
def test_each_help_says_what_the_exit_codes_mean(
    tool: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        tool.main(["--help"])
    assert caught.value.code == UP_TO_DATE
    said = capsys.readouterr().out
    assert said.startswith(f"usage: python -m {tool.__name__} ")
    assert said.count("exit codes:") == 1


def place(folder: Path, text: str) -> Place:
    document = folder / "page.md"
    document.write_text(text)
    return Place(document, "begin\n", "end\n")


def test_only_what_is_between_the_lines_is_written(tmp_path: Path) -> None:
    written = place(tmp_path, "a\nbegin\nold\nend\nz\n").holding("new\n")
    assert written == {tmp_path / "page.md": b"a\nbegin\nnew\nend\nz\n"}


@pytest.mark.parametrize("text", ["", "begin\n", "end\nbegin\n", 2 * "begin\nend\n"])
def test_a_document_without_one_place_for_it_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(NotMadeError, match=r"page\.md wants one place between begin and end"):
        place(tmp_path, text).holding("new\n")
