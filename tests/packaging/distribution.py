"""Building the distributions, and installing wheels as a user would, without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement

from tools.distributions import projects

ROOT = Path(__file__).parents[2]
OURS = projects(ROOT)
_SITE_PACKAGES = Path(sysconfig.get_path("purelib"))


@dataclass(frozen=True)
class Distribution:
    """The two files that a release uploads."""

    sdist: Path
    wheel: Path

    def packed(self) -> dict[str, bytes]:
        """The files that the wheel brings, by name."""
        with ZipFile(self.wheel) as wheel:
            names = [name for name in wheel.namelist() if ".dist-info/" not in name]
            return {name: wheel.read(name) for name in names}

    def metadata(self) -> Message:
        """What the wheel says of itself."""
        with ZipFile(self.wheel) as wheel:
            (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
            return Parser().parsestr(wheel.read(name).decode())


@dataclass(frozen=True)
class Installation:
    """A virtual environment that has some wheels."""

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


def build(folder: Path) -> dict[str, Distribution]:
    """Build each sdist, and the wheel from nothing but the sdist, as ``make build`` does."""

    def built(source: Path) -> Distribution:
        out = folder / source.name
        options = ("--no-isolation", "--outdir", out)
        run(sys.executable, "-m", "build", *options, source, cwd=folder)
        (sdist,) = out.glob("*.tar.gz")
        (wheel,) = out.glob("*.whl")
        return Distribution(sdist, wheel)

    sources = [path.parent for path in sorted(ROOT.glob("distributions/*/pyproject.toml"))]
    with ThreadPoolExecutor(os.cpu_count()) as executor:
        return dict(zip(OURS, executor.map(built, sources), strict=True))


def install(wheels: Iterable[Path], folder: Path) -> Installation:
    """Install wheels into a new environment that has nothing else, not even what they need."""
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    installation = Installation(folder)
    pip = (sys.executable, "-m", "pip", "--python", installation.python)
    options = ("--quiet", "--no-index", "--no-deps", "--no-compile")
    run(*pip, "install", *options, *wheels, cwd=folder)
    return installation


def link_everything(installation: Installation) -> None:
    """Put all that we run with beside the wheels, but flytebind.

    Neither its metadata are there nor the ``.pth`` files through which a checkout is found.
    """
    for entry in _SITE_PACKAGES.iterdir():
        if entry.suffix != ".pth" and not entry.name.startswith("flytebind"):
            _link(installation, Path(entry.name))


def link_needed(installation: Installation, wanted: Iterable[str]) -> None:
    """Put what these requirements need beside the wheels, as we run with it, and nothing else."""
    for name in _closure(map(Requirement, wanted), (), set()):
        files = [Path(file) for file in metadata.files(name) or () if file.parts[0] != ".."]
        for entry in set(map(_entry, files)):
            _link(installation, entry)


def needed(distribution: Distribution) -> list[str]:
    """What a wheel requires without extras."""
    return distribution.metadata().get_all("Requires-Dist") or []


def _closure(wanted: Iterable[Requirement], extras: Iterable[str], seen: set[str]) -> Iterator[str]:
    """The distributions that requirements come to, without ours."""
    for requirement in wanted:
        marker = requirement.marker
        applies = marker is None or any(
            marker.evaluate({"extra": extra}) for extra in ("", *extras)
        )
        if applies and requirement.name not in {*seen, *OURS}:
            seen.add(requirement.name)
            yield requirement.name
            further = map(Requirement, metadata.requires(requirement.name) or ())
            yield from _closure(further, requirement.extras, seen)


def _entry(file: Path) -> Path:
    """The part of a path that can be linked without bringing what others have beside it."""
    parts = 1
    while parts < len(file.parts):
        folder = _SITE_PACKAGES.joinpath(*file.parts[:parts])
        if folder.suffix == ".dist-info" or any(folder.glob("__init__.py*")):
            break
        parts += 1
    return Path(*file.parts[:parts])


def _link(installation: Installation, entry: Path) -> None:
    link = installation.site_packages / entry
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(_SITE_PACKAGES / entry)


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
