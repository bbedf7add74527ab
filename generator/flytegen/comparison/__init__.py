"""``flytegen diff``: two sides in, one page out."""

from __future__ import annotations

from flytegen.common.problems import GenerationError
from flytegen.comparison.api import Api, api_of
from flytegen.comparison.compare import compare
from flytegen.comparison.compatibility import Level
from flytegen.comparison.facts import facts_of
from flytegen.comparison.report import Report
from flytegen.comparison.sides import Side, source_of_side
from flytegen.decide.build import build
from flytegen.overlay.entries import Overlay
from flytegen.overlay.fit import trim

#: Exit codes by the worst change. Errors have codes above.
EXIT_CODES: dict[Level, int] = {"same": 0, "compatible": 1, "risky": 2, "breaking": 2}


def diff(old: Side, new: Side, overlay: Overlay) -> Report:
    """Compare two versions of a package, the Python API of its models included.

    Where the models of a side cannot be built, the page says so and is silent about Python.
    """
    notes: list[str] = []
    apis = tuple(_api(side, overlay, notes) for side in (old, new))
    known = (apis[0], apis[1]) if apis[0] and apis[1] else None
    changes = compare(facts_of(old.files), facts_of(new.files), known)
    after = (new.name == old.name and new.version) or new.label
    return Report(old.label, new.label, f"{old.label} to {after}", changes, tuple(notes))


def exit_code(report: Report) -> int:
    """What a script is told: 0 nothing changed, 1 compatible changes only, 2 others too."""
    if report.changes.changes:
        return max(EXIT_CODES[report.changes.level], EXIT_CODES["compatible"])
    return EXIT_CODES["same"]


def _api(side: Side, overlay: Overlay, notes: list[str]) -> Api | None:
    """The Python names of one side, with what the overlay says about things that it has."""
    fits = overlay.package.name == side.package
    try:
        source = source_of_side(side)
        return api_of(build(source, trim(overlay, source).overlay if fits else Overlay()))
    except GenerationError as error:
        problem = error.problems[0]
        notes.append(f"Python was not compared: {problem.where} {problem.what}.")
        return None
