"""Colours of pages and pictures, on light and on dark: all of them can be read (WCAG AA)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flytebind.looks._words import STYLES

#: By use, a colour. ``good`` to ``idle`` are the tones of phases, ``on-good`` what is behind them.
LIGHT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "card": "#ffffff",
        "soft": "#f4f6f8",
        "line": "#d8dee6",
        "text": "#1c2330",
        "dim": "#586273",
        "link": "#0b62c4",
        "good": "#157a3c",
        "bad": "#c62333",
        "busy": "#0b62c4",
        "warn": "#8f5a00",
        "idle": "#586273",
        "on-good": "#e3f6e8",
        "on-bad": "#fdeaec",
        "on-busy": "#e6f1fe",
        "on-warn": "#fcf1d8",
        "on-idle": "#edf0f4",
    }
)
DARK: Final[Mapping[str, str]] = MappingProxyType(
    {
        "card": "#12161d",
        "soft": "#1a202a",
        "line": "#303a48",
        "text": "#e4e9f1",
        "dim": "#98a4b5",
        "link": "#6cb0ff",
        "good": "#4cc673",
        "bad": "#ff7b84",
        "busy": "#6cb0ff",
        "warn": "#e0ac48",
        "idle": "#98a4b5",
        "on-good": "#14301f",
        "on-bad": "#3c1a20",
        "on-busy": "#15293f",
        "on-warn": "#35290f",
        "on-idle": "#252d39",
    }
)

_TONES: Final = {"green": "good", "red": "bad", "cyan": "busy", "yellow": "warn", "magenta": "warn"}
TONES: Final = ("good", "bad", "busy", "warn", "idle")


def tone(phase: str) -> str:
    """The tone in which the name of a phase is told."""
    return tone_of_style(STYLES.get(phase, ""))


def tone_of_style(style: str) -> str:
    """The tone that is what a style of rich's is on a terminal."""
    return _TONES.get(style, "idle")


def variables(palette: Mapping[str, str]) -> str:
    """Colours as CSS takes them: ``--fb-text:#1c2330;...``."""
    return "".join(f"--fb-{name}:{colour};" for name, colour in palette.items())
