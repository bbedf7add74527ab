"""What ``make generate`` takes, once the environment is ready."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

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
    run([FLYTEGEN, "generate", "--quiet", "--out", folder])
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


GENERATION = (
    Benchmark(
        "generate", "flytegen generate, from nothing", 15, from_nothing, rounds=3, quick_rounds=1
    ),
    Benchmark(
        "generate-again",
        "flytegen generate, nothing changed",
        2,
        unchanged,
        rounds=5,
        quick_rounds=2,
    ),
)
