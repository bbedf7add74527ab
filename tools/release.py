"""See that what `make build` made serves its users, before somebody uploads it.

The sdist and the wheel are installed into fresh environments of the oldest and the newest Python
that is found, with what the package index has today. In each of them the README's examples run, and
mypy --strict passes on what a downstream team would write.

Then the public API is compared with that of the last release, which is the newest tag v* or what
--against says: a tag, a commit or a wheel. A break is a failure, unless the new version may break
by Semantic Versioning. Types that changed are listed for somebody to look at.

Nothing is uploaded, and nothing is kept. The environments need the package index.

exit codes:
  0  fit to be released
  1  something is wrong with it
  2  it could not be tried: nothing was built, or an environment could not be made
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from flytebind.runtime import __version__
from tools import api
from tools.api import ComparisonError, may_break, newest_tag, unpack, version_of
from tools.documents import examples_in
from tools.environments import (
    PROJECT,
    ROOT,
    CannotMakeError,
    find_interpreters,
    install,
    make_environment,
    promised_pythons,
    run,
)

DOWNSTREAM = ROOT / "tests" / "typing" / "downstream"
EXTRAS = "remote"  # all that the README's examples need

FIT, UNFIT, NOT_TRIED = 0, 1, 2


@dataclass(frozen=True)
class Trial:
    """A distribution that is installed for one Python, as a user would."""

    python: str
    interpreter: Path
    distribution: Path
    folder: Path
    """Its own, outside the checkout."""

    @property
    def kind(self) -> str:
        return "wheel" if self.distribution.suffix == ".whl" else "sdist"

    @property
    def executable(self) -> Path:
        return self.folder / "venv" / "bin" / "python"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tools.release",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--dist", type=Path, default=ROOT / "dist", help="where they were built (default: dist)"
    )
    parser.add_argument("--against", metavar="VERSION", help="(default: the newest tag v*)")
    options = parser.parse_args(arguments)
    try:
        distributions = built(options.dist)
        with TemporaryDirectory(prefix="release-") as folder:
            trials = plan(distributions, Path(folder))
            return max(compare(options.against), try_all(trials))
    except (CannotMakeError, ComparisonError) as error:
        print(f"release: {error}", file=sys.stderr)
        return NOT_TRIED


def built(folder: Path) -> list[Path]:
    """The wheel and the sdist of this version.

    Raises:
        CannotMakeError: If one of them is missing.
    """
    stem = f"{PROJECT['name']}-{__version__}"
    found = [folder / f"{stem}-py3-none-any.whl", folder / f"{stem}.tar.gz"]
    for path in found:
        if not path.is_file():
            raise CannotMakeError(f"{path} is missing; run `make build`")
    return found


def plan(distributions: Sequence[Path], folder: Path) -> list[Trial]:
    """Each distribution, on the oldest and on the newest Python.

    Raises:
        CannotMakeError: If there is none that we promise.
    """
    interpreters = find_interpreters()
    if not interpreters:
        raise CannotMakeError(f"found no Python of {', '.join(promised_pythons())}")
    pythons = sorted({0, len(interpreters) - 1})
    return [
        Trial(python, path, distribution, folder / f"{python}{distribution.suffix}")
        for python, path in (list(interpreters.items())[index] for index in pythons)
        for distribution in distributions
    ]


def compare(against: str | None) -> int:
    """Compare the API of the checkout with a released one.

    Raises:
        ComparisonError: If there is no such release.
    """
    released = against or newest_tag(ROOT, but=f"v{__version__}")
    if released is None:
        print("API: no release to compare with, since this clone has no tag v* before this version")
        return FIT
    with TemporaryDirectory(prefix="released-") as folder:
        unpack(released, ROOT, Path(folder))
        found = api.compare(Path(folder), ROOT)
        old = version_of(Path(folder))
    for changes, what in ((found.breaks, "break"), (found.retyped, "other type")):
        print(f"API: {len(changes)} {what}{'' if len(changes) == 1 else 's'} since {released}")
        for change in changes:
            print(f"  {change}")
    if not found.breaks or may_break(old, __version__):
        return FIT
    print(f"release: {__version__} may not break users of {old}", file=sys.stderr)
    return UNFIT


def try_all(trials: Sequence[Trial]) -> int:
    """Try all of them, some at a time, and print how they went."""
    show(("python", "from", "result", "seconds"))
    code = FIT
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        for trial, (complaint, seconds) in zip(trials, executor.map(timed, trials), strict=True):
            result = "FAILED" if complaint else "passed"
            show((trial.python, trial.kind, result, f"{seconds:.0f}"))
            if complaint:
                code = UNFIT
                print(complaint, file=sys.stderr, flush=True)
    return code


def timed(trial: Trial) -> tuple[str, float]:
    """What is wrong, and how many seconds it took to know.

    Raises:
        CannotMakeError: If the environment could not be made.
    """
    started = time.perf_counter()
    trial.folder.mkdir()
    make_environment(trial.interpreter, trial.executable.parents[1])
    install(trial.executable, f"{PROJECT['name']}[{EXTRAS}] @ {trial.distribution.as_uri()}")
    complaint = examples_fail(trial.executable, trial.folder) or types_fail(
        trial.executable, trial.folder
    )
    return complaint, time.perf_counter() - started


def examples_fail(python: Path, folder: Path) -> str:
    """Run each of the README's examples from a folder, and say what went wrong."""
    program = folder / "readme.py"
    for example in examples_in(ROOT / "README.md"):
        if not example.needs_flytekit:
            program.write_text(example.code, encoding="utf-8")
            done = run(python, program.name, cwd=folder)
            if done.returncode:
                return f"the example at {example} fails:\n{done.stderr}"
    return ""


def types_fail(python: Path, folder: Path) -> str:
    """Run mypy --strict over code that has no mistakes, and say what it finds."""
    project = folder / "downstream"
    project.mkdir()
    for path in DOWNSTREAM.glob("*.py"):
        if "# E: " not in path.read_text(encoding="utf-8"):
            shutil.copy(path, project)
    options = ("--strict", "--config-file=", f"--cache-dir={os.devnull}")
    done = run(
        sys.executable, "-m", "mypy", *options, "--python-executable", python, ".", cwd=project
    )
    return f"mypy --strict complains:\n{done.stdout}{done.stderr}" if done.returncode else ""


def show(columns: Sequence[str]) -> None:
    """Print a row of the table."""
    print("  {:<8}{:<7}{:<8}{:>7}".format(*columns), flush=True)


if __name__ == "__main__":
    sys.exit(main())
