"""The example of an IDL on top of flyteidl, made as its README says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples/acme_idl"
_PAGE = (EXAMPLE / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Built:
    """A copy of the example after the commands of its README."""

    folder: Path
    said: str
    """What the last command printed."""


def promised() -> str:
    """What the README says that the program prints."""
    (shown,) = re.findall(r"```\n(Registered.*?)```", _PAGE, re.S)
    return str(shown)


def build(folder: Path, python: Path = Path(sys.executable)) -> Built:
    """Copy the example, and run what its README tells, but for installing.

    Args:
        folder: A folder that is not there yet.
        python: The interpreter of an environment with flytebind and grpcio-tools.
    """
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("build"))
    (commands,) = re.findall(r"```sh\n(pip install.*?)```", _PAGE, re.S)
    path = f"{python.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    said = ""
    for line in commands.splitlines()[1:]:
        # Where nothing was installed by pip there are no commands.
        command = line.replace(" flytegen ", " python -m flytegen ")
        done = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env={**environment, "PATH": path},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        said = done.stdout
    return Built(folder, said)
