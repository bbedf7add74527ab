"""Compare releases of what is generated with the ones before, and keep the pages.

The pages in tests/generator/comparison/history/ are what `flytegen diff` says, one page for each
pair. Of flyteidl the last release of each minor version from 1.5 on counts, up to the one that its
models are made from; of a target that is made from the oldest release that it supports, each
release since. `--check` makes them again, and takes versions from flytegen's cache or from the
package index. `--write` also asks the index for releases, and keeps descriptors of the one release
that stands in a pair with the installed one, so that this pair can be tested without it.
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
from flytegen.comparison.sides import Side, default_cache, fetched
from tools.registry import RegistryError, parts, versions
from tools.targets import FOLLOWED, Followed
from tools.written import Command, Contents, NotMadeError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    command = Command("history", __doc__, mend="make history")
    options = command.parser.parse_args(arguments)

    def make() -> Contents:
        try:
            made: dict[Path, bytes | None] = {}
            for followed in FOLLOWED.values():
                pairs = released_pairs if options.write else kept_pairs
                made |= contents(followed, pairs(followed))
            return made
        except (GenerationError, RegistryError) as error:
            raise NotMadeError(f"{error}") from error

    return command.run(options, make)


def released_pairs(followed: Followed) -> list[tuple[str, str]]:
    """The pairs that there should be pages for, oldest first.

    Raises:
        RegistryError: If the package index cannot be asked.
    """
    return list(pairwise(followed.counted(versions(followed.package))))


def kept_pairs(followed: Followed) -> list[tuple[str, str]]:
    """The pairs that there are pages for, oldest first."""
    names = (path.stem.partition("-") for path in followed.pages.glob("*.md"))
    return sorted(((old, new) for old, _, new in names), key=lambda pair: parts(pair[0]))


def neighbours(followed: Followed, pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The releases in pairs with the one that models are made from; at most one, at either end."""
    present = followed.made_from
    return [one for pair in pairs if present in pair for one in pair if one != present]


def page(followed: Followed, old: Side, new: Side) -> str:
    """What `flytegen diff --format markdown` prints for two versions."""
    return as_markdown(diff(old, new, followed.overlay))


def contents(followed: Followed, pairs: Sequence[tuple[str, str]]) -> dict[Path, bytes | None]:
    """A page for each pair and the sample of one release; what is of others is to go.

    Raises:
        GenerationError: If a version cannot be fetched.
    """
    package, cache = followed.package, default_cache()
    wanted: dict[Path, bytes | None] = dict.fromkeys(followed.pages.glob("*"))
    for old, new in pairs:
        before, after = (fetched(package, version, cache) for version in (old, new))
        wanted[followed.pages / f"{old}-{new}.md"] = page(followed, before, after).encode()
    for kept in neighbours(followed, pairs):
        sample = FileDescriptorSet(file=fetched(package, kept, cache).files)
        wanted[followed.pages / f"{kept}.binpb"] = sample.SerializeToString(deterministic=True)
    return wanted


if __name__ == "__main__":
    sys.exit(main())
