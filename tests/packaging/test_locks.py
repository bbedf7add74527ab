"""The locks are what `make lock` writes."""

from __future__ import annotations

import re
import sys

import pytest

from tools.distributions import together
from tools.written import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NAME = re.compile(r"[\w.-]+")
_PIN = re.compile(r"^([\w.-]+)==.*\n(?:    --hash=.*\n)+((?:    #.*\n)+)", re.MULTILINE)


def canonical(requirement: str) -> str:
    found = _NAME.match(requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def asked_by(lock: str) -> dict[str, set[str]]:
    """By pin of a lock, who asks for it."""
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    return {
        name: {line.removeprefix("    #").replace("via ", "").strip() for line in lines.split("\n")}
        for name, lines in _PIN.findall(text)
    }


def test_the_lock_says_of_whatever_we_ask_for_that_we_do() -> None:
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    brought = together(ROOT)
    extras = brought["optional-dependencies"].values()
    wanted = {
        "flytebind (pyproject.toml:dev)": ours["dependency-groups"]["dev"],
        "flytebind (pyproject.toml)": [
            *brought["dependencies"],
            *(each for extra in extras for each in extra),
        ],
    }
    asked = asked_by("dev.lock")
    for who, requirements in wanted.items():
        named = {name for name, by in asked.items() if who in by}
        assert named == {canonical(each) for each in requirements} - {"flytebind"}


@pytest.mark.parametrize("lock", ["dev.lock", "peers.lock"])
def test_a_lock_names_no_host(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|--[a-z-]*url|--find-links|file:", text)
