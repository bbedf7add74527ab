"""Which of two versions of a package came first."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version


def is_older(version: str, *, than: str) -> bool:
    """Whether one version came before another; False where that is not known of both.

    Nothing is known of 0.0.0, which is what some packages call themselves that were built from a
    checkout.
    """
    mine, other = _known(version), _known(than)
    return mine is not None and other is not None and mine < other


def is_version(text: str) -> bool:
    """Whether a text is a version at all, as pip reads them."""
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _known(version: str) -> Version | None:
    known = Version(version) if is_version(version) else None
    return known if known is not None and any(known.release) else None
