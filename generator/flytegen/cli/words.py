"""What people read about a run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from flytegen.cli.listing import counts
from flytegen.common.problems import Problem, told
from flytegen.overlay.fit import Fitted
from flytegen.run import Outcome
from flytegen.schema import Library
from flytegen.targets import CONFIGURATION


def tell(what: str, problems: Iterable[Problem]) -> None:
    """Say something about problems, and these."""
    print(f"flytegen: {what}", file=sys.stderr)
    for line in told(problems):
        print(f"  {line}", file=sys.stderr)


def tell_broken(broken: tuple[Problem, ...]) -> None:
    """Say which modules a run does without."""
    if broken:
        are = "modules are" if len(broken) > 1 else "module is"
        tell(f"{len(broken)} {are} left out", broken)


def print_files(outcome: Outcome) -> None:
    """Name each file, and what became of it."""
    for mark, paths in (("+", outcome.written), ("-", outcome.removed), ("=", outcome.unchanged)):
        for path in paths:
            print(f"  {mark} {path}")


def print_summary(outcome: Outcome, out: Path, seconds: float) -> None:
    """Say what was made of what."""
    written, unchanged, removed = map(len, (outcome.written, outcome.unchanged, outcome.removed))
    print(f"{outcome.library.source} -> {shown(out)}")
    print(f"  {counts(outcome.library)}")
    print(f"  {written} files written, {unchanged} unchanged, {removed} removed")
    print(f"  {seconds:.1f} s")


def print_skipped(fitted: Fitted, library: Library, *, verbose: bool) -> None:
    """Say once that an older package had to do with less than the overlay says."""
    if not fitted.skipped:
        return
    about = f"is for {fitted.overlay.package.version}; {library.source} lacks what"
    count = len(fitted.skipped)
    entries = f"{count} of its entries are" if count > 1 else "one of its entries is"
    hint = "" if verbose else " (--verbose names them)"
    print(f"  the overlay {about} {entries} about: skipped{hint}")
    if verbose:
        for key in fitted.skipped:
            print(f"  ~ {key}")


def print_advice(library: Library, out: Path, *, has_root: bool) -> None:
    """Say how type checkers come to see it, unless they do."""
    spec = find_spec(library.root.partition(".")[0])
    found = [Path(each).resolve() for each in (spec and spec.submodule_search_locations) or ()]
    if any(out.resolve() in each.parents for each in found):
        return
    if has_root:
        where = shown(out)
        print(f'  for type checkers: MYPYPATH={where} mypy, extraPaths = ["{where}"] for pyright')
        return
    is_project = (out / CONFIGURATION).is_file()
    first = "" if is_project else f"flytegen init {shown(out)} && "
    print(f"  for type checkers: {first}pip install -e {shown(out)}")


def shown(path: Path) -> Path:
    """A path as short as it can be said from here."""
    here = Path.cwd()
    return path.resolve().relative_to(here) if path.resolve().is_relative_to(here) else path


def hang_up() -> None:
    """Let go of a reader that has gone away, so that nothing complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
