"""What overlays say about the packages that we have: users meet nothing without words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import Descriptor, FileDescriptor

from flytegen.common.descriptors import walk
from flytegen.common.problems import GenerationError
from flytegen.common.proto_fields import written_oneofs
from flytegen.overlay.load import load_overlay
from flytegen.read.package import load_package

OVERLAYS = Path(__file__).parents[3] / "overlay"

#: Where users meet all of a message; of the others the message has words, and its fields may not.
MET = {
    "flyteidl": ("",),
    "flyteidl2": (
        "auth/",
        "cluster/",
        "common/",
        "core/",
        "dataproxy/",
        "imagebuilder/",
        "logs/",
        "notification/",
        "project/",
        "secret/",
        "settings/",
        "task/",
        "trigger/",
        "workflow/",
    ),
}


def things(file: FileDescriptor) -> Iterator[str]:
    """The full names of all that a file has, but for parts of messages and enums."""
    yield from (item.full_name for item in walk(file))
    for service in file.services_by_name.values():
        yield service.full_name
        yield from (method.full_name for method in service.methods)


def parts(file: FileDescriptor) -> Iterator[str]:
    """The full names of fields, of oneofs with a choice, and of the values of enums."""
    for item in walk(file):
        if isinstance(item, Descriptor):
            yield from (field.full_name for field in item.fields)
            yield from (one.full_name for one in written_oneofs(item) if len(one.fields) > 1)
        else:
            yield from (f"{item.full_name}.{value.name}" for value in item.values)


@pytest.mark.parametrize("package", MET)
def test_all_that_users_meet_has_words_of_its_own(package: str) -> None:
    words = load_overlay(OVERLAYS / package).words()
    met = tuple(f"{package}/{area}" for area in MET[package])
    missing = [
        name
        for file in load_package(package).files
        for name in (*things(file), *(parts(file) if file.name.startswith(met) else ()))
        if not words.get(name)
    ]
    assert not missing, "\n".join(("say in docs/ of the overlay what these mean:", *missing))


def test_what_two_packages_call_alike_shares_its_words(tmp_path: Path) -> None:
    def write(folder: str, text: str) -> Path:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.toml").write_text(text)
        return tmp_path / folder

    write(
        "acme",
        """
        package = { name = "acme", words = "../nowhere" }
        messages."acme.M" = { doc = "Theirs.", fields.a.doc = "A.", fields.b.doc = "B." }
        messages."acmeother.N".doc = "Of another package."
        services."acme.S".methods.Call.doc = "Calls."
        """,
    )
    ours = write(
        "acme2",
        """
        package = { name = "acme2", words = "../acme" }
        messages."acme2.M".fields.b.doc = "Ours."
        """,
    )
    assert load_overlay(ours).words() == {
        "acme2.M": "Theirs.",
        "acme2.M.a": "A.",
        "acme2.M.b": "Ours.",
        "acme2.S.Call": "Calls.",
    }


def test_words_that_are_nowhere_are_a_problem(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('package = { name = "acme", words = "nowhere" }')
    with pytest.raises(GenerationError, match="nowhere: is not a folder"):
        load_overlay(tmp_path)
