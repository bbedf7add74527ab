"""What a person would see of a page, asked of the browser that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

T = TypeVar("T")

_SECONDS = 30

#: Each piece of text: where it is, and how much it stands out from what is behind it.
_PIECES = """
const rgba = (css) => {
  const [r, g, b, a = 1] = css.match(/[\\d.]+/g).map(Number);
  return {r, g, b, a};
};
const over = (top, below) => ({
  r: top.r * top.a + below.r * (1 - top.a),
  g: top.g * top.a + below.g * (1 - top.a),
  b: top.b * top.a + below.b * (1 - top.a),
  a: 1,
});
const behind = (element) => {
  if (element === null) return rgba("255 255 255");
  const own = rgba(getComputedStyle(element).backgroundColor);
  return own.a === 1 ? own : over(own, behind(element.parentElement));
};
const part = (value) => value <= 10.31 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
const light = (colour) =>
  0.2126 * part(colour.r) + 0.7152 * part(colour.g) + 0.0722 * part(colour.b);
const pieces = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const isSeen = element.checkVisibility({visibilityProperty: true});
  if (!walker.currentNode.data.trim() || !isSeen) continue;
  const head = element.closest("thead");
  if (head && getComputedStyle(head).clipPath !== "none") continue;  // for those who hear the page
  const range = document.createRange();
  range.selectNodeContents(walker.currentNode);
  const style = getComputedStyle(element), back = behind(element);
  const levels = [light(over(rgba(style.color), back)), light(back)];
  const size = parseFloat(style.fontSize);
  pieces.push({
    text: walker.currentNode.data.trim(),
    rects: [...range.getClientRects()].map((r) => [r.left, r.top, r.right, r.bottom]),
    contrast: (Math.max(...levels) + 0.05) / (Math.min(...levels) + 0.05),
    large: size >= 24 || (size >= 18.66 && parseInt(style.fontWeight) >= 700),
  });
}
const all = document.documentElement;
return {pieces, wide: all.scrollWidth, screen: all.clientWidth};
"""


def faults(browser: Chrome) -> list[str]:
    """What is hard to read: too pale, over each other, or not on the screen."""
    seen = browser.execute_script(_PIECES)
    pieces, screen = seen["pieces"], seen["screen"]
    found = []
    if seen["wide"] > screen:
        found.append(f"the page is {seen['wide']} wide on a screen of {screen}")
    for index, piece in enumerate(pieces):
        text = piece["text"][:60]
        if piece["contrast"] < (3 if piece["large"] else 4.5):
            found.append(f"{text!r} has a contrast of {piece['contrast']:.2f}")
        for left, _, right, _ in piece["rects"]:
            if left < 0 or right > screen + 0.5:
                found.append(f"{text!r} goes from {left} to {right} on a screen of {screen}")
        found += [
            f"{text!r} lies over {other['text'][:60]!r}"
            for other in pieces[index + 1 :]
            if any(_meet(one, two) for one in piece["rects"] for two in other["rects"])
        ]
    return found


def _meet(one: list[float], two: list[float]) -> bool:
    """Whether two boxes share more than an edge; lines may touch, as letters do not fill theirs."""
    wide = min(one[2], two[2]) - max(one[0], two[0])
    high = min(one[3], two[3]) - max(one[1], two[1])
    return wide > 1 and high > 3


@contextmanager
def screen(browser: Chrome, width: int, scheme: str) -> Iterator[None]:
    """A screen so many pixels wide, of somebody who likes it light or dark."""
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    yield
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def shown(browser: Chrome) -> str:
    """All text of a page that can be seen."""
    return browser.find_element(By.TAG_NAME, "body").text


def until(browser: Chrome, true: Callable[[Chrome], T]) -> T:
    """Wait for something to be true of a page; fail if it does not come so far."""
    waiting = WebDriverWait(browser, _SECONDS, 0.05, [StaleElementReferenceException])
    return waiting.until(true)


def said(browser: Chrome) -> list[str]:
    """What the browser has complained of since it was last asked."""
    # As the browser's get_log does, which has no types.
    entries = browser.execute("getLog", {"type": "browser"})["value"]
    return [str(entry["message"]) for entry in entries]
