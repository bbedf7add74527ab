"""See that neither the lowest versions that we admit nor those of the locks have known holes.

What is known is in requirements/advisories.toml. With --ask, pip-audit is asked about the locks as
well: it is fetched for that, and needs the network to have what it asks. Where that is not so, this
says so, and goes by the list.

exit codes:
  0  no hole is known
  1  there is one, which nothing excuses
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools.environments import ROOT, CannotMakeError, install, make_environment, run

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LIST = ROOT / "requirements" / "advisories.toml"
LOCKS = (ROOT / "requirements" / "dev.lock", ROOT / "requirements" / "peers.lock")


class Version(NamedTuple):
    """A version that somebody may get, and where that is written."""

    package: str
    version: str
    where: str


@dataclass(frozen=True)
class Advisory:
    """A known hole."""

    package: str
    id: str
    affected: Sequence[str]
    """Ranges of versions: it has come and gone in each line of releases by itself."""
    what: str
    excused: str = ""

    def hits(self, version: Version) -> bool:
        """Whether a version has it."""
        return version.package == self.package and any(
            version.version in SpecifierSet(each) for each in self.affected
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tools.advisories",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--ask", action="store_true", help="ask pip-audit, too (network)")
    options = parser.parse_args(arguments)
    versions = [*floors(), *pins()]
    found = list(holes(versions, advisories()))
    if options.ask:
        found += asked()
    for hole in found:
        print(hole, file=sys.stderr)
    known = tomllib.loads(LIST.read_text(encoding="utf-8"))["as-of"]
    print(f"advisories: {len(versions)} versions, {len(found)} holes, by a list of {known}")
    return 1 if found else 0


def advisories(path: Path = LIST) -> list[Advisory]:
    """What is known."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Advisory(**each) for each in content["advisory"]]


def holes(versions: Iterable[Version], known: Sequence[Advisory]) -> Iterator[str]:
    """What versions have, and nothing excuses, in words."""
    for version in versions:
        for advisory in known:
            if advisory.hits(version) and not advisory.excused:
                named = f"{version.where}: {version.package} {version.version}"
                affected = " or ".join(advisory.affected)
                yield f"{named} has {advisory.id}: {advisory.what} ({affected})"


def floors(root: Path = ROOT) -> Iterator[Version]:
    """The lowest version of each dependency, by each pyproject.toml."""
    for path in (root / "pyproject.toml", *sorted(root.glob("distributions/*/pyproject.toml"))):
        where = path.relative_to(root).as_posix()
        for text in _requirements(tomllib.loads(path.read_text(encoding="utf-8"))):
            requirement = Requirement(text)
            for each in requirement.specifier:
                if each.operator in (">=", "=="):
                    name = canonicalize_name(requirement.name)
                    yield Version(name, each.version, where)


def pins(locks: Iterable[Path] = LOCKS) -> Iterator[Version]:
    """What the locks pin."""
    for path in locks:
        text = path.read_text(encoding="utf-8")
        for name, version in re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==([^\s;]+)", text, re.MULTILINE):
            yield Version(canonicalize_name(name), version, path.name)


def asked() -> list[str]:
    """What pip-audit says of the locks; nothing, with a word, where it cannot say anything."""
    answers: list[str] = []
    with TemporaryDirectory(prefix="advisories-") as folder:
        try:
            make_environment(Path(sys.executable), Path(folder))
            python = Path(folder, "bin", "python")
            install(python, "pip-audit")
        except CannotMakeError as error:
            print(f"advisories: there is no pip-audit: {error}", file=sys.stderr)
            return []
        for lock in LOCKS:
            options = ("-f", "json", "--no-deps", "--disable-pip", "--progress-spinner", "off")
            answers.append(run(python, "-m", "pip_audit", *options, "-r", lock).stdout)
    return [hole for text in answers for hole in read_answer(text)]


def read_answer(text: str) -> list[str]:
    """What pip-audit says, in words.

    It has not looked at what its service does not know, and calls that free of holes.
    """
    try:
        packages: Sequence[Mapping[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, LookupError, TypeError):
        packages = []
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    if not packages or skipped:
        of = f"{len(skipped)} of {len(packages)} packages" if packages else "any package"
        print(f"advisories: pip-audit could not ask about {of}", file=sys.stderr)
    return [
        f"pip-audit: {each['name']} {each['version']} has {hole['id']}"
        for each in packages
        for hole in each.get("vulns", ())
    ]


def _requirements(content: Mapping[str, Any]) -> Iterator[str]:
    project = content.get("project", {})
    yield from project.get("dependencies", ())
    for each in (project.get("optional-dependencies", {}), content.get("dependency-groups", {})):
        for group in each.values():
            yield from (requirement for requirement in group if isinstance(requirement, str))


if __name__ == "__main__":
    sys.exit(main())
