"""Which versions of a package there are, as pip knows it from the package index."""

from __future__ import annotations

import re
import subprocess
import sys


class RegistryError(Exception):
    """pip does not say; the message is its own last word."""


def versions(package: str) -> list[str]:
    """The final releases of a package, oldest first.

    Raises:
        RegistryError: If pip does not reach the index, or there is no such package.
    """
    command = [sys.executable, "-m", "pip", "index", "versions", package]
    options = ["--disable-pip-version-check", "--no-input"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    listed = re.search(r"^Available versions: (.+)$", done.stdout, re.MULTILINE)
    if listed is None:
        said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        raise RegistryError(" ".join(said[-1:]) or "pip listed no versions")
    found = [version.strip() for version in listed[1].split(",")]
    return sorted((version for version in found if re.fullmatch(r"[\d.]+", version)), key=parts)


def parts(version: str) -> tuple[int, ...]:
    """A version as numbers, to compare it by."""
    return tuple(map(int, version.split(".")))


def last_of_minors(found: list[str], since: str) -> list[str]:
    """The last release of each minor version, from one on."""
    newest = {parts(version)[:2]: version for version in sorted(found, key=parts)}
    return [version for minor, version in newest.items() if minor >= parts(since)[:2]]
