"""What is shown needs models alone: no grpc, no remote, no server."""

from __future__ import annotations

import pickle
import subprocess
import sys

from flytebind.looks import tree
from flytebind.remote import FlyteRemote
from flytebind.sandbox import Sandbox
from tests.remote.conftest import remote, sandbox
from tests.remote.scenes import parents

__all__ = ["remote", "sandbox"]

PROGRAM = """
import pickle, pkgutil, sys
from importlib import import_module

sys.modules["grpc"] = None  # importing it fails
import flytebind.looks as looks

for module in pkgutil.iter_modules(looks.__path__, "flytebind.looks."):
    import_module(module.name)
print(looks.tree(pickle.load(sys.stdin.buffer)))
above = ("cli", "pytest_plugin", "remote", "sandbox", "services")
loaded = {name.split(".")[1] for name in sys.modules if name.startswith("flytebind.")}
assert not loaded.intersection(above), loaded
"""


def test_a_tree_is_drawn_where_there_is_no_grpc(sandbox: Sandbox, remote: FlyteRemote) -> None:
    scene = parents.launch_plan_failed(sandbox)
    snapshot = remote.fetch_execution(scene.id.name).sync(sync_nodes=True).snapshot()
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=pickle.dumps(snapshot),
        env={"PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode()
    assert result.stdout.decode().splitlines() == tree(snapshot).text().splitlines()
