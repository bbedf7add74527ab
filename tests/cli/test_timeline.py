"""``flytebind execution timeline``: printed, or written to files, whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

from flytebind.cli import _files
from flytebind.sandbox import Sandbox
from tests.cli.conftest import Run
from tests.remote.scenes.bulk import wide
from tests.remote.scenes.scene import Scene
from tests.support.markup import Page


def test_it_is_printed_with_a_line_for_each_node(flytebind: Run, dynamic: Scene) -> None:
    done = flytebind("execution", "timeline", dynamic.id.name)
    lanes = flytebind("execution", "timeline", dynamic.id.name, "--json").json["lanes"]
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0].startswith("flytesnacks/development/" + dynamic.id.name)
    assert len(lines) == len(lanes) + 3
    assert "█" in done.out
    for lane, line in zip(lanes[1:], lines[3:-1], strict=True):
        assert line.lstrip("├└│ ").startswith(lane["name"])


def test_pictures_and_pages_are_written(flytebind: Run, dynamic: Scene, tmp_path: Path) -> None:
    svg, html = tmp_path / "a.svg", tmp_path / "a.html"
    done = flytebind(
        "execution", "timeline", dynamic.id.name, "--svg", f"{svg}", "--html", f"{html}"
    )
    assert (done.code, done.out) == (0, "")
    assert done.err == f"wrote {svg}\nwrote {html}\n"
    assert ElementTree.fromstring(svg.read_text("utf-8")).tag.endswith("svg")
    assert dynamic.id.name in Page(html.read_text("utf-8")).text
    assert sorted(os.listdir(tmp_path)) == ["a.html", "a.svg"]


def test_a_dash_is_standard_output(flytebind: Run, dynamic: Scene) -> None:
    done = flytebind("execution", "timeline", dynamic.id.name, "--svg", "-")
    assert ElementTree.fromstring(done.out).tag.endswith("svg")
    assert done.err == ""
    both = flytebind("execution", "timeline", dynamic.id.name, "--svg", "-", "--html", "-")
    assert both.code == 2
    assert "cannot both" in both.err


def test_what_cannot_be_written_leaves_what_was_there(
    flytebind: Run, dynamic: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = flytebind("execution", "timeline", dynamic.id.name, "--svg", f"{tmp_path}/no/such.svg")
    assert done.code == 2
    assert f"cannot write {tmp_path}/no/such.svg: " in done.err
    old = tmp_path / "old.svg"
    old.write_text("old")

    def full(self: Path, text: str, encoding: str) -> int:
        os.close(os.open(self, os.O_CREAT))
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    done = flytebind("execution", "timeline", dynamic.id.name, "--svg", f"{old}")
    assert done.code == 2
    assert "cannot write" in done.err
    assert "No space left" in done.err
    assert old.read_text() == "old"
    assert os.listdir(tmp_path) == ["old.svg"]


def test_links_and_devices_stay_what_they_are(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    _files.write(f"{link}", "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    _files.write(os.devnull, "new")
    assert not Path(os.devnull).is_file()


def test_long_levels_are_whole_when_asked(flytebind: Run, sandbox: Sandbox) -> None:
    name = wide(sandbox, nodes=30).id.name
    few = flytebind("execution", "timeline", name).out.splitlines()
    assert any("... 20 more" in line for line in few)
    assert len(flytebind("execution", "timeline", name, "--all").out.splitlines()) >= 33
