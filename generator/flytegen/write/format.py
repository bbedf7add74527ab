"""Step 4: black, in process and exactly pinned: the output is the same on every machine."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

from flytegen.common.problems import GenerationError, Problem, Problems
from flytegen.write.interrupts import undisturbed

LINE_LENGTH = 100


@dataclass(frozen=True)
class Complaint:
    """Why a source cannot be formatted."""

    what: str
    line: int
    """Where, in the source as it was given; 0 when nobody knows."""


def format_all(
    texts: Mapping[str, str],
    progress: Callable[[], None] = lambda: None,
    template_of: Callable[[str, int], str] = lambda path, line: "",
) -> dict[str, str]:
    """Format Python sources, with as many processes as there are cores.

    Args:
        texts: Sources by path.
        progress: Called after each file.
        template_of: Says which template printed a line of a source; asked if one is not Python.

    Raises:
        GenerationError: If a source is not Python; says which class, and which template.
    """
    # Largest first, so that no process is left with a long one at the end.
    paths = sorted(texts, key=lambda path: (-len(texts[path]), path))
    problems = Problems()
    formatted: dict[str, str] = {}
    for path, result in zip(paths, _results([texts[path] for path in paths]), strict=True):
        if isinstance(result, Complaint):
            _add(problems, path, texts[path], result, template_of)
        else:
            formatted[path] = result
        progress()
    problems.raise_if_any()
    return formatted


def _results(texts: list[str]) -> Iterator[str | Complaint]:
    workers = min(os.cpu_count() or 1, max(len(texts), 1))
    try:
        pool = ProcessPoolExecutor(workers, initializer=_follow_parent)
    except (ImportError, NotImplementedError, OSError):  # no shared memory: slower, that is all
        yield from map(format_one, texts)
        return
    try:
        with pool:
            with undisturbed():  # logging's hooks around a fork would swallow Ctrl-C
                results = pool.map(format_one, texts)
            yield from results
    except BrokenProcessPool:
        hint = "Look for what killed it; a machine that is out of memory does."
        raise GenerationError(Problem("black", "lost a process of its own", hint)) from None


def format_one(text: str) -> str | Complaint:
    """The formatted text, or why there is none."""
    import black
    from black.mode import TargetVersion

    mode = black.Mode(target_versions={TargetVersion.PY310}, line_length=LINE_LENGTH)
    try:
        return black.format_str(text, mode=mode)
    except Exception as error:  # InvalidInput, and whatever a text makes of black beside it
        return _complaint(text, f"{error}" or type(error).__name__)


def _complaint(text: str, blacks: str) -> Complaint:
    """Python's own complaint about a text, which knows the place better; else that of black."""
    try:
        compile(text, "<generated>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        return Complaint(str(getattr(error, "msg", error)), getattr(error, "lineno", None) or 0)
    place = re.search(r": (\d+):\d+: ", blacks)
    return Complaint(blacks.splitlines()[0], int(place[1]) if place else 0)


def _add(
    problems: Problems,
    path: str,
    text: str,
    complaint: Complaint,
    template_of: Callable[[str, int], str],
) -> None:
    lines = text.splitlines()
    owner = _class_of(lines, complaint.line)
    shown = lines[complaint.line - 1].strip() if 0 < complaint.line <= len(lines) else ""
    what = f"is not Python ({complaint.what}{f': {shown[:60]}' if shown else ''})"
    template = template_of(path, complaint.line) if complaint.line else ""
    printed = f"The template {template} printed it" if template else "A template printed it"
    problems.add(
        f"{path}, class {owner}" if owner else path,
        what,
        f"{printed}; or a name that the overlay gives is none.",
    )


def _class_of(lines: list[str], number: int) -> str:
    """The class that a line is in, with those around it; empty outside of any."""
    names: list[str] = []
    margin: int | None = None
    for line in reversed(lines[:number]):
        found = re.match(r"( *)class\s+(\w+)", line)
        if found and (margin is None or len(found[1]) < margin):
            names.insert(0, found[2])
            margin = len(found[1])
    return ".".join(names)


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end with it even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
