"""The distributions that this repository is uploaded as, and what they come to in a checkout.

Each folder in distributions/ is one: its pyproject.toml says what is in it, and what it needs. The
checkout is all of them in one editable install, so what they need of each other is there already.
Its own pyproject.toml asks this module for the rest.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: The distribution that a checkout is installed as.
WHOLE = "flytebind"

_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[([\w,-]+)\])?")


def projects(root: Path) -> dict[str, dict[str, Any]]:
    """The table ``project`` of each distribution, by its name; sorted by folder."""
    files = sorted(root.glob("distributions/*/pyproject.toml"))
    found = (tomllib.loads(file.read_text(encoding="utf-8"))["project"] for file in files)
    return {project["name"]: project for project in found}


def together(root: Path) -> dict[str, Any]:
    """What all of them need and bring, as the table ``project`` says it.

    The extras are those of flytebind. Where it or one of them asks for another distribution of
    ours, what that one needs takes its place.
    """
    ours = projects(root)
    whole = ours[WHOLE]
    entries: dict[str, dict[str, str]] = {}
    for project in ours.values():
        for group, points in project.get("entry-points", {}).items():
            entries.setdefault(group, {}).update(points)
    needed = list(_of_others(whole["dependencies"], ours))
    return {
        "dependencies": needed,
        "optional-dependencies": {
            extra: [each for each in _of_others(wanted, ours) if each not in needed]
            for extra, wanted in whole["optional-dependencies"].items()
        },
        "scripts": {
            name: place
            for project in ours.values()
            for name, place in project.get("scripts", {}).items()
        },
        "entry-points": entries,
    }


def _of_others(wanted: Iterable[str], ours: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    """Requirements, with those of other distributions of ours in place of these."""
    for requirement in wanted:
        match = _REQUIREMENT.match(requirement)
        assert match is not None
        name, extras = match[1], match[2]
        if name not in ours or (name == WHOLE and extras):
            yield requirement
        elif name != WHOLE:
            yield from _of_others(ours[name].get("dependencies", ()), ours)
            for extra in extras.split(",") if extras else ():
                yield from _of_others(ours[name]["optional-dependencies"][extra], ours)
