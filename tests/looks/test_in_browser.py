"""Cards, tables and timelines in a real browser: read by phone and desk, light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from flytebind.looks import ExecutionList, ExecutionSnapshot, Timeline, card
from flytebind.looks._markup import Markup
from flytebind.looks._page import document
from flytebind.looks._palette import DARK, LIGHT
from tests.looks.test_cards import HOSTILE, Held, execution, node
from tests.looks.test_timelines import execution as root_of, many, task
from tests.sandbox.console.conftest import browser
from tests.sandbox.console.looking import faults, said, screen

__all__ = ["browser"]

#: Rules as notebooks have them for whatever a cell shows.
_NOTEBOOK = """
.host a:link, .host a:visited {color: #888; text-decoration: underline}
.host h3 {font-size: 3em; margin: 2em} .host h4 {color: #888}
.host table {margin: 2em; color: #888} .host td, .host th {text-align: right; padding: 1em}
.host tbody tr:nth-child(odd) {background: #888} .host pre {background: #888; color: #888}
.host dl dd {margin-left: 5em}
"""

_STYLE = """
const style = (selector) => getComputedStyle(document.querySelector(selector));
const row = style("tbody tr").backgroundColor, card = style(".flytebind").backgroundColor;
return {
  card, row: row === "rgba(0, 0, 0, 0)" ? card : row, link: style("h3 a").color,
  side: style("th").textAlign, size: style("h3").fontSize,
};
"""

_TEXTS = """
return [...document.querySelectorAll("text")].map((each) => {
  const box = each.getBBox();
  return [each.textContent, box.x, box.y, box.x + box.width, box.y + box.height];
})
"""


def shown() -> list[str]:
    """Whatever there is to see, as HTML that a notebook shows."""
    error = {"code": HOSTILE[0], "message": f"Trace:\n\n    frames\n\nMessage:\n\n    {HOSTILE[1]}"}
    bad = node("a-node-with-a-name-that-is-long", "FAILED", "https://logs.example/", error=error)
    snapshot = ExecutionSnapshot(
        execution(phase="FAILED", error=error), (node("n0"), bad), url="https://console.example/"
    )
    listed = ExecutionList([Held(snapshot)] * 3)
    return [
        card(snapshot, {}, HOSTILE[4])._repr_html_(),
        listed._repr_html_(),
        Timeline(many(60))._repr_html_(),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_what_is_shown_can_be_read(
    browser: Chrome, tmp_path: Path, width: int, scheme: str
) -> None:
    page = tmp_path / "page.html"
    page.write_text(document("", *map(Markup, shown())), "utf-8")
    with screen(browser, width, scheme):
        browser.get(page.as_uri())
        assert faults(browser) == []
    assert said(browser) == []


@pytest.mark.parametrize(("is_light", "palette"), [("true", LIGHT), ("false", DARK)])
def test_a_notebook_says_whether_it_is_light_and_changes_nothing_else(
    browser: Chrome, tmp_path: Path, is_light: str, palette: Mapping[str, str]
) -> None:
    page = tmp_path / "notebook.html"
    cells = f"<body class=host data-jp-theme-light={is_light}>{''.join(shown())}"
    page.write_text(
        f"<!doctype html><meta charset=utf-8><style>{_NOTEBOOK}</style>{cells}", "utf-8"
    )
    with screen(browser, 1280, "dark" if is_light == "true" else "light"):
        browser.get(page.as_uri())
        assert faults(browser) == []
        style = browser.execute_script(_STYLE)
    assert style["card"] == style["row"] == _rgb(palette["card"])
    assert style["link"] == _rgb(palette["link"])
    assert (style["side"], style["size"]) == ("left", "16.1px")
    assert said(browser) == []


@pytest.mark.parametrize("width", [390, 960])
def test_no_label_of_a_picture_lies_over_another(
    browser: Chrome, tmp_path: Path, width: int
) -> None:
    row = root_of(
        task("n0", 0, 10, 20, 80, 90),
        replace(task("m" * 60, 50, 60, 60, 99, 100, phase="FAILED"), time=timedelta(hours=12)),
        replace(task("n2", 0, 1, 2, 3, 4), waits_for="an approval that is called by a long name"),
    )
    for name, made in (("few", row), ("many", many(60))):
        picture = tmp_path / f"{name}.svg"
        picture.write_text(Timeline(made).svg(width=width), "utf-8")
        browser.get(picture.as_uri())
        boxes = browser.execute_script(_TEXTS)
        assert len(boxes) > 10
        for index, (text, left, top, right, bottom) in enumerate(boxes):
            assert 0 <= left <= right <= width, text
            for other, *box in boxes[index + 1 :]:
                wide = min(right, box[2]) - max(left, box[0])
                high = min(bottom, box[3]) - max(top, box[1])
                assert wide <= 0 or high <= 3, (text, other)


def _rgb(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgb({red}, {green}, {blue})"
