"""Generate from each minor release of flyteidl since 1.5, and try what comes out.

pip installs each release into a folder of its own in .matrix/, the first time from the package
index. flytegen generates from it, with our overlay, which is written for the newest. Then all
modules are imported, every message goes through its model, and mypy --strict reads all of it. The
committed models must refuse a release that is older than theirs.

exit codes:
  0  every release passed
  1  one failed
  2  one could not be installed
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from flytegen.common.versions import is_older
from flytegen.comparison.sides import installed
from tools.history import PACKAGE, kept_pairs

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".matrix" / PACKAGE
PASSED, FAILED, NOT_INSTALLED = 0, 1, 2


class NotInstalledError(Exception):
    """pip could not install a release; the message is its own last word."""


class TrialError(Exception):
    """A release that did not pass; the message says at which step, and what was printed there."""


@dataclass(frozen=True)
class Trial:
    """One release, where it is installed, and a folder for what is made of it."""

    version: str
    site: Path
    folder: Path

    @property
    def out(self) -> Path:
        """Where flytegen writes to."""
        return self.folder / "generated" / PACKAGE

    def run(self) -> str:
        """Go through all steps.

        Returns:
            How much went through models.

        Raises:
            TrialError: At the first step that fails.
        """
        self.generate()
        told = self.take_messages_through()
        self.check_types()
        self.refuse()
        return told

    def generate(self) -> str:
        """Write models, services and stubs."""
        return self._step(
            "generate", "-m", "flytegen", "generate", "--target", PACKAGE, "--out", str(self.out)
        )

    def take_messages_through(self) -> str:
        """Import what was written, and take every message through its model."""
        command = ("-m", "tests.generator.passage", str(self.out.parent), PACKAGE)
        counts = json.loads(self._step("messages", *command))
        return f"{counts['modules']} modules, {counts['models']} messages"

    def check_types(self) -> None:
        """Let mypy read what was written, with the stubs that were written beside it."""
        # On mypy's own path, stubs are called like the package that they describe.
        stubs = self.folder / "typing"
        shutil.rmtree(stubs, ignore_errors=True)
        shutil.copytree(self.out / f"{PACKAGE}-stubs", stubs / PACKAGE)
        options = ("--config-file=", "--strict", "--explicit-package-bases", "--cache-dir")
        code = (*options, str(self.folder / "mypy"), "flytebind")
        paths = os.pathsep.join((str(self.out), str(stubs)))
        self._step("types", "-m", "mypy", *code, cwd=self.out, MYPYPATH=paths, PYTHONPATH="")

    def refuse(self) -> None:
        """See that the committed models say what is wrong where they meet an older release.

        Raises:
            TrialError: If they do not.
        """
        newest = installed(PACKAGE).version
        if not is_older(self.version, than=newest):
            return
        statement = "import flytebind.models.execution"
        done = _python("-c", statement, PYTHONPATH=str(self.site))
        last = done.stderr.strip().rpartition("\n")[2]
        expected = (
            f"OutdatedPackageError: flytebind.models was generated from {PACKAGE} {newest}",
            f"{PACKAGE} {self.version} is installed",
            f"pip install -U '{PACKAGE}>={newest}'",
        )
        if not all(part in last for part in expected):
            raise TrialError(f"refuse: {last or 'the committed models took it'}")

    def _step(self, name: str, *command: str, cwd: Path = ROOT, **environment: str) -> str:
        paths = os.pathsep.join((str(self.out), str(self.site)))
        done = _python(*command, cwd=cwd, **{"PYTHONPATH": paths, **environment})
        if done.returncode:
            raise TrialError(f"{name}:\n{done.stdout}{done.stderr}".rstrip())
        return done.stdout


def _python(
    *command: str, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def install(version: str) -> Path:
    """Install a release by itself, unless it is there.

    What it needs comes from our own environment: old releases set bounds for protobuf that none of
    their modules asks for.

    Raises:
        NotInstalledError: If pip cannot.
    """
    site = HOME / version / "site"
    if not site.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=HOME) as folder:
            options = ["--no-deps", "--no-compile", "--only-binary=:all:", "--quiet", "--no-input"]
            options += ["--ignore-requires-python", "--disable-pip-version-check"]
            command = ("-m", "pip", "install", *options, "--target", f"{folder}/site")
            done = _python(*command, f"{PACKAGE}=={version}")
            if done.returncode:
                said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
                raise NotInstalledError(" ".join(said[-1:]) or "pip installed nothing")
            site.parent.mkdir(exist_ok=True)
            os.replace(f"{folder}/site", site)
    return site


def try_release(version: str) -> tuple[int, str]:
    """The exit code for one release, and what there is to read about it."""
    try:
        return PASSED, Trial(version, install(version), HOME / version).run()
    except TrialError as error:
        return FAILED, str(error)
    except NotInstalledError as error:
        return NOT_INSTALLED, str(error)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit code; the help says what each one means.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tools.releases",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("versions", nargs="*", help="(default: those of `make history`)")
    options = parser.parse_args(arguments)
    pairs = kept_pairs()
    versions: list[str] = options.versions or [pairs[0][0], *(new for _, new in pairs)]
    worst = PASSED
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        for version, (code, text) in zip(
            versions, executor.map(try_release, versions), strict=True
        ):
            result = {PASSED: "passed", FAILED: "FAILED", NOT_INSTALLED: "NOT INSTALLED"}[code]
            print(f"  {PACKAGE} {version:<8} {result}: {text}", flush=True)
            worst = max(worst, code)
    return worst


if __name__ == "__main__":
    sys.exit(main())
