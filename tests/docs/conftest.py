"""The documentation, built once for all who look at it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tools.written import ROOT


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder that a web server would show."""
    from tools.site.__main__ import lay_out  # needs flytegen and what it pins

    folder = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        folder = folder.parent  # which all workers share
    with FileLock(folder / "site.lock"):
        if not (folder / "site").exists():
            lay_out(folder / "build" / "docs")
            config = folder / "zensical.toml"
            config.write_bytes((ROOT / "zensical.toml").read_bytes())
            build = subprocess.run(
                [sys.executable, "-m", "zensical", "build", "--strict", "-f", str(config)],
                capture_output=True,
                text=True,
            )
            said = re.sub(r"\x1b\[[\d;]*m", "", build.stdout + build.stderr)
            assert build.returncode == 0, said
            assert "No issues found" in said
    return folder / "site"
