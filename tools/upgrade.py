"""Take another release of what is generated: compare, write the change page, move what names it.

`make upgrade` calls this first, and goes on with the locks, the generated code and the tests. The
old version is what generated/ was made from, so a run that failed half-way can be made again.
Prints the release that is taken; nothing if generated/ is made from it already.

flyteidl2 is made from the oldest release that is supported: to take another drops support, so that
has to be named.

exit codes:
  0  done, or nothing to do
  2  a version cannot be had, or a file does not say what it should say
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from flytegen.common.problems import GenerationError
from flytegen.common.versions import is_older
from flytegen.comparison import diff
from flytegen.comparison.facts import Facts, facts_of
from flytegen.comparison.report import as_markdown, summary
from flytegen.comparison.sides import RECORDED, default_cache, fetched, read_side
from tools.registry import RegistryError, parts, versions
from tools.targets import FOLLOWED, Followed
from tools.written import ROOT

#: What tells the version or a number of things, by file. Each text must be found where it is said.
SAID: dict[str, dict[str, tuple[str, ...]]] = {
    "flyteidl": {
        "README.md": ("All {message} messages and {enum} enums of flyteidl {version}",),
        "docs/decisions/versions.md": ("flyteidl>={version},<{bound}",),
        "docs/index.md": (
            "all {message} messages and {enum} enums of flyteidl {version}",
            "for all {service} services",
        ),
        "docs/remote-connections.md": ("are those of flyteidl {version};",),
        "examples/markdown_reference/README.md": ("among {message} messages,",),
        "overlay/flyteidl/package.toml": ('version = "{version}"',),
        "distributions/flytebind/pyproject.toml": (
            "are written from flyteidl {version}.",
            '"flyteidl>={version},<{bound}"',
        ),
    },
    "flyteidl2": {
        "overlay/flyteidl2/package.toml": ('version = "{version}"',),
        "pyproject.toml": ('"flyteidl2=={version}"',),
        "distributions/flyte2/pyproject.toml": (
            "are written from {version},",
            '"flyteidl2>={version},<{bound}"',
        ),
        "docs/decisions/other-versions.md": ("`flyteidl2>={version},<{bound}`",),
        "docs/flyte2.md": ("`flyteidl2>={version},<{bound}`",),
        "distributions/flyte2/README.md": ("takes flyteidl2 from {version} on",),
    },
}


class UpgradeError(Exception):
    """Something that a person has to look at."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tools.upgrade",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "release", nargs="?", metavar="PACKAGE==VERSION", help="(default: the newest flyteidl)"
    )
    options = parser.parse_args(arguments)
    try:
        followed, version = _meant(options.release)
        taken = upgrade(followed, version, ROOT)
    except (GenerationError, RegistryError, UpgradeError) as error:
        print(f"upgrade: {error}", file=sys.stderr)
        return 2
    if taken:
        print(f"{followed.package}=={taken}")
    return 0


def _meant(release: str | None) -> tuple[Followed, str]:
    """The target and its version that a release names."""
    if release is None:
        newest = next(each for each in FOLLOWED.values() if each.since)
        return newest, versions(newest.package)[-1]
    package, equals, version = release.partition("==")
    if not equals or package not in SAID:
        known = " or ".join(f"{name}==1.2.3" for name in SAID)
        raise UpgradeError(f"{release} is no release that can be taken: name one as {known}")
    return FOLLOWED[package], version


def upgrade(followed: Followed, version: str, root: Path) -> str:
    """Write the change page, and move what names the version.

    Args:
        followed: The target.
        version: The version to take.
        root: The checkout.

    Returns:
        The version; empty if there is nothing to do.

    Raises:
        GenerationError: If a version cannot be fetched.
        UpgradeError: If a file does not say what it should say, or the version is an older one of
            what is made from the newest; nothing is written then.
    """
    package, cache = followed.package, default_cache()
    out = root / followed.target.output().relative_to(ROOT)
    old = read_side(RECORDED, package=package, out=out, cache=cache)
    new = fetched(package, version, cache)
    if old.version == new.version:
        print(f"{out.relative_to(root)} is made from {new.label} already", file=sys.stderr)
        return ""
    if followed.since and is_older(version, than=old.version):
        made = f"{out.relative_to(root)} is made from {old.version}, which is newer"
        raise UpgradeError(f"{made}; to go back, revert the commit that took {old.version}")
    report = diff(old, new, followed.overlay)
    before, after = (said(facts_of(side.files), side.version) for side in (old, new))
    texts = {
        name: moved(root / name, said_there, before, after)
        for name, said_there in SAID[package].items()
    }
    page = page_of(followed, version)
    texts[f"docs/{page}"] = as_markdown(report)
    texts["zensical.toml"] = listed(_read(root / "zensical.toml"), page)
    taken = f"{package} {version}" if followed.since else f"{package} {version}, and no older one"
    note = f"- {taken}: {summary(report.changes)}; see `docs/{page}`.\n"
    texts["CHANGELOG.md"] = noted(_read(root / "CHANGELOG.md"), note)
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    print(f"{old.label} -> {version}: {summary(report.changes)}; see docs/{page}", file=sys.stderr)
    return version


def said(facts: Facts, version: str) -> dict[str, str]:
    """What the texts of ``SAID`` are filled with."""
    major, minor = parts(version)[:2]
    return {
        "version": version,
        "bound": f"{major}.{minor + 1}",
        **{thing: f"{count}" for thing, count in facts.count().items()},
    }


def moved(
    path: Path, patterns: Sequence[str], before: Mapping[str, str], after: Mapping[str, str]
) -> str:
    """A file with these texts as the new version wants them.

    Raises:
        UpgradeError: If it has one of them neither in the old nor in the new form.
    """
    text = _read(path)
    for pattern in patterns:
        old, new = pattern.format_map(before), pattern.format_map(after)
        if old not in text and new not in text:
            hint = "mend it, or SAID in tools/upgrade.py"
            raise UpgradeError(f"{path.name} does not say {old!r}; {hint}")
        text = text.replace(old, new)
    return text


def page_of(followed: Followed, version: str) -> str:
    """The change page of a version, below docs/."""
    return f"changes/{'' if followed.since else f'{followed.package}-'}{version}.md"


def listed(navigation: str, page: str) -> str:
    """The navigation of the documents, with the change page first among its like."""
    page, after = f'"{page}",', '"changes/README.md",'
    if page in navigation:
        return navigation
    head, found, rest = navigation.partition(f"{after}\n")
    if not found:
        raise UpgradeError(f"zensical.toml does not list {after}")
    indent = head.rpartition("\n")[2]
    return f"{head}{found}{indent}{page}\n{rest}"


def noted(changelog: str, line: str) -> str:
    """The changelog with a line on a new version, among what changed in its newest section."""
    same, _, _ = line.partition(":")
    changelog = re.sub(rf"^{re.escape(same)}: .*\n", "", changelog, flags=re.M)
    start = changelog.find("\n## [")
    if start < 0:
        raise UpgradeError("CHANGELOG.md has no section")
    end = changelog.find("\n## [", start + 1)
    section, rest = (changelog[start:], "") if end < 0 else (changelog[start:end], changelog[end:])
    if "### Changed\n\n" in section:
        section = section.replace("### Changed\n\n", f"### Changed\n\n{line}", 1)
    else:
        section = f"{section.rstrip()}\n\n### Changed\n\n{line}"
    return changelog[:start] + section + rest


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UpgradeError(f"{path}: {error.strerror}") from None


if __name__ == "__main__":
    sys.exit(main())
