"""Compare each minor release of flyteidl with the one before, and keep the pages.

The pages in tests/generator/comparison/history/ are what `flytegen diff` says about the last
release of each minor version from 1.5 on, one page for each pair. `--check` makes them again, and
takes versions from flytegen's cache or from the package index. `--write` also asks the index for
releases, up to the installed one, and keeps the descriptors of the last but one, so that the last
pair can be tested without it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from flytegen.common.problems import GenerationError
from flytegen.comparison import diff
from flytegen.comparison.report import as_markdown
from flytegen.comparison.sides import Side, default_cache, fetched, installed
from flytegen.overlay.load import load_overlay
from tools.registry import RegistryError, last_of_minors, parts, versions
from tools.written import ROOT, Command, Contents, NotMadeError

PAGES = ROOT / "tests" / "generator" / "comparison" / "history"
PACKAGE, SINCE = "flyteidl", "1.5"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    command = Command("history", __doc__, mend="make history")
    options = command.parser.parse_args(arguments)

    def make() -> Contents:
        try:
            return contents(released_pairs() if options.write else kept_pairs())
        except (GenerationError, RegistryError) as error:
            raise NotMadeError(f"{error}") from error

    return command.run(options, make)


def released_pairs() -> list[tuple[str, str]]:
    """The pairs that there should be pages for, oldest first.

    Raises:
        RegistryError: If the package index cannot be asked.
    """
    # Not beyond what generated/ is for: the last pair is tested with what is installed.
    present = parts(installed(PACKAGE).version)
    known = [version for version in versions(PACKAGE) if parts(version) <= present]
    return list(pairwise(last_of_minors(known, SINCE)))


def kept_pairs() -> list[tuple[str, str]]:
    """The pairs that there are pages for, oldest first."""
    names = (path.stem.partition("-") for path in PAGES.glob("*.md"))
    return sorted(((old, new) for old, _, new in names), key=lambda pair: parts(pair[0]))


def page(old: Side, new: Side) -> str:
    """What `flytegen diff --format markdown` prints for two versions of flyteidl."""
    return as_markdown(diff(old, new, load_overlay(ROOT / "overlay" / PACKAGE)))


def contents(pairs: Sequence[tuple[str, str]]) -> dict[Path, bytes | None]:
    """A page for each pair and the sample for the last one; what is of other pairs is to go.

    Raises:
        GenerationError: If a version cannot be fetched.
    """
    cache = default_cache()
    wanted: dict[Path, bytes | None] = dict.fromkeys(PAGES.glob("*"))
    for old, new in pairs:
        before, after = (fetched(PACKAGE, version, cache) for version in (old, new))
        wanted[PAGES / f"{old}-{new}.md"] = page(before, after).encode()
    last, _ = pairs[-1]
    sample = FileDescriptorSet(file=fetched(PACKAGE, last, cache).files)
    wanted[PAGES / f"{last}.binpb"] = sample.SerializeToString(deterministic=True)
    return wanted


if __name__ == "__main__":
    sys.exit(main())
