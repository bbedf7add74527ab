"""Measuring what only a fresh Python process shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.benchmark import BenchmarkError

ROOT = Path(__file__).parent.parent


def run(command: Sequence[str | Path]) -> str:
    """Run a command at the root of the checkout, and return what it prints.

    Raises:
        BenchmarkError: If it fails; carries what it wrote to standard error.
    """
    # Bytecode is always written, so that only the first run compiles; and the order of hashes is
    # the same in every run.
    unwanted = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONPROFILEIMPORTTIME")
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment["PYTHONHASHSEED"] = "0"
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BenchmarkError(f"{' '.join(map(str, command))} failed:\n{done.stderr}")
    return done.stdout


def run_python(*arguments: str | Path) -> float:
    """Run this Python afresh, and return the number that it prints last."""
    return float(run([sys.executable, *arguments]).split()[-1])
