"""Compare each minor release of flyteidl with the one before, and keep the pages.

The pages in tests/generator/comparison/history/ are what `flytegen diff` says about the last
release of each minor version from 1.5 on, one page for each pair. `--check` makes them again, and
takes versions from flytegen's cache or from the package index. `--write` also asks the index for
releases, up to the installed one, and keeps the descriptors of the last but one, so that the last
pair can be tested without it.

exit codes:
  0  written, or up to date
  1  a page is not what would be written
  2  a version could not be fetched
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

from flytegen import locate
from flytegen.common.problems import GenerationError
from flytegen.comparison import diff
from flytegen.comparison.report import as_markdown
from flytegen.comparison.sides import Side, default_cache, fetched, installed, write_set
from flytegen.overlay.load import load_overlay
from tools.registry import RegistryError, last_of_minors, parts, versions

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "tests" / "generator" / "comparison" / "history"
PACKAGE, SINCE = "flyteidl", "1.5"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tools.history",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--write", action="store_true", help="write the pages")
    what.add_argument("--check", action="store_true", help="fail if a page is out of date")
    options = parser.parse_args(arguments)
    try:
        if options.write:
            # Not beyond what generated/ is for: the last pair is tested with what is installed.
            present = parts(installed(PACKAGE).version)
            known = [version for version in versions(PACKAGE) if parts(version) <= present]
            write(last_of_minors(known, SINCE))
            return 0
        stale = check(kept_pairs())
    except (GenerationError, RegistryError) as error:
        print(f"history: {error}", file=sys.stderr)
        return 2
    for name in stale:
        print(f"history: {name} is out of date; run `make history`", file=sys.stderr)
    return 1 if stale else 0


def kept_pairs() -> list[tuple[str, str]]:
    """The pairs that there are pages for, oldest first."""
    names = (path.stem.partition("-") for path in PAGES.glob("*.md"))
    return sorted(((old, new) for old, _, new in names), key=lambda pair: parts(pair[0]))


def page(old: Side, new: Side) -> str:
    """What `flytegen diff --format markdown` prints for two versions of flyteidl."""
    return as_markdown(diff(old, new, load_overlay(locate.overlay())))


def write(found: list[str]) -> None:
    """Write a page for each pair of neighbours, and remove what is of other pairs.

    Raises:
        GenerationError: If a version cannot be fetched.
    """
    texts = dict(pages(pairwise(found)))
    sample = fetched(PACKAGE, found[-2], default_cache())
    PAGES.mkdir(parents=True, exist_ok=True)
    for path in PAGES.iterdir():
        path.unlink()
    for name, text in texts.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    write_set(PAGES / f"{found[-2]}.binpb", sample.files)


def check(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The pages that are not what would be written.

    Raises:
        GenerationError: If a version cannot be fetched.
    """
    return [
        name for name, text in pages(pairs) if (PAGES / name).read_text(encoding="utf-8") != text
    ]


def pages(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, str]]:
    """Names and texts of pages."""
    for old, new in pairs:
        before, after = (fetched(PACKAGE, version, default_cache()) for version in (old, new))
        yield f"{old}-{new}.md", page(before, after)


if __name__ == "__main__":
    sys.exit(main())
