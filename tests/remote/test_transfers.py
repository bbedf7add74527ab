"""Progress of files that take a while."""

from __future__ import annotations

import io
import sys
import threading
from pathlib import Path

import pytest

from flytebind.remote import _transfers as transfers
from flytebind.remote._transfers import Transfer
from tests.remote.conftest import Face


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def open_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Let errors go to a terminal, and let a transfer be worth a line at once.

    No fixture: between setup and test pytest puts errors elsewhere.
    """
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(transfers, "PATIENCE", -1.0)
    monkeypatch.setattr(transfers, "_FRAME_SECONDS", -1.0)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_an_upload_that_takes_long_is_shown_and_leaves_nothing(
    face: Face, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = open_terminal(monkeypatch)
    path = tmp_path / "rows.csv"
    path.write_bytes(bytes(1 << 20))
    face.upload(path)
    shown = terminal.getvalue()
    assert "uploading rows.csv" in shown
    assert "1.0/1.0 MB" in shown
    assert shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")  # the cursor is back
    assert not [each for each in threading.enumerate() if "progress" in each.name.lower()]


def test_what_is_quick_is_not_shown(
    face: Face, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = open_terminal(monkeypatch)
    monkeypatch.setattr(transfers, "PATIENCE", 60.0)
    path = tmp_path / "rows.csv"
    path.write_bytes(bytes(1 << 20))
    face.upload(path)
    assert terminal.getvalue() == ""


def test_several_share_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    with Transfer("one", 10) as one, Transfer("two", None) as two:
        one.moved(5)
        two.moved(5)
        one.moved(2)
    assert terminal.getvalue().count("\x1b[?25l") == 1
    assert "two" in terminal.getvalue()


def test_nothing_is_drawn_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    open_terminal(monkeypatch)
    quiet = io.StringIO()
    for name in ("stderr", "stdout"):
        monkeypatch.setattr(sys, name, quiet)
    with Transfer("two", 10) as two:
        two.moved(1)
    assert quiet.getvalue() == ""


def test_a_terminal_that_goes_away_ends_no_transfer(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = open_terminal(monkeypatch)
    with Transfer("one", 10) as one:
        one.moved(1)
        terminal.close()
        for _ in range(5):
            one.moved(1)
