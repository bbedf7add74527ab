"""Which Pythons we promise, where they are, and environments made of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


class CannotMakeError(Exception):
    """An environment could not be made; the message says why."""


def promised_pythons() -> list[str]:
    """The versions of Python among pyproject.toml's classifiers, in their order: oldest first."""
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
