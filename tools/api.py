"""Compare the public API of two versions of flytebind, and say what would break its users.

griffe reads the sources, and runs nothing of them. Public is what the ``__all__`` of a module
names, with all members of these classes that have no underscore, inherited ones among them. Below
``flytebind.runtime`` all names without an underscore are: the code that somebody generated for a
package of their own stands on them.

griffe judges names, parameters and their defaults. Annotations that changed are listed by
themselves: whether a type became wider or narrower, and whom that breaks, is for people to say.
"""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from griffe import (
    Alias,
    AliasResolutionError,
    Attribute,
    Breakage,
    Class,
    CyclicAliasError,
    ExplanationStyle,
    Expr,
    ExprAttribute,
    ExprName,
    Function,
    GriffeLoader,
    Module,
    Object,
    find_breaking_changes,
)

PACKAGE = "flytebind"
VERSION = "flytebind/runtime/_version.py"
#: Where the parts of the namespace lie: in a checkout, and in a wheel.
ROOTS = ("generated/flyteidl", "generated", "src", ".")
#: Parts of the namespace that another distribution fills, whose version is its own.
OF_ANOTHER_VERSION = ("runs", "v2")
GENERATED_CODE_STANDS_ON = "flytebind.runtime"

#: How griffe tells of a break: "- `Class.method(parameter)`: *Kind of break*: `old` -> `new`".
_TOLD = re.compile(r"- `[^`(]*(\(.*?\))?`: \*(.*?)\*(.*)", re.S)


class ComparisonError(Exception):
    """A version cannot be read; the message says why."""


@dataclass(frozen=True, order=True)
class Change:
    """Something public that is no longer what it was."""

    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"


@dataclass(frozen=True)
class Comparison:
    """What changed for users of the old version, sorted by name."""

    breaks: tuple[Change, ...]
    retyped: tuple[Change, ...]


def compare(old: Path, new: Path) -> Comparison:
    """Compare two versions.

    Args:
        old: A checkout, or a wheel that was taken apart.
        new: Another one.

    Raises:
        ComparisonError: If there is no flytebind in one of them.
    """
    before, after = _load(old), _load(new)
    return Comparison(
        tuple(sorted({_told(each) for each in find_breaking_changes(before, after)})),
        tuple(sorted(_retyped(before, after, set()))),
    )


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
        version: A folder of wheels, or what Git knows it by in the checkout.
        root: The checkout.
        folder: An empty folder.

    Raises:
        ComparisonError: If there is no such version.
    """
    try:
        if Path(version).is_dir():
            archives = [wheel.read_bytes() for wheel in Path(version).glob("*.whl")]
        else:
            done = _git(root, "archive", "--format=zip", version, "generated", "src")
            if done.returncode:
                raise ComparisonError(f"{version}: Git says: {done.stderr.decode().strip()}")
            archives = [done.stdout]
        for archive in archives:
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
    for part in OF_ANOTHER_VERSION:
        package.members.pop(part, None)
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


def _told(breakage: Breakage) -> Change:
    thing = breakage.obj
    # One method that a base class loses is one break, and not one for each class below it.
    name = thing.canonical_path if thing.inherited else thing.path
    found = _TOLD.fullmatch(breakage.explain(ExplanationStyle("markdown")))
    assert found is not None
    parameter, kind, change = found.groups(default="")
    return Change(name + parameter, kind[:1].lower() + kind[1:] + change.replace("`", ""))


def _retyped(old: Object, new: Object, seen: set[str]) -> Iterator[Change]:
    """Annotations below a module or class that are not what they were."""
    later = new.all_members
    for name, member in old.all_members.items():
        if not member.is_public or name not in later:
            continue
        before, after = _target(member), _target(later[name])
        if before is None or after is None or before.path in seen:
            continue
        seen.add(before.path)
        if isinstance(before, (Module, Class)):
            yield from _retyped(before, after, seen)
            continue
        types = _types(after)
        for part, annotation in _types(before).items():
            if types.get(part, annotation) != annotation:
                change = f"type was changed: {annotation or 'none'} -> {types[part] or 'none'}"
                yield Change(before.path + part, change)


def _target(member: Object | Alias) -> Object | None:
    try:
        return member.final_target if isinstance(member, Alias) else member
    except (AliasResolutionError, CyclicAliasError):
        return None  # from elsewhere


def _types(thing: Object) -> dict[str, str]:
    """The annotations of an attribute or a function, by what they belong to."""
    if isinstance(thing, Attribute):
        return {"": _spelled(thing.annotation)}
    if isinstance(thing, Function):
        types = {f"({each.name})": _spelled(each.annotation) for each in thing.parameters}
        return {**types, "()": _spelled(thing.returns)}
    return {}


def _spelled(annotation: str | Expr | None) -> str:
    """An annotation with full names, so that it does not matter how they were imported."""
    if isinstance(annotation, (ExprName, ExprAttribute)):
        return annotation.canonical_path
    if isinstance(annotation, Expr):
        return "".join(map(_spelled, annotation.iterate(flat=False)))
    return annotation or ""


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except OSError as error:  # no Git at all
        return subprocess.CompletedProcess(arguments, 127, b"", str(error).encode())
