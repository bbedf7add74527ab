"""A sandbox in a process of its own, which takes its time over every call and counts them.

Run as a module, with the seconds that a call takes, this is that process: it prints its endpoint
and the URL of its control, and serves until its standard input ends. The control makes executions
and knows the counts; it is XML-RPC, so that every process that measures can use it, and none of it
is counted.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, cast
from xmlrpc.client import ServerProxy
from xmlrpc.server import SimpleXMLRPCServer

from benchmarks.process import ROOT
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._workflow import OUTPUT, Script, Workflow
from tests.remote.scenes import bulk
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import step
from tests.remote.scenes.telling import Tale

LATENCY = 0.02


class Control(Protocol):
    """What the server can be asked for. Executions are known by their names."""

    def wide(self, nodes: int, /) -> str:
        """A finished execution of so many tasks."""
        ...

    def nested(self, parents: int, children: int, /) -> str:
        """A finished execution of so many subworkflows with so many tasks each."""
        ...

    def begin(self, nodes: int, /) -> str:
        """An execution whose tasks, so many, are done, and which is still running."""
        ...

    def finish(self, name: str, /) -> bool:
        """End what has begun."""
        ...

    def clear(self) -> bool:
        """Count calls from zero again."""
        ...

    def total(self) -> int:
        """How many calls there were."""
        ...


@contextmanager
def control_of(url: str) -> Iterator[Control]:
    """The control of a server that runs."""
    with ServerProxy(url) as proxy:
        yield cast("Control", proxy)


@contextmanager
def server(latency: float = LATENCY) -> Iterator[tuple[str, str]]:
    """The endpoint and the control's URL of a new server, whose calls take so many seconds."""
    command = [sys.executable, "-m", "benchmarks.remote_server", str(latency)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        endpoint, url = process.stdout.readline().split()
        try:
            yield endpoint, url
        finally:
            process.stdin.close()


class _Control:
    def __init__(self, sandbox: Sandbox, cluster: Cluster) -> None:
        self._sandbox = sandbox
        self._cluster = cluster
        self._running: dict[str, Tale] = {}

    def wide(self, nodes: int) -> str:
        return bulk.wide(self._sandbox, nodes).id.name

    def nested(self, parents: int, children: int) -> str:
        return bulk.nested(self._sandbox, parents, children).id.name

    def begin(self, nodes: int) -> str:
        def write(w: Workflow) -> None:
            for x in range(nodes):
                last = w.task(step, x=x)
            w.output(OUTPUT, last)

        tale = self._cluster.launch(Script(f"benchmarks.begun_{nodes}", False, write)).begin()
        for x in range(nodes):
            tale.task(f"n{x}", inputs={"x": x}, outputs={OUTPUT: x + 1})
        self._running[tale.id.name] = tale
        return tale.id.name

    def finish(self, name: str) -> bool:
        self._running.pop(name).succeed(**{OUTPUT: 0})
        return True

    def clear(self) -> bool:
        self._sandbox.calls.clear()
        return True

    def total(self) -> int:
        return self._sandbox.calls.total()


def serve(latency: float) -> None:
    """Serve until standard input ends."""
    with (
        Sandbox(relay=False) as sandbox,
        Cluster(sandbox) as cluster,
        SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as control,
    ):
        if latency:
            sandbox.faults.latency(latency)
        control.register_instance(_Control(sandbox, cluster))
        threading.Thread(target=control.serve_forever, daemon=True).start()
        host, port = control.server_address[:2]
        print(sandbox.endpoint, f"http://{host!s}:{port}", flush=True)
        sys.stdin.read()
        control.shutdown()


if __name__ == "__main__":
    serve(float(sys.argv[1]))
