"""What ``make generate`` takes, once the environment is ready."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.acme import write
from benchmarks.benchmark import FLYTEBIND, Benchmark, BenchmarkError, Sampler
from benchmarks.process import ROOT, run

#: The generator lives in the environment of the other targets: what it needs must not meet the pins
#: of flytekit.
FLYTEGEN = ROOT / ".venv" / "bin" / "flytegen"


def generate(folder: Path) -> float:
    """Generate everything into ``folder``, and say how many seconds it took.

    Raises:
        BenchmarkError: If there is no generator, or it fails.
    """
    if not FLYTEGEN.exists():
        raise BenchmarkError("the generator is missing: run `make .venv/ready`")
    started = time.perf_counter()
    run([FLYTEGEN, "generate", "--quiet", "--target", "flyteidl", "--out", folder])
    return time.perf_counter() - started


@contextmanager
def from_nothing() -> Iterator[Mapping[str, Sampler]]:
    """Generate into a new folder each time."""

    def sample() -> float:
        with TemporaryDirectory() as folder:
            return generate(Path(folder))

    yield {FLYTEBIND: sample}


@contextmanager
def unchanged() -> Iterator[Mapping[str, Sampler]]:
    """Generate into a folder that is up to date."""
    with TemporaryDirectory() as folder:
        generate(Path(folder))
        yield {FLYTEBIND: partial(generate, Path(folder))}


@contextmanager
def large(
    messages: int, files: int, measure: Callable[[Path, Path], float]
) -> Iterator[Mapping[str, Sampler]]:
    """Generate from a made-up package of a given size, into a new folder each time."""
    with TemporaryDirectory() as folder:
        write(Path(folder), messages, files)

        def sample() -> float:
            with TemporaryDirectory() as out:
                return measure(Path(folder), Path(out))

        yield {FLYTEBIND: sample}


@contextmanager
def one_changed(messages: int, files: int) -> Iterator[Mapping[str, Sampler]]:
    """Generate anew after a change in one file, which half of the others need."""
    with TemporaryDirectory() as folder:
        packages = [Path(folder, name) for name in ("before", "after")]
        for package, changed in zip(packages, (None, files // 2), strict=True):
            write(package, messages, files, changed)
        out = Path(folder, "out")
        seconds(packages[0], out)
        turns = cycle(reversed(packages))
        yield {FLYTEBIND: lambda: seconds(next(turns), out)}


def seconds(package: Path, out: Path) -> float:
    """How long it takes to generate the made-up package."""
    return _child(package, out)[0]


def memory(package: Path, out: Path) -> float:
    """How many bytes the largest of the processes that generate it has at its peak."""
    return _child(package, out)[1]


def _child(package: Path, out: Path) -> tuple[float, float]:
    python = FLYTEGEN.with_name("python")
    printed = run([python, "-c", _GENERATE, package, out])
    took, peak = map(float, printed.split()[-2:])
    return took, peak


_GENERATE = """
import resource, sys, time
sys.path.insert(0, sys.argv[1])
started = time.perf_counter()
from flytegen.__main__ import main
sys.argv[1:] = ["generate", "--quiet", "--package", "acme", "--out", sys.argv[2]]
assert main() == 0
took = time.perf_counter() - started
whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
print(took, max(resource.getrusage(each).ru_maxrss for each in whose) * 1024)
"""

#: How many messages in how many files, and in how many seconds at the most.
SIZES = ((250, 75, 2), (1000, 300, 6), (2500, 750, 15))

GENERATION = (
    Benchmark(
        "generate", "flytegen generate, from nothing", 3, from_nothing, rounds=3, quick_rounds=1
    ),
    Benchmark(
        "generate-again",
        "flytegen generate, nothing changed",
        2,
        unchanged,
        rounds=5,
        quick_rounds=2,
    ),
    *(
        Benchmark(
            f"generate-{messages}",
            f"flytegen generate, {messages:,} messages in {files} files",
            target,
            partial(large, messages, files, seconds),
            rounds=1,
            quick_rounds=1,
        )
        for messages, files, target in SIZES
    ),
    Benchmark(
        "generate-changed",
        "flytegen generate, one file of 750 changed",
        2,
        partial(one_changed, 2500, 750),
        rounds=4,
        quick_rounds=2,
    ),
    Benchmark(
        "generate-memory",
        "flytegen generate, memory for 3,000 messages in one file",
        400 * 2**20,
        partial(large, 3000, 1, memory),
        unit="B",
        rounds=1,
        quick_rounds=1,
    ),
)
