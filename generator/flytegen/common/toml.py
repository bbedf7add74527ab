"""TOML on every supported Python."""

from __future__ import annotations

import sys
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TomlError = tomllib.TOMLDecodeError


def parse_toml(text: str) -> dict[str, Any]:
    """Parse a TOML document.

    Raises:
        TomlError: If it is not TOML.
    """
    return tomllib.loads(text)


def dotted(path: tuple[str, ...]) -> str:
    """A key as TOML writes it: ``messages."acme.core.Thing".doc``."""
    return ".".join(f'"{part}"' if "." in part or "/" in part else part for part in path)
