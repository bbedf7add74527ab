"""The pictures of the README show what flytebind shows now, wherever they are shown."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools.pictures import FOLDER, main

PICTURES = sorted(FOLDER.glob("*.svg"))


def test_the_pictures_are_what_is_drawn_now() -> None:
    assert main(["--check"]) == 0


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.stem)
def test_a_picture_needs_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert re.findall(r"url\((?!#)|href=|<script|<foreignObject", text) == []
