"""The pipeline: source, build, print, format; then write, or compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Protocol

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest

from flytegen.common.digest import digest
from flytegen.common.problems import GenerationError, Problem, Problems
from flytegen.decide.build import build
from flytegen.overlay.entries import Overlay
from flytegen.overlay.fit import Fitted, fit
from flytegen.read.manifest import MANIFEST, read_base
from flytegen.read.source import Source
from flytegen.schema import Library
from flytegen.write.files import (
    RECORD,
    Recorded,
    check_folder,
    clear_staging,
    load_record,
    load_tools,
    read_text,
    record_text,
    removable,
    replace_files,
)
from flytegen.write.format import Formatter, FormatterName, format_all, formatter_of
from flytegen.write.identity import identity
from flytegen.write.manifest import manifest_text
from flytegen.write.render import Page, pages, template_of
from flytegen.write.stubs import (
    made_with,
    part_of,
    stub_package_files,
    stub_paths,
    stub_request,
    stubs_in_the_making,
    stubs_made_from,
)
from flytegen.write.workers import workers


class Progress(Protocol):
    """Who watches a run."""

    def step(self, title: str, total: int = 0) -> None:
        """A step begins; ``total`` is how often ``advance`` will be called."""

    def advance(self) -> None:
        """One part of the step is done."""


@dataclass(frozen=True)
class Draft:
    """What a run is going to say, before the slow part of saying it."""

    library: Library
    pages: Mapping[str, Page]
    """All files but stubs, by path."""
    stubs: Mapping[str, str]
    """Paths of the stubs, by the name that the plugin gives them."""
    request: CodeGeneratorRequest
    """What the plugin is asked for all of them."""
    formatter: Formatter
    """What the texts of Python files go through."""
    made_from: Mapping[str, str]
    """For each path, the digest of all that its content depends on, but tools."""
    template_of: Callable[[str, int], str]
    """The template that printed a line of a text."""
    fitted: Fitted
    """The overlay as far as the package can follow it."""
    package: str
    """What it is made from."""
    tools: str
    """What else decides about bytes: ``flytegen 0.1.0 5d41402a, black 26.10.1 100``."""
    folder: str
    """Where all paths are below where Python packages are: ``myapp/gen``, or nothing."""


@dataclass(frozen=True)
class Outcome:
    """What a run changed, or would change."""

    library: Library
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    removed: tuple[str, ...]
    diff: tuple[str, ...] = ()
    made_with: str = ""
    """The tools of the run before; empty where they are not known, or do not matter."""


def draft(
    source: Source,
    overlay: Overlay,
    templates: tuple[Path, ...],
    formatter: FormatterName = "black",
) -> Draft:
    """Decide about everything.

    Args:
        source: What to print.
        overlay: What the source does not know.
        templates: Folders of templates, ours at the end.
        formatter: What formats Python files.

    Raises:
        GenerationError: If the overlay or a template is at odds with the package, or the formatter
            is not installed.
    """
    fitted = fit(overlay, source)
    library = build(source, fitted.overlay)
    chosen = formatter_of(formatter)
    files = pages(library, templates)
    manifest = f"{library.root.replace('.', '/')}/{MANIFEST}"
    files[manifest] = Page.of(manifest_text(library, source))
    request = stub_request(source, fitted.overlay.words())
    stubs = stub_paths(source, overlay.package.stubs)
    around_stubs = stub_package_files(source, stubs.values())
    files |= {path: Page.of(text) for path, text in around_stubs.items()}
    folder = source.package_root.replace(".", "/")
    top = f"{folder}/" if folder else ""
    files = {path.removeprefix(top): page for path, page in files.items()}
    stubs = {name: path.removeprefix(top) for name, path in stubs.items()}
    made_from = {path: page.made_from for path, page in files.items()}
    if stubs:
        of_stubs = stubs_made_from(request)
        made_from |= {path: of_stubs.get(name, "") for name, path in stubs.items()}

    def printed_by(path: str, line: int) -> str:
        return template_of(library, templates, f"{top}{path}", line)

    return Draft(
        library,
        files,
        stubs,
        request,
        chosen,
        made_from,
        printed_by,
        fitted,
        source.package,
        ", ".join((identity(), chosen.identity, *([made_with()] if stubs else ()))),
        folder,
    )


def generate(plan: Draft, out: Path, progress: Progress) -> Outcome:
    """Bring a folder up to date. Nothing is written before everything has been made.

    Raises:
        GenerationError: If a template fails, a source cannot be formatted, the stubs cannot be
            made, or the folder cannot be written to.
    """
    check_folder(out)  # now, not after the slow part
    record = load_record(out)
    _refuse_another_package(plan, out, record)
    current = _current(plan, out, record)
    texts = _finish(plan, current, progress)
    changed = {path: text for path, text in texts.items() if read_text(out / path) != text}
    gone = removable(out, record, plan.made_from)
    new_record = {path: record[path] for path in current}
    new_record |= _recorded(plan, texts)
    progress.step("Writing")
    if changed or new_record != record or load_tools(out) != plan.tools:
        replace_files(out, record, new_record, changed, gone, plan.tools)
    else:
        clear_staging(out)
    unchanged = tuple(sorted(plan.made_from.keys() - changed.keys()))
    return Outcome(plan.library, tuple(sorted(changed)), unchanged, gone)


def whole(plan: Draft, progress: Progress) -> dict[str, str]:
    """What ``generate`` would write to an empty folder, by path.

    Raises:
        GenerationError: If a template fails, a source cannot be formatted, or the stubs cannot be
            made.
    """
    texts = _finish(plan, frozenset(), progress)
    return texts | {RECORD: record_text(_recorded(plan, texts), plan.tools)}


def check(plan: Draft, out: Path, progress: Progress) -> Outcome:
    """Say what ``generate`` would change, and write nothing.

    Raises:
        GenerationError: As ``generate`` does.
    """
    record = load_record(out)
    current = _current(plan, out, record)
    texts = _finish(plan, current, progress)
    gone = removable(out, record, plan.made_from)
    changed = []
    diff: list[str] = []
    for path in (*sorted(texts), *gone):
        before, after = read_text(out / path), texts.get(path, "")
        if before != after:
            diff.extend(
                unified_diff(
                    (before or "").splitlines(), after.splitlines(), path, path, lineterm=""
                )
            )
            if path in texts:
                changed.append(path)
    unchanged = tuple(sorted(plan.made_from.keys() - set(changed)))
    return Outcome(plan.library, tuple(changed), unchanged, gone, tuple(diff), load_tools(out))


def _recorded(plan: Draft, texts: Mapping[str, str]) -> dict[str, Recorded]:
    return {path: Recorded(plan.made_from[path], digest(text)) for path, text in texts.items()}


def _refuse_another_package(plan: Draft, out: Path, record: Mapping[str, Recorded]) -> None:
    """The second package in a folder would remove the first, which no run makes any more."""
    for path in record:
        if not path.endswith(f"/{MANIFEST}") or not (out / path).is_file():
            continue
        made = read_base(path, out / path, Problems())
        if made and (path not in plan.pages or made.package != plan.package):
            root = path.removesuffix(f"/{MANIFEST}")
            what = f"is where {root} is generated to, from {made.source}"
            hint = "Give each package a folder of its own, or remove this one first."
            raise GenerationError(Problem(str(out), what, hint))


def _current(plan: Draft, out: Path, record: Mapping[str, Recorded]) -> frozenset[str]:
    """The files that need not be made again: same origin as last time, and untouched since."""
    if load_tools(out) != plan.tools:
        return frozenset()

    def is_current(path: str) -> bool:
        last = record.get(path)
        if last is None or last.made_from != plan.made_from[path]:
            return False
        text = read_text(out / path)
        return text is not None and digest(text) == last.content

    return frozenset(filter(is_current, plan.made_from))


def _finish(plan: Draft, current: frozenset[str], progress: Progress) -> dict[str, str]:
    """The final text of every file that is not current."""
    files = {path: page for path, page in plan.pages.items() if path not in current}
    python = {path: page for path, page in files.items() if path.endswith(".py")}
    wanted = {name: path for name, path in plan.stubs.items() if path not in current}
    texts = {path: page.print() for path, page in files.items() if path not in python}
    with ExitStack() as at_work:
        if wanted:
            asked = part_of(plan.request, wanted)
            stubs = at_work.enter_context(stubs_in_the_making(asked))
        if python:
            progress.step("Printing", len(python))
            executor = at_work.enter_context(workers(len(python)))
            texts |= format_all(
                python, plan.formatter, executor, progress.advance, plan.template_of
            )
        if wanted:
            progress.step("Stubs")
            texts |= _stubs_at(wanted, stubs())
    return texts


def _stubs_at(wanted: Mapping[str, str], made: Mapping[str, str]) -> dict[str, str]:
    problems = Problems()
    for name in wanted.keys() - made.keys():
        hint = "Its .proto file and its Python module lie in folders of other names."
        problems.add("mypy-protobuf", f"made no {name}", hint)
    problems.raise_if_any()
    return {path: made[name] for name, path in wanted.items()}
