"""Generate from releases of what we generate from, and try what comes out.

Those are the releases that there is history of: each minor release of flyteidl since 1.5, and each
release of flyteidl2 from the oldest that is supported, hence what the last releases of Flyte 2's
SDK pin. pip installs each into a folder of its own in .matrix/, the first time from the package
index. flytegen generates from it, with our overlay, which is written for one of them. Then all
modules are imported, every message goes through its model, and mypy --strict reads all of it. The
committed models must refuse a release that is older than theirs, and take every message of another
without loss, with whatever they do not know in it.

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
from tools.history import kept_pairs
from tools.targets import FOLLOWED, Followed

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".matrix"
MYPY = """\
[mypy]
[mypy-google.rpc.*]
follow_untyped_imports = true
"""
PASSED, FAILED, NOT_INSTALLED = 0, 1, 2


class NotInstalledError(Exception):
    """pip could not install a release; the message is its own last word."""


class TrialError(Exception):
    """A release that did not pass; the message says at which step, and what was printed there."""


@dataclass(frozen=True)
class Trial:
    """One release, where it is installed, and a folder for what is made of it."""

    followed: Followed
    version: str
    site: Path
    folder: Path

    @property
    def out(self) -> Path:
        """Where flytegen writes to."""
        return self.folder / "generated" / self.followed.package

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
        if is_older(self.version, than=self.followed.made_from):
            self.refuse()
        else:
            self.hold()
        return told

    def generate(self) -> str:
        """Write models, services and stubs."""
        said = ("--target", self.followed.target.name, "--out", str(self.out))
        return self._step("generate", "-m", "flytegen", "generate", *said)

    def take_messages_through(self) -> str:
        """Import what was written, and take every message through its model."""
        command = ("-m", "tests.generator.passage", str(self.out.parent), self.followed.package)
        counts = json.loads(self._step("messages", *command))
        return f"{counts['modules']} modules, {counts['models']} messages"

    def check_types(self) -> None:
        """Let mypy read what was written, with the stubs that were written beside it."""
        # On mypy's own path, stubs are called like the package that they describe.
        stubs = self.folder / "typing"
        shutil.rmtree(stubs, ignore_errors=True)
        package = self.followed.package
        shutil.copytree(self.out / f"{package}-stubs", stubs / package)
        settings = self.folder / "mypy.ini"
        settings.write_text(MYPY)
        options = ("--config-file", str(settings), "--strict", "--explicit-package-bases")
        code = (*options, "--cache-dir", str(self.folder / "mypy"), "flytebind")
        paths = os.pathsep.join((str(self.out), str(stubs)))
        self._step("types", "-m", "mypy", *code, cwd=self.out, MYPYPATH=paths, PYTHONPATH="")

    def refuse(self) -> None:
        """See that the committed models say what is wrong where they meet an older release.

        Raises:
            TrialError: If they do not.
        """
        package, present = self.followed.package, self.followed.made_from
        models = self.followed.overlay.package.root
        done = _python("-c", f"import {models}", PYTHONPATH=str(self.site))
        last = done.stderr.strip().rpartition("\n")[2]
        expected = (
            f"OutdatedPackageError: {models} was generated from {package} {present}",
            f"{package} {self.version} is installed",
            f"pip install -U '{package}>={present}'",
        )
        if not all(part in last for part in expected):
            raise TrialError(f"refuse: {last or 'the committed models took it'}")

    def hold(self) -> str:
        """Take every message of the release through the committed models."""
        models = self.followed.overlay.package.root
        command = ("-m", "tests.generator.passage", "--committed", models)
        return self._step("hold", *command, PYTHONPATH=str(self.site))

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


def install(package: str, version: str) -> Path:
    """Install a release by itself, unless it is there.

    What it needs comes from our own environment: old releases set bounds for protobuf that none of
    their modules asks for.

    Raises:
        NotInstalledError: If pip cannot.
    """
    home = HOME / package
    site = home / version / "site"
    if not site.exists():
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home) as folder:
            options = ["--no-deps", "--no-compile", "--only-binary=:all:", "--quiet", "--no-input"]
            options += ["--ignore-requires-python", "--disable-pip-version-check"]
            command = ("-m", "pip", "install", *options, "--target", f"{folder}/site")
            done = _python(*command, f"{package}=={version}")
            if done.returncode:
                said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
                raise NotInstalledError(" ".join(said[-1:]) or "pip installed nothing")
            site.parent.mkdir(exist_ok=True)
            os.replace(f"{folder}/site", site)
    return site


def try_release(followed: Followed, version: str) -> tuple[int, str]:
    """The exit code for one release, and what there is to read about it."""
    try:
        site = install(followed.package, version)
        return PASSED, Trial(followed, version, site, site.parent).run()
    except TrialError as error:
        return FAILED, str(error)
    except NotInstalledError as error:
        return NOT_INSTALLED, str(error)


def release(said: str, parser: argparse.ArgumentParser) -> tuple[Followed, str]:
    """What is meant by ``flyteidl==1.14.3``."""
    package, equals, version = said.partition("==")
    if not equals or package not in FOLLOWED:
        parser.error(f"{said} is no release, such as {next(iter(FOLLOWED))}==1.2.3")
    return FOLLOWED[package], version


def every_release() -> list[tuple[Followed, str]]:
    """Those that there is history of."""
    return [
        (followed, version)
        for followed in FOLLOWED.values()
        for version in dict.fromkeys(one for pair in kept_pairs(followed) for one in pair)
    ]


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
    parser.add_argument(
        "versions", nargs="*", metavar="PACKAGE==VERSION", help="(default: those of the history)"
    )
    options = parser.parse_args(arguments)
    releases = [release(said, parser) for said in options.versions] or every_release()
    worst = PASSED
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as executor:
        tried = executor.map(try_release, *zip(*releases, strict=True))
        for (followed, version), (code, text) in zip(releases, tried, strict=True):
            result = {PASSED: "passed", FAILED: "FAILED", NOT_INSTALLED: "NOT INSTALLED"}[code]
            print(f"  {followed.package} {version:<8} {result}: {text}", flush=True)
            worst = max(worst, code)
    return worst


if __name__ == "__main__":
    sys.exit(main())
