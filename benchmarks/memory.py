"""The memory that 10,000 node executions take, as the growth of a fresh process.

Memory of upb is not Python's, so that only the operating system knows of it. Run as a module with a
contestant's name and a file, this reads the file and prints the growth in bytes.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.benchmark import FLYTEBIND, RAW, Benchmark, Sampler, is_installed
from benchmarks.process import run_python
from benchmarks.samples import node_execution_list

COUNT = 10_000


def raw() -> Callable[[bytes], Sequence[object]]:
    from flyteidl.admin.node_execution_pb2 import NodeExecutionList

    return lambda data: list(NodeExecutionList.FromString(data).node_executions)


def flytebind() -> Callable[[bytes], Sequence[object]]:
    from flytebind.models.admin.node_execution import NodeExecutionList

    return lambda data: list(NodeExecutionList.from_bytes(data).node_executions)


def flytekit() -> Callable[[bytes], Sequence[object]]:
    from flyteidl.admin.node_execution_pb2 import NodeExecutionList
    from flytekit.models.node_execution import NodeExecution

    return lambda data: [
        NodeExecution.from_flyte_idl(node)
        for node in NodeExecutionList.FromString(data).node_executions
    ]


def betterproto2() -> Callable[[bytes], Sequence[object]]:
    from benchmarks.betterproto2_messages import NodeExecutionList

    return lambda data: list(NodeExecutionList.parse(data).node_executions)


def proto_plus() -> Callable[[bytes], Sequence[object]]:
    from benchmarks.proto_plus_messages import NodeExecutionList

    return lambda data: list(NodeExecutionList.deserialize(data).node_executions)


#: Each imports what it needs, and returns a reader that keeps every node execution.
READERS = {
    RAW: raw,
    FLYTEBIND: flytebind,
    "flytekit": flytekit,
    "betterproto2": betterproto2,
    "proto-plus": proto_plus,
}


@contextmanager
def samplers() -> Iterator[Mapping[str, Sampler]]:
    """Fresh processes that read the same file."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "page.binpb")
        path.write_bytes(node_execution_list(COUNT).SerializeToString())
        yield {
            name: partial(run_python, "-m", "benchmarks.memory", name, path)
            for name in READERS
            if is_installed(name)
        }


MEMORY = Benchmark(
    "memory",
    f"memory of {COUNT:,} node executions",
    1.2,
    samplers,
    unit="B",
    rounds=7,
    quick_rounds=3,
)


def resident_bytes() -> int:
    """The memory of this process: now on Linux, elsewhere the most it ever had."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def main(name: str, path: str) -> None:
    """Print by how many bytes this process grows when it reads ``path``."""
    reader = READERS[name]()
    reader(node_execution_list(1).SerializeToString())  # What is made once does not count.
    data = Path(path).read_bytes()
    gc.collect()
    before = resident_bytes()
    kept = reader(data)
    gc.collect()
    after = resident_bytes()
    assert len(kept) == COUNT
    print(after - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
