"""Building the distributions, and installing the wheel as a user would, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Distributions:
    """The two files that a release uploads."""

    sdist: Path
    wheel: Path


@dataclass(frozen=True)
class Installation:
    """A virtual environment that has the wheel."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        version = "{}.{}".format(*sys.version_info[:2])
        return self.folder / "lib" / f"python{version}" / "site-packages"

    def run(self, program: str, *arguments: str | Path, cwd: Path) -> str:
        """Run a program of the environment; what it prints."""
        return run(self.folder / "bin" / program, *arguments, cwd=cwd)


def build(folder: Path) -> Distributions:
    """Build the sdist, and the wheel from nothing but the sdist, as ``make build`` does."""
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (sdist,) = folder.glob("*.tar.gz")
    (wheel,) = folder.glob("*.whl")
    return Distributions(sdist, wheel)


def install(wheel: Path, folder: Path) -> Installation:
    """Install the wheel into a new environment, beside the dependencies that we run with.

    The dependencies are linked into the environment one by one, and flytebind is not among them:
    neither its metadata nor the ``.pth`` files through which an editable install is found.
    """
    run(sys.executable, "-m", "venv", folder, cwd=folder.parent)
    installation = Installation(folder)
    options = ("--quiet", "--no-index", "--no-deps", "--no-compile")
    installation.run("python", "-m", "pip", "install", *options, wheel, cwd=folder)
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        link = installation.site_packages / entry.name
        if entry.suffix != ".pth" and not entry.name.startswith("flytebind") and not link.exists():
            link.symlink_to(entry)
    return installation


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command; what it prints.

    Raises:
        RuntimeError: If it fails; the message holds all that it said.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command} exited with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout
