"""See that what `make build` made serves its users, before somebody uploads it.

Sdists and wheels are installed into fresh environments of the oldest and the newest Python that is
found, with what the package index has today. There
- flytebind runs the README's examples, and mypy --strict passes on what a downstream team would
  write;
- flytegen alone does what its README says, with a package of others. What it wrote runs in another
  environment that has that package and the runtime, and nothing of Flyte.

- flytebind-flyte2 does what its README says, beside flyte and, where this has a version for the
  Python, flytekit.

Then the public API is compared with that of the last release, which is the newest tag v* or what
--against says: a tag, a commit, or a folder of wheels. A break is a failure, unless the
new version may break by Semantic Versioning. Types that changed are listed for somebody to look at.

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
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from flytebind.runtime import __version__
from tools import api
from tools.api import ComparisonError, may_break, newest_tag, unpack, version_of
from tools.documents import examples_in
from tools.environments import (
    PROJECTS,
    ROOT,
    CannotMakeError,
    find_interpreters,
    install,
    make_environment,
    name_of,
    promised_pythons,
    run,
)

DOWNSTREAM = ROOT / "tests" / "typing" / "downstream"
README = ROOT / "README.md"
GENERATOR_S_README = ROOT / "distributions" / "generator" / "README.md"
FLYTE2_README = ROOT / "distributions" / "flyte2" / "README.md"
#: What that of the generator installs beside the generator, and then generates from.
FOREIGN, FOREIGN_PACKAGE = "opentelemetry-proto", "opentelemetry.proto"
FLYTEKIT_S_PYTHONS = ("3.10", "3.11", "3.12")
STRICT = ("--strict", "--config-file=", f"--cache-dir={os.devnull}")

FIT, UNFIT, NOT_TRIED = 0, 1, 2

Kind = Literal["wheel", "sdist"]
KINDS: tuple[Kind, ...] = ("wheel", "sdist")


@dataclass(frozen=True)
class Trial:
    """Something that users do with one Python, after they installed wheels or sdists."""

    what: str
    """A name of ``CHECKS``."""
    python: str
    interpreter: Path
    kind: Kind
    distributions: Mapping[str, Path]
    """All of this kind, by name."""
    folder: Path
    """Its own, outside the checkout."""

    def environment(self, name: str, extra: str = "", *others: str) -> Path:
        """Install a distribution of ours as a user would; the interpreter that has it.

        Args:
            name: Its name. What it needs of ours is installed from what was built, too.
            extra: One of its extras, in brackets.
            others: What else to install.

        Raises:
            CannotMakeError: If the environment could not be made.
        """
        executable = self.folder / name / "bin" / "python"
        make_environment(self.interpreter, executable.parents[1])
        ours = (f"{each} @ {self.distributions[each].as_uri()}" for each in needed_of_ours(name))
        wanted = f"{name}{extra} @ {self.distributions[name].as_uri()}"
        install(executable, wanted, *ours, *others)
        return executable


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


def built(folder: Path) -> dict[Kind, dict[str, Path]]:
    """The wheels and the sdists of this version, by the name of the distribution.

    Raises:
        CannotMakeError: If one of them is missing.
    """
    found: dict[Kind, dict[str, Path]] = {"wheel": {}, "sdist": {}}
    for name, project in PROJECTS.items():
        stem = f"{name.replace('-', '_')}-{project.get('version', __version__)}"
        found["wheel"][name] = folder / f"{stem}-py3-none-any.whl"
        found["sdist"][name] = folder / f"{stem}.tar.gz"
    for path in (path for paths in found.values() for path in paths.values()):
        if not path.is_file():
            raise CannotMakeError(f"{path} is missing; run `make build`")
    return found


def needed_of_ours(name: str) -> list[str]:
    """The other distributions of ours that one needs, and those that these need."""
    direct = [name_of(line) for line in PROJECTS[name]["dependencies"]]
    ours = [each for each in direct if each in PROJECTS]
    return [*dict.fromkeys([*ours, *(more for each in ours for more in needed_of_ours(each))])]


def plan(distributions: Mapping[Kind, Mapping[str, Path]], folder: Path) -> list[Trial]:
    """Each check of wheels and of sdists, on the oldest and on the newest Python.

    Raises:
        CannotMakeError: If there is none that we promise.
    """
    interpreters = find_interpreters()
    if not interpreters:
        raise CannotMakeError(f"found no Python of {', '.join(promised_pythons())}")
    pythons = sorted({0, len(interpreters) - 1})
    return [
        Trial(what, python, path, kind, distributions[kind], folder / f"{python}-{kind}-{what}")
        for python, path in (list(interpreters.items())[index] for index in pythons)
        for kind in KINDS
        for what in CHECKS
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
    show(("python", "from", "what", "result", "seconds"))
    code = FIT
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        for trial, (complaint, seconds) in zip(trials, executor.map(timed, trials), strict=True):
            result = "FAILED" if complaint else "passed"
            show((trial.python, trial.kind, trial.what, result, f"{seconds:.0f}"))
            if complaint:
                code = UNFIT
                print(complaint, file=sys.stderr, flush=True)
    return code


def timed(trial: Trial) -> tuple[str, float]:
    """What is wrong, and how many seconds it took to know.

    Raises:
        CannotMakeError: If an environment could not be made.
    """
    started = time.perf_counter()
    trial.folder.mkdir()
    complaint = CHECKS[trial.what](trial)
    return complaint, time.perf_counter() - started


def flytebind_fails(trial: Trial) -> str:
    """Do what a downstream team does, and say what went wrong."""
    python = trial.environment("flytebind", "[remote]")
    project = trial.folder / "downstream"
    project.mkdir()
    for path in DOWNSTREAM.glob("*.py"):
        if "# E: " not in path.read_text(encoding="utf-8"):
            shutil.copy(path, project)
    return examples_fail(python, trial.folder, README) or types_fail(python, project)


def flytegen_fails(trial: Trial) -> str:
    """Do what a team without Flyte does, and say what went wrong."""
    generator = trial.environment("flytegen", "", FOREIGN)
    out = trial.folder / "generated"
    options = ("--quiet", "--package", FOREIGN_PACKAGE, "--out", out)
    done = run(generator, "-m", "flytegen", "generate", *options, cwd=trial.folder)
    if done.returncode:
        return f"flytegen generates nothing:\n{done.stdout}{done.stderr}"
    user = trial.environment("flytebind-runtime", "", FOREIGN)
    site_packages = run(user, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    shutil.copytree(out, site_packages.stdout.strip(), dirs_exist_ok=True)
    for name in ("flyteidl", "grpc"):
        if run(user, "-c", f"import {name}", cwd=trial.folder).returncode == 0:
            return f"flytebind-runtime brings {name}"
    program = trial.folder / "use"
    program.mkdir()
    return examples_fail(user, program, GENERATOR_S_README) or types_fail(user, program)


def flyte2_fails(trial: Trial) -> str:
    """Do what somebody does who has both versions of Flyte, and say what went wrong."""
    sdks = ("flyte", *(["flytekit"] if trial.python in FLYTEKIT_S_PYTHONS else []))
    python = trial.environment("flytebind-flyte2", "", *sdks)
    for sdk in sdks:
        done = run(
            python, "-c", f"import {sdk}.remote, flytebind.models.execution", cwd=trial.folder
        )
        if done.returncode:
            return f"{sdk} does not work beside flytebind:\n{done.stderr}"
    program = trial.folder / "use"
    program.mkdir()
    return examples_fail(python, program, FLYTE2_README) or types_fail(python, program)


def examples_fail(python: Path, folder: Path, page: Path) -> str:
    """Run each of a page's examples from a folder, and say what went wrong."""
    program = folder / "example.py"
    for example in examples_in(page):
        if not example.needs_flytekit:
            program.write_text(example.code, encoding="utf-8")
            done = run(python, program.name, cwd=folder)
            if done.returncode:
                return f"the example at {example} fails:\n{done.stderr}"
    return ""


def types_fail(python: Path, project: Path) -> str:
    """Run mypy --strict over code that has no mistakes, and say what it finds."""
    done = run(
        sys.executable, "-m", "mypy", *STRICT, "--python-executable", python, ".", cwd=project
    )
    return f"mypy --strict complains:\n{done.stdout}{done.stderr}" if done.returncode else ""


def show(columns: Sequence[str]) -> None:
    """Print a row of the table."""
    print("  {:<8}{:<7}{:<11}{:<8}{:>7}".format(*columns), flush=True)


#: By name, what is tried of the distributions.
CHECKS: dict[str, Callable[[Trial], str]] = {
    "flytebind": flytebind_fails,
    "flytegen": flytegen_fails,
    "flyte2": flyte2_fails,
}

if __name__ == "__main__":
    sys.exit(main())
