"""Compare the public API of two versions of flytebind, and say what would break its users.

griffe reads the sources, and runs nothing of them. Public is what the ``__all__`` of a module
names, with all members of these classes that have no underscore, inherited ones among them. Below
``flytebind.runtime`` all names without an underscore are: the code that somebody generated for a
package of their own stands on them.

griffe sees names, parameters and their defaults. It does not judge annotations.
"""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from griffe import Breakage, ExplanationStyle, GriffeLoader, Module, find_breaking_changes

PACKAGE = "flytebind"
VERSION = "flytebind/runtime/_version.py"
#: Where the parts of the namespace lie: in a checkout, and in a wheel.
ROOTS = ("generated", "src", ".")
GENERATED_CODE_STANDS_ON = "flytebind.runtime"

#: How griffe tells of a break: "- `Class.method(parameter)`: *Kind of break*: `old` -> `new`".
_TOLD = re.compile(r"- `[^`(]*(\(.*?\))?`: \*(.*?)\*(.*)", re.S)


class ComparisonError(Exception):
    """A version cannot be read; the message says why."""


@dataclass(frozen=True, order=True)
class Break:
    """Something that worked with the old version."""

    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"


def breaks(old: Path, new: Path) -> list[Break]:
    """What breaks users of the old version, sorted by name.

    Args:
        old: A checkout, or a wheel that was taken apart.
        new: Another one.

    Raises:
        ComparisonError: If there is no flytebind in one of them.
    """
    return sorted({_told(each) for each in find_breaking_changes(_load(old), _load(new))})


def newest_tag(root: Path, but: str) -> str | None:
    """The last release that the checkout comes after; None if there is none, or no history.

    Args:
        root: The checkout.
        but: The release that the checkout is itself, should it have been tagged already.
    """
    tag = _git(root, "describe", "--tags", "--abbrev=0", "--match=v[0-9]*", f"--exclude={but}")
    return None if tag.returncode else tag.stdout.decode().strip()


def unpack(version: str, root: Path, folder: Path) -> None:
    """Put the sources of a version into a folder.

    Args:
        version: A wheel, or what Git knows it by in the checkout.
        root: The checkout.
        folder: An empty folder.

    Raises:
        ComparisonError: If there is no such version.
    """
    try:
        if version.endswith(".whl"):
            archive = Path(version).read_bytes()
        else:
            done = _git(root, "archive", "--format=zip", version, "generated", "src")
            if done.returncode:
                raise ComparisonError(f"{version}: Git says: {done.stderr.decode().strip()}")
            archive = done.stdout
        ZipFile(io.BytesIO(archive)).extractall(folder)
    except (OSError, BadZipFile) as error:
        raise ComparisonError(f"{version}: {error}") from None


def version_of(folder: Path) -> str:
    """The version of flytebind in a folder.

    Raises:
        ComparisonError: If none is said where it should be.
    """
    for root in ROOTS:
        path = folder / root / VERSION
        if path.is_file() and (found := re.search(r'"([\d.]+)"', path.read_text("utf-8"))):
            return found[1]
    raise ComparisonError(f"{folder}: no {VERSION} says a version")


def may_break(old: str, new: str) -> bool:
    """Whether Semantic Versioning allows the new version to break users of the old one."""
    before, after = (tuple(map(int, version.split("."))) for version in (old, new))
    significant = 1 if before[0] else 2  # 0.y may break with each y
    return after[:significant] > before[:significant]


def _load(folder: Path) -> Module:
    roots = [folder / root for root in ROOTS if (folder / root / PACKAGE).is_dir()]
    if not roots:
        raise ComparisonError(f"{folder}: holds no {PACKAGE}")
    loader = GriffeLoader(search_paths=roots, allow_inspection=False)
    package = loader.load(PACKAGE, try_relative_path=False)
    assert isinstance(package, Module)
    loader.resolve_aliases(external=False)
    _hide_undeclared(package)
    return package


def _hide_undeclared(module: Module) -> None:
    """Make private what griffe holds to be public for want of an ``__all__``."""
    submodules = [each for each in module.members.values() if isinstance(each, Module)]
    for submodule in submodules:
        _hide_undeclared(submodule)
    if module.exports or module.path.startswith(GENERATED_CODE_STANDS_ON):
        return
    module.public = any(submodule.is_public for submodule in submodules)
    for member in module.members.values():
        if not isinstance(member, Module):
            member.public = False


def _told(breakage: Breakage) -> Break:
    thing = breakage.obj
    # One method that a base class loses is one break, and not one for each class below it.
    name = thing.canonical_path if thing.inherited else thing.path
    found = _TOLD.fullmatch(breakage.explain(ExplanationStyle.MARKDOWN))
    assert found is not None
    parameter, kind, change = found.groups(default="")
    return Break(name + parameter, kind[:1].lower() + kind[1:] + change.replace("`", ""))


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except OSError as error:  # no Git at all
        return subprocess.CompletedProcess(arguments, 127, b"", str(error).encode())
