"""Where templates and overlays are, in a checkout or in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parents[1]


def is_checkout() -> bool:
    """True when the generator runs from flytebind's own repository."""
    return _HERE.parent.name == "generator" and (_CHECKOUT / "templates").is_dir()


def templates() -> Path:
    """Our own templates; a checkout's own, where there is a checkout."""
    return _data() / "templates"


def overlay(package: str) -> Path | None:
    """Our own overlay of a package, if there is one."""
    folder = _data() / "overlay" / package
    return folder if package and folder.is_dir() else None


def _data() -> Path:
    return _CHECKOUT if is_checkout() else _HERE / "data"
