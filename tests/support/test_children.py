"""Nothing goes on of what a killed test has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import subprocess, sys
from tests.support.children import ending_with_us

child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
with ending_with_us(child):
    print(child.pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="has no signals between processes")
@pytest.mark.parametrize("is_frozen", [False, True])
def test_a_child_ends_with_a_process_that_is_killed(is_frozen: bool) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        if is_frozen:
            os.kill(child, signal.SIGSTOP)
        parent.kill()
        parent.communicate(timeout=30)  # the child writes there as well, as long as it lives
