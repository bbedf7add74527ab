"""What is in the files that a release uploads."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from flytebind.runtime import __version__
from flytegen._version import __version__ as generator_version
from tests.packaging.distribution import OURS, ROOT, Distribution
from tests.support.folders import snapshot
from tools.environments import CHECKOUT, TOGETHER

Distributions = Mapping[str, Distribution]

#: Where each folder of the checkout ends up in the wheels.
PLACES = {
    "generated/flyteidl/flytebind": "flytebind",
    "generated/flyteidl/flyteidl-stubs": "flyteidl-stubs",
    "generator/flytegen": "flytegen",
    "generated/flyteidl2/flytebind": "flytebind",
    "generated/flyteidl2/flyteidl2-stubs": "flyteidl2-stubs",
    "overlay": "flytegen/data/overlay",
    "src/flytebind": "flytebind",
    "templates": "flytegen/data/templates",
}

#: Those that have one version.
RELEASED_TOGETHER = ("flytebind-runtime", "flytegen", "flytebind")

#: Wherever a team may be: newer Pythons than flyteidl allows, and ones that are not out yet.
ANY_PYTHON = ["3.10.0", "3.13.9", "3.14.0", "3.15.0"]


def test_each_package_of_the_checkout_is_in_one_wheel_and_nothing_else_is(
    distributions: Distributions,
) -> None:
    packed: dict[str, bytes] = {}
    for distribution in distributions.values():
        files = distribution.packed()
        assert packed.keys() & files.keys() == set()
        packed |= files
    expected = {
        f"{place}/{name}": content
        for folder, place in PLACES.items()
        for name, content in snapshot(ROOT / folder).items()
    }
    assert packed.keys() == expected.keys()
    assert packed == expected


def test_each_wheel_holds_what_its_name_says(distributions: Distributions) -> None:
    tops = {
        name: {file.split("/")[0] for file in each.packed()} for name, each in distributions.items()
    }
    assert tops == {
        "flytebind": {"flytebind", "flyteidl-stubs"},
        "flytebind-flyte2": {"flytebind", "flyteidl2-stubs"},
        "flytebind-runtime": {"flytebind"},
        "flytegen": {"flytegen"},
    }
    parts = {
        name: {file.split("/")[1] for file in each.packed() if file.startswith("flytebind/")}
        for name, each in distributions.items()
    }
    assert parts["flytebind-runtime"] == {"runtime"}
    assert parts["flytebind-flyte2"] == {"runs", "v2"}
    assert parts["flytebind"] & {"runs", "runtime", "v2"} == set()
    assert {"models", "remote", "services", "values"} <= parts["flytebind"]


def test_the_namespace_is_open_to_other_distributions(distributions: Distributions) -> None:
    for distribution in distributions.values():
        assert {
            "flytebind/__init__.py",
            "flytebind/v2/__init__.py",
        } & distribution.packed().keys() == set()


@pytest.mark.parametrize(
    ("name", "package", "content"),
    [
        ("flytebind", "flytebind/behaviour", ""),
        ("flytebind", "flytebind/models", ""),
        ("flytebind", "flytebind/values", ""),
        ("flytebind", "flyteidl-stubs", "partial\n"),
        ("flytebind-flyte2", "flytebind/runs", ""),
        ("flytebind-flyte2", "flytebind/v2/models", ""),
        ("flytebind-flyte2", "flyteidl2-stubs", "partial\n"),
        ("flytebind-runtime", "flytebind/runtime", ""),
        ("flytegen", "flytegen", ""),
    ],
)
def test_each_package_says_that_it_is_typed(
    name: str, package: str, content: str, distributions: Distributions
) -> None:
    assert distributions[name].packed()[f"{package}/py.typed"].decode() == content


def test_each_needs_no_more_than_it_must(distributions: Distributions) -> None:
    needed = {
        name: {
            requirement.name
            for requirement in map(Requirement, each.metadata().get_all("Requires-Dist") or [])
            if "extra" not in str(requirement.marker)
        }
        for name, each in distributions.items()
    }
    assert needed["flytebind-runtime"] == {"protobuf", "types-protobuf"}
    assert needed["flytebind"] == {"flytebind-runtime", "flyteidl"}
    assert needed["flytebind-flyte2"] == {"flytebind", "flyteidl2"}
    assert "flytebind-runtime" in needed["flytegen"]
    assert needed["flytegen"] & {"flytebind", "flyteidl", "grpcio"} == set()


def test_flytebind_has_its_extras(distributions: Distributions) -> None:
    assert set(distributions["flytebind"].metadata().get_all("Provides-Extra") or []) == {
        "all",
        "auth",
        "cli",
        "flyte2",
        "generator",
        "progress",
        "remote",
        "sandbox",
        "storage",
    }


@pytest.mark.parametrize("name", ["flytebind-runtime", "flytegen"])
def test_no_python_is_too_new_for_what_knows_no_flyteidl(
    name: str, distributions: Distributions
) -> None:
    promised = SpecifierSet(distributions[name].metadata()["Requires-Python"])
    assert list(promised.filter(ANY_PYTHON)) == ANY_PYTHON


def test_what_is_released_together_has_one_version_and_asks_for_it() -> None:
    assert generator_version == __version__
    asked = [
        Requirement(line)
        for name in OURS
        for lines in (
            OURS[name]["dependencies"],
            *OURS[name].get("optional-dependencies", {}).values(),
        )
        for line in lines
        if Requirement(line).name in RELEASED_TOGETHER and Requirement(line).specifier
    ]
    assert len(asked) == 4
    assert {str(requirement.specifier) for requirement in asked} == {f"~={__version__}"}


@pytest.mark.parametrize("name", OURS)
def test_the_metadata_tells_what_users_need(name: str, distributions: Distributions) -> None:
    metadata = distributions[name].metadata()
    assert metadata["Name"] == name
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["License-File"] == "LICENSE"
    assert metadata["Description-Content-Type"] == "text/markdown"
    description = metadata.get_payload()
    assert isinstance(description, str)
    assert description.lstrip().startswith(f"# {name}\n")
    assert metadata["Summary"]
    urls = dict(line.split(", ") for line in metadata.get_all("Project-URL") or [])
    assert urls.keys() == {"Documentation", "Source", "Changelog", "Issues"}


def test_the_page_of_flytebind_is_the_readme(distributions: Distributions) -> None:
    description = distributions["flytebind"].metadata().get_payload()
    assert description == (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OURS)
def test_the_sdist_has_the_licence_of_the_repository(
    name: str, distributions: Distributions
) -> None:
    with tarfile.open(distributions[name].sdist) as sdist:
        (top,) = {member.name.partition("/")[0] for member in sdist}
        assert [member.name for member in sdist if not member.isfile()] == []
        licence = sdist.extractfile(f"{top}/LICENSE")
        assert licence is not None
        assert licence.read() == (ROOT / "LICENSE").read_bytes()


def test_a_checkout_needs_and_brings_what_its_distributions_do() -> None:
    checkout = CHECKOUT["project"]
    assert "Private :: Do Not Upload" in checkout["classifiers"]
    assert set(TOGETHER) <= set(checkout["dynamic"])
    extras = TOGETHER["optional-dependencies"]
    assert extras.keys() == OURS["flytebind"]["optional-dependencies"].keys()
    lines = [*TOGETHER["dependencies"], *(line for extra in extras.values() for line in extra)]
    assert {Requirement(line).name for line in lines} & OURS.keys() == {"flytebind"}
    assert {"flyteidl", "protobuf"} <= {Requirement(line).name for line in lines}
    assert {"black", "jinja2"} <= {Requirement(line).name for line in extras["generator"]}
    assert {"grpcio", "urllib3"} <= {Requirement(line).name for line in extras["remote"]}
    assert TOGETHER["scripts"].keys() == {"flytebind", "flytegen", "protoc-gen-flytegen"}
    assert TOGETHER["entry-points"].keys() == {"pytest11"}
