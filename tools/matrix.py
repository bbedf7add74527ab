"""Run the tests on every Python, with the lowest and the newest dependencies, that we promise.

The pyproject.toml of each distribution says what we promise: "lowest" is the lower bound of each
dependency there, to the patch; "newest" is what requirements/dev.lock pins. Interpreters are looked
for on PATH and among pyenv's. One that is absent is named in the table and fails nothing.

The whole matrix runs all tests in every cell; with the lowest dependencies without those of the
generator, of packaging and of tools, whose own pins want a newer protobuf. --quick imports every
module in every cell, and in two of them, lowest on the oldest Python and newest on the newest,
takes every message through its model and tests the runtime.

Environments are made in .matrix/ by pip, which needs the package index for it, and kept. From then
on nothing here uses the network, until one is damaged or its pins change: that one is made anew.

exit codes:
  0  every cell passed
  1  a cell failed
  2  an environment could not be made
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from tools.environments import (
    EXTRAS,
    HOME,
    LIBRARY,
    ROOT,
    TOOLS,
    CannotMakeError,
    Environment,
    find_interpreters,
    locked,
    name_of,
    promised_pythons,
    run,
)

# What the library uses where it is installed. Nothing fails to import without it.
OPTIONAL = (*EXTRAS["auth"], *EXTRAS["progress"], *EXTRAS["sandbox"], *EXTRAS["storage"])

# What tests need, by name, where not all of the dev extra can be had or is worth its time.
QUICK_TOOLS = ("hypothesis", "pytest")
LOWEST_TOOLS = (
    *QUICK_TOOLS,
    "authlib",
    "flask",
    "flask-cors",
    "ipykernel",
    "moto",
    "mypy",
    "nbclient",
    "opentelemetry-instrumentation-grpc",
    "opentelemetry-sdk",
    "pydantic",
    "pyright",
    "pyte",
    "selenium",
    "trustme",
)

LOWEST_COMPANIONS = {
    "googleapis-common-protos": "1.73.0",  # flyteidl sets no bounds; the newest for protobuf 4.25
}

QUICK_TESTS = ("tests/models/test_round_trip.py", "tests/runtime")
# These need the generator and what it pins, or try what developers run. The warning is about
# protobuf 4's own C code, from Python 3.12 on; nobody will change that code any more.
LOWEST_OPTIONS = (
    "--ignore=tests/docs/test_ci.py",
    "--ignore=tests/docs/test_commands.py",
    "--ignore=tests/docs/test_pictures.py",
    "--ignore=tests/docs/test_site.py",
    "--ignore=tests/examples",
    "--ignore=tests/fuzz",
    "--ignore=tests/generator",
    "--ignore=tests/packaging",
    "--ignore=tests/tools",
    "-W",
    "ignore:Type google._upb:DeprecationWarning",
)

IMPORT_ALL = """
import importlib, importlib.metadata, pkgutil, flytebind, flytebind.v2
for package in (flytebind, flytebind.v2):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
print(*map(importlib.metadata.version, ("protobuf", "grpcio")))
"""

Bounds = Literal["lowest", "newest"]
Job = Literal["imports", "messages", "suite"]


@dataclass(frozen=True)
class Cell:
    """One environment, and what to do in it."""

    python: str
    interpreter: Path
    bounds: Bounds
    job: Job

    @property
    def environment(self) -> Environment:
        return Environment(HOME / f"{self.python}-{self.bounds}", self.interpreter, self.python)


@dataclass(frozen=True)
class Result:
    """How it went: an exit code of ours, and what there is to read when it is not 0."""

    code: int
    output: str = ""
    protobuf: str = "-"
    grpcio: str = "-"
    seconds: float = 0.0


PASSED, FAILED, NOT_MADE = 0, 1, 2
WORDS = {PASSED: "passed", FAILED: "FAILED", NOT_MADE: "NOT MADE"}


# ---- The plan ----------------------------------------------------------------------------------


def plan(interpreters: Mapping[str, Path], quick: bool) -> list[Cell]:
    """The cells of the matrix, those that take longest first."""
    pythons = list(interpreters)
    thorough = {(pythons[0], "lowest"), (pythons[-1], "newest")}
    both: tuple[Bounds, ...] = ("lowest", "newest")

    def job(python: str, bounds: Bounds) -> Job:
        if not quick:
            return "suite"
        return "messages" if (python, bounds) in thorough else "imports"

    cells = [
        Cell(python, interpreters[python], bounds, job(python, bounds))
        for python, bounds in product(pythons, both)
    ]
    return sorted(cells, key=lambda cell: cell.job == "imports")


# ---- Environments ------------------------------------------------------------------------------


def requirements(cell: Cell) -> list[str]:
    """What the job needs besides flytebind."""
    if cell.job == "suite" and cell.bounds == "newest":
        # pip is what `flytegen diff` fetches versions with.
        return [*LIBRARY, *OPTIONAL, *EXTRAS["generator"], *TOOLS, "pip"]
    tools = {"imports": ("pytest",), "messages": QUICK_TOOLS, "suite": LOWEST_TOOLS}[cell.job]
    library = (*LIBRARY, *OPTIONAL) if cell.job == "suite" else LIBRARY
    return [*library, *(requirement for requirement in TOOLS if name_of(requirement) in tools)]


def constraints(cell: Cell) -> list[str]:
    """An exact version of everything: the lock's, or the lower bound where that is asked for."""
    lowered: dict[str, str] = {}
    if cell.bounds == "lowest":
        lowered = dict(map(lower_bound, (*LIBRARY, *OPTIONAL)))
        lowered |= LOWEST_COMPANIONS
    kept = (pin for pin in locked() if name_of(pin) not in lowered)
    return [*kept, *(f"{name}=={version}" for name, version in lowered.items())]


def lower_bound(requirement: str) -> tuple[str, str]:
    """Name and version of ``name>=version``."""
    match = re.match(r"([\w-]+)>=([\d.]+)", requirement)
    if match is None:
        raise ValueError(f"pyproject.toml: {requirement!r} has no lower bound")
    name, version = match.groups()
    # Packages of types add a day to the version that they describe.
    return name, f"{version}.*" if name.startswith("types-") else version


# ---- Running -----------------------------------------------------------------------------------


def run_cell(cell: Cell) -> Result:
    """Make the environment and do the job in it."""
    started = time.perf_counter()

    def result(code: int, output: str, protobuf: str = "-", grpcio: str = "-") -> Result:
        return Result(code, output, protobuf, grpcio, time.perf_counter() - started)

    try:
        cell.environment.make(
            requirements(cell), constraints(cell), "\n".join((*LIBRARY, *OPTIONAL))
        )
    except CannotMakeError as error:
        return result(NOT_MADE, str(error))
    imports = run(cell.environment.executable, "-c", IMPORT_ALL)
    if imports.returncode:
        return result(FAILED, imports.stderr)
    versions = imports.stdout.split()
    if cell.job == "imports":
        return result(PASSED, "", *versions)
    tests = run(cell.environment.executable, "-m", "pytest", *pytest_options(cell))
    code = PASSED if tests.returncode == 0 else FAILED
    return result(code, tests.stdout + tests.stderr, *versions)


def pytest_options(cell: Cell) -> list[str]:
    """What to run, and how. Cells run side by side, so they share no cache."""
    options = ["-q", "-p", "no:cacheprovider"]
    if cell.bounds == "lowest":
        options += LOWEST_OPTIONS
    return [*options, *(QUICK_TESTS if cell.job == "messages" else ("tests",))]


def show(columns: Sequence[object]) -> None:
    """Print a row of the table."""
    print("  {:<8}{:<9}{:<11}{:<10}{:<9}{:<10}{:>7}".format(*map(str, columns)), flush=True)


def main() -> int:
    """Run the matrix.

    Returns:
        The exit code; the help says what each one means.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="only what `make test` runs")
    options = parser.parse_args()

    pythons, interpreters = promised_pythons(), find_interpreters()
    absent = [python for python in pythons if python not in interpreters]
    if not interpreters:
        print(f"matrix: found no Python of {', '.join(pythons)}", file=sys.stderr)
        return NOT_MADE

    cells = plan(interpreters, options.quick)
    show(("python", "bounds", "protobuf", "grpcio", "job", "result", "seconds"))
    code = PASSED
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        futures = {executor.submit(run_cell, cell): cell for cell in cells}
        for future in as_completed(futures):
            cell, result = futures[future], future.result()
            versions = (result.protobuf, result.grpcio)
            ending = (WORDS[result.code], f"{result.seconds:.1f}")
            show((cell.python, cell.bounds, *versions, cell.job, *ending))
            if result.code:
                code = max(code, result.code)
                folder = cell.environment.folder.relative_to(ROOT)
                print(f"\n{folder}: {WORDS[result.code]}", file=sys.stderr)
                print("\n".join(result.output.splitlines()[-60:]), file=sys.stderr, flush=True)
    for python in absent:
        show((python, "-", "-", "-", "-", "absent", "-"))
    return code


if __name__ == "__main__":
    sys.exit(main())
