"""mypy and pyright, run over a project the way its owners would: as commands, from its folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Diagnostic:
    """One thing that a checker says about one line."""

    file: str
    line: int
    rule: str
    message: str
    is_error: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} [{self.rule}]"


def mypy(project: Path, python: Path = Path(sys.executable)) -> list[Diagnostic]:
    """What mypy says about ``project``, whose ``mypy.ini`` is all the configuration there is.

    ``python`` is the interpreter whose installed packages the project uses.
    """
    options = ("--config-file=mypy.ini", f"--cache-dir={os.devnull}", "--output=json")
    output = _run(project, "mypy", *options, "--python-executable", python, ".")
    return [
        Diagnostic(
            found["file"],
            found["line"],
            found["code"],
            found["message"],
            found["severity"] == "error",
        )
        for found in map(json.loads, filter(None, output.splitlines()))
    ]


def pyright(project: Path, python: Path = Path(sys.executable)) -> list[Diagnostic]:
    """What pyright says about ``project``, by its ``pyrightconfig.json``."""
    output = _run(project, "pyright", "--outputjson", "--pythonpath", python)
    return [
        Diagnostic(
            Path(found["file"]).relative_to(project.resolve()).as_posix(),
            # What is wrong with a whole file has no range.
            found["range"]["start"]["line"] + 1 if "range" in found else 0,
            found.get("rule", ""),
            found["message"].replace("\N{NO-BREAK SPACE}", " "),
            found["severity"] == "error",
        )
        for found in json.loads(output)["generalDiagnostics"]
    ]


def _run(project: Path, *command: str | Path) -> str:
    # No variable of ours may show a checker more than what is installed.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MYPYPATH", "PYTHONPATH")
    } | {"PYRIGHT_PYTHON_GLOBAL_NODE": "0", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # Both say 1 when they found errors, which may be what the caller is after.
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{command[0]} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return done.stdout
