"""Lay out what the documentation is built from, in build/docs: docs/, and the reference."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from tools.site.commands import command_pages
from tools.site.models import ModelPages
from tools.site.objects import Objects
from tools.site.pages import Page, printed
from tools.site.places import FOLDER, Places
from tools.targets import FOLLOWED
from tools.written import ROOT

OUT = ROOT / "build" / "docs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tools.site", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write to")
    lay_out(parser.parse_args(arguments).out)
    return 0


def lay_out(out: Path) -> None:
    """Write all pages into a folder, in place of what is there."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(ROOT / "docs", out)
    pages = reference()
    for page in pages:
        path = out / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page.text, encoding="utf-8")
    for template, name in (("reference.md.j2", "index.md"), ("nav.md.j2", ".nav.md")):
        text = printed(template, sections=_sections(pages))
        (out / FOLDER / name).write_text(text, encoding="utf-8")


def reference() -> list[Page]:
    """The pages of the reference, in the order of the navigation."""
    places = Places()
    objects = Objects(places)
    libraries = [
        ModelPages(followed, f" of {followed.package}" if index else "", objects, places)
        for index, followed in enumerate(FOLLOWED.values())
    ]
    generated = (page for library in libraries for page in library.pages())
    return [*objects.pages(), *generated, *command_pages()]


def _sections(pages: Iterable[Page]) -> list[tuple[str, list[tuple[str, str]]]]:
    """By the title of each section, the titles and paths of its pages."""
    return [
        (section, [(page.title, page.path.removeprefix(f"{FOLDER}/")) for page in group])
        for section, group in groupby(pages, attrgetter("section"))
    ]


if __name__ == "__main__":
    sys.exit(main())
