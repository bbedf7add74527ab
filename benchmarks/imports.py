"""What an import takes in a fresh process whose bytecode is compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from benchmarks.benchmark import FLYTEBIND, RAW, Benchmark, Sampler, is_installed
from benchmarks.process import run_python

RAW_MODELS = "import flyteidl.admin.execution_pb2"
RAW_SERVICES = "import flyteidl.service.admin_pb2_grpc"


def importer(statement: str) -> Sampler:
    """A sampler that runs ``statement`` in a fresh process.

    The process itself looks at the clock, so that the start of the interpreter does not count. The
    first run, which may have to compile, is thrown away.
    """
    code = f"import time; s = time.perf_counter(); {statement}; print(time.perf_counter() - s)"

    def sample() -> float:
        return run_python("-c", code)

    sample()
    return sample


def import_benchmark(
    name: str,
    title: str,
    statement: str,
    raw: str = RAW_MODELS,
    target: float = 1.6,
    **others: str,
) -> Benchmark:
    """Compare an import of flytebind with that of the protobuf module under it."""
    statements = {RAW: raw, FLYTEBIND: statement, **others}

    @contextmanager
    def samplers() -> Iterator[Mapping[str, Sampler]]:
        yield {
            contestant: importer(code)
            for contestant, code in statements.items()
            if is_installed(contestant)
        }

    return Benchmark(name, title, target, samplers, rounds=15, quick_rounds=5)


#: The module is lazy: the second row is the honest one, because it loads the class.
IMPORTS = (
    import_benchmark(
        "import-module",
        "import flytebind.models.execution (loads no class yet)",
        "import flytebind.models.execution",
        flytekit="import flytekit.models.execution",
    ),
    import_benchmark(
        "import-class",
        "from flytebind.models.execution import Execution",
        "from flytebind.models.execution import Execution",
        flytekit="from flytekit.models.execution import Execution",
    ),
    import_benchmark(
        "import-all",
        "from flytebind.models.execution import *",
        "from flytebind.models.execution import *",
        flytekit="from flytekit.models.execution import *",
    ),
    import_benchmark(
        "import-flyte2",
        "import flytebind.v2.models.workflow.run_service",
        "import flytebind.v2.models.workflow.run_service",
        raw="import flyteidl2.workflow.run_service_pb2",
        target=2,
    ),
    import_benchmark(
        "import-services",
        "import flytebind.services.admin",
        "import flytebind.services.admin",
        raw=RAW_SERVICES,
        target=1.5,
    ),
    import_benchmark(
        "import-remote",
        "import flytebind.remote (loads no class yet)",
        "import flytebind.remote",
        raw=RAW_SERVICES,
        flytekit="import flytekit.remote",
    ),
    import_benchmark(
        "import-remote-class",
        "from flytebind.remote import FlyteRemote",
        "from flytebind.remote import FlyteRemote",
        raw=RAW_SERVICES,
        flytekit="from flytekit.remote import FlyteRemote",
    ),
)
