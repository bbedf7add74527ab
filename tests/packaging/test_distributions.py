"""What is in the files that a release uploads."""

from __future__ import annotations

import tarfile
from email.parser import Parser
from zipfile import ZipFile

import pytest

from tests.packaging.distribution import ROOT, Distributions
from tests.support.folders import snapshot

#: Where each folder of the checkout ends up in the wheel.
PLACES = {
    "generated/flyteidl/flytebind": "flytebind",
    "generated/flyteidl/flyteidl-stubs": "flyteidl-stubs",
    "generator/flytegen": "flytegen",
    "overlay/flyteidl": "flytegen/data/overlay/flyteidl",
    "src/flytebind": "flytebind",
    "templates": "flytegen/data/templates",
}


def test_the_wheel_made_from_the_sdist_holds_the_checkout_s_packages_and_nothing_else(
    distributions: Distributions,
) -> None:
    with ZipFile(distributions.wheel) as wheel:
        packed = {name: wheel.read(name) for name in wheel.namelist() if ".dist-info/" not in name}
    expected = {
        f"{place}/{name}": content
        for folder, place in PLACES.items()
        for name, content in snapshot(ROOT / folder).items()
    }
    assert packed.keys() == expected.keys()
    assert packed == expected


def test_the_namespace_is_open_to_other_distributions(distributions: Distributions) -> None:
    with ZipFile(distributions.wheel) as wheel:
        names = wheel.namelist()
    assert "flytebind/__init__.py" not in names


@pytest.mark.parametrize(
    ("package", "content"),
    [
        ("flytebind/behaviour", ""),
        ("flytebind/models", ""),
        ("flytebind/runtime", ""),
        ("flytebind/values", ""),
        ("flytegen", ""),
        ("flyteidl-stubs", "partial\n"),
    ],
)
def test_each_package_says_that_it_is_typed(
    package: str, content: str, distributions: Distributions
) -> None:
    with ZipFile(distributions.wheel) as wheel:
        assert wheel.read(f"{package}/py.typed").decode() == content


def test_the_metadata_tells_what_users_need(distributions: Distributions) -> None:
    with ZipFile(distributions.wheel) as wheel:
        (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(wheel.read(name).decode())
    required = metadata.get_all("Requires-Dist") or []
    unconditional = {line for line in required if "extra ==" not in line}
    assert {line.split(">")[0].split("<")[0] for line in unconditional} == {
        "flyteidl",
        "protobuf",
        "types-protobuf",
    }
    assert set(metadata.get_all("Provides-Extra") or []) == {
        "all",
        "auth",
        "cli",
        "dev",
        "generator",
        "progress",
        "remote",
        "sandbox",
        "storage",
    }
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL") or [])
    assert urls.keys() == {"Documentation", "Source", "Changelog", "Issues"}


def test_the_sdist_can_generate_and_test(distributions: Distributions) -> None:
    with tarfile.open(distributions.sdist) as sdist:
        (top,) = {name.partition("/")[0] for name in sdist.getnames()}
        names = {name.removeprefix(f"{top}/") for name in sdist.getnames()}
    assert {"Makefile", "pyproject.toml", "requirements/dev.lock", "LICENSE", "README.md"} <= names
    for folder in (*PLACES, "tests", "tools"):
        assert {f"{folder}/{name}" for name in snapshot(ROOT / folder)} <= names
