"""Which Pythons we promise, where they are, and environments made of them.

Those in .matrix/ are made once and kept. pip needs the package index for it. From then on nothing
here uses the network, until one is damaged or what it is made of changes: that one is made anew.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from tools.distributions import WHOLE, projects, together

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".matrix"
LOCK = ROOT / "requirements" / "dev.lock"
CHECKOUT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECTS = projects(ROOT)
PROJECT = PROJECTS[WHOLE]
TOGETHER = together(ROOT)
EXTRAS = TOGETHER["optional-dependencies"]
TOOLS = CHECKOUT["dependency-groups"]["dev"]
LIBRARY = (
    *TOGETHER["dependencies"],
    *EXTRAS["remote"],
    *EXTRAS["flyte2"],
    *(each for each in EXTRAS["cli"] if not each.startswith("flytebind[")),
)

IS_WHOLE = """
import csv, importlib.metadata, os, sys
for package in importlib.metadata.distributions(path=[sys.argv[1]]):
    for file, *_ in csv.reader((package.read_text("RECORD") or "").splitlines()):
        os.stat(os.path.join(sys.argv[1], file))
"""


class CannotMakeError(Exception):
    """An environment could not be made; the message says why."""


def promised_pythons() -> list[str]:
    """The versions of Python among flytebind's classifiers, in their order: oldest first."""
    classifier = re.compile(r"Programming Language :: Python :: (3\.\d+)")
    return [match[1] for name in PROJECT["classifiers"] if (match := classifier.fullmatch(name))]


def find_interpreters() -> dict[str, Path]:
    """The promised Pythons that are here, oldest first."""
    found = ((version, find_interpreter(version)) for version in promised_pythons())
    return {version: path for version, path in found if path}


def find_interpreter(version: str) -> Path | None:
    """The first ``python3.X`` that really runs: a shim on PATH may lead nowhere."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    pyenvs = sorted(map(str, pyenv.glob(f"versions/{version}*/bin")), reverse=True)
    tell = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2], sys.executable)"
    for folder in (*os.get_exec_path(), *pyenvs):
        candidate = Path(folder, f"python{version}")
        if candidate.is_file():
            done = run(candidate, "-c", tell)
            found, _, executable = done.stdout.strip().partition(" ")
            if done.returncode == 0 and found == version:
                return Path(executable)
    return None


def make_environment(interpreter: Path, folder: Path) -> None:
    """Make an empty environment, without a pip of its own.

    Raises:
        CannotMakeError: If the interpreter fails.
    """
    venv = run(interpreter, "-m", "venv", "--without-pip", folder)
    if venv.returncode:
        raise CannotMakeError(f"{interpreter} makes no environments:\n{venv.stderr}")


def install(executable: Path, *arguments: str | Path) -> None:
    """Let pip install something into the environment of ``executable``.

    Our own pip does it, which saves each environment one of its own.

    Raises:
        CannotMakeError: If pip fails.
    """
    pip = ("-m", "pip", "--python", executable, "--disable-pip-version-check", "--no-input")
    done = run(sys.executable, *pip, "install", "--quiet", "--no-compile", *arguments)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if not line.startswith("WARNING")]
        raise CannotMakeError(
            "pip could not install what it needs; to make an environment takes the package index\n"
            + "\n".join(said[-5:])
        )


@dataclass(frozen=True)
class Environment:
    """A Python with flytebind, as an editable install has it, and what is installed beside it."""

    folder: Path
    interpreter: Path
    python: str
    """The version of the interpreter: ``3.10``."""

    @property
    def executable(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        return self.folder / "lib" / f"python{self.python}" / "site-packages"

    def make(
        self, wanted: Sequence[str], pins: Sequence[str], made_of: str, alone: Sequence[str] = ()
    ) -> None:
        """Make it, unless it is there and whole.

        Args:
            wanted: The requirements to install. If some are new, they are added to what is there.
            pins: An exact version of everything.
            made_of: What it is made of. If this changes, all is made anew.
            alone: Requirements to install as they are, without what they themselves require.

        Raises:
            CannotMakeError: If the interpreter or pip fails.
        """
        identity = "\n".join((str(self.interpreter), made_of, *pins))
        record, holds = self.folder / "made-of.txt", self.folder / "holds.txt"
        if not (self._is_whole() and record.exists() and record.read_text() == identity):
            shutil.rmtree(self.folder, ignore_errors=True)
            make_environment(self.interpreter, self.folder)
            # The roots that an editable install puts on the path.
            roots = (*sorted((ROOT / "generated").iterdir()), ROOT / "generator", ROOT / "src")
            (self.site_packages / "flytebind.pth").write_text("\n".join(map(str, roots)))
            holds.touch()
            record.write_text(identity)
        if not {*wanted, *alone} <= set(holds.read_text().splitlines()):
            constraints = self.folder / "constraints.txt"
            constraints.write_text("\n".join(pins))
            # Only wheels: to compile grpcio would take longer than all of the tests.
            install(self.executable, "--only-binary=:all:", "-c", constraints, *wanted)
            if alone:
                install(self.executable, "--only-binary=:all:", "--no-deps", *alone)
            holds.write_text("\n".join((*wanted, *alone)))

    def _is_whole(self) -> bool:
        """True when the environment runs, and no file that pip put there is missing."""
        if not self.executable.exists():
            return False
        return run(self.executable, "-c", IS_WHOLE, self.site_packages).returncode == 0


def locked(lock: Path = LOCK) -> Iterator[str]:
    """The pins of a lock without their hashes, which pip wants for all packages or for none."""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line and not line.lstrip().startswith(("#", "--hash")):
            yield line.removesuffix("\\").rstrip()


def name_of(requirement: str) -> str:
    """The name that a requirement begins with."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command, by default in the checkout, unmoved by the caller's Python settings."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHONPATH", "PYTHONHOME", "PYTEST_", "VIRTUAL_ENV", "MYPY"))
    }
    try:
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
    except OSError as error:  # not executable, or no program at all: it failed like any other
        return subprocess.CompletedProcess(command, 126, "", str(error))
