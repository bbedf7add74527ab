"""Colours of pages and pictures: whatever is written or drawn can be read (WCAG AA)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from flytebind.looks._page import style, themes
from flytebind.looks._palette import DARK, LIGHT, TONES

#: What stands on what. Lines are there for the eye alone.
PAIRS = [
    *((fore, back) for fore in ("text", "dim", "link", *TONES) for back in ("card", "soft")),
    *((tone, f"on-{tone}") for tone in TONES),
    *((fore, "on-bad") for fore in ("text", "link", "bad")),
]


def luminance(colour: str) -> float:
    """How bright a colour is, as WCAG counts it."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    ]
    return sum(part * each for part, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_counted_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("fore", "back"), PAIRS)
def test_what_is_written_or_drawn_can_be_read(
    palette: Mapping[str, str], fore: str, back: str
) -> None:
    assert contrast(palette[fore], palette[back]) >= 4.5


def test_every_colour_is_in_a_pair_and_styles_use_no_other() -> None:
    assert {name for pair in PAIRS for name in pair} | {"line"} == {*LIGHT} == {*DARK}
    rules = style().removeprefix(themes(".flytebind,.fb-page", ".flytebind"))
    assert "#" not in rules
    for name in rules.split("var(--fb-")[1:]:
        assert name.partition(")")[0].partition(",")[0] in {*LIGHT, "depth", "step"}


def test_light_and_dark_follow_the_system_or_who_says_otherwise() -> None:
    made = themes(".box", ".box")
    assert made.startswith(f".box{{--fb-card:{LIGHT['card']};")
    assert f"@media (prefers-color-scheme:dark){{.box{{--fb-card:{DARK['card']};" in made
    for host, palette in (
        ('[data-jp-theme-light="true"]', LIGHT),
        ('[data-jp-theme-light="false"]', DARK),
        (".vscode-light", LIGHT),
        (".vscode-dark", DARK),
    ):
        assert made.partition(f"{host} .box")[2].partition("--fb-card:")[2][:7] == palette["card"]
