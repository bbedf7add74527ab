"""A job done inside this process by several contestants, who must all come to the same result."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import process_time
from typing import Any, TypeAlias

from google.protobuf.message import Message

from benchmarks.benchmark import RAW, Benchmark, BenchmarkError, Sampler, is_installed

#: Does the job once and returns its result.
Job: TypeAlias = Callable[[], object]

#: A batch is made of as many jobs as fit into this many seconds, so that the clock's own cost and
#: resolution do not count.
BATCH_SECONDS = 0.02


@dataclass(frozen=True)
class Contest:
    """The ways to do one job.

    Each contestant is a function that imports what it needs and returns the job, so that a
    contestant that is not installed costs nothing.
    """

    contestants: Mapping[str, Callable[[], Job]]
    #: Who is known to come to another result, and in what way.
    faults: Mapping[str, str] = field(default_factory=dict)
    #: Whom the others are compared with.
    base: str = RAW
    #: Makes results comparable, where equal ones may look different.
    comparable: Callable[[Any], object] = lambda result: result

    def jobs(self) -> dict[str, Job]:
        """The job of each contestant that is installed, after all of them have agreed.

        Raises:
            BenchmarkError: If one comes to another result than the base without being known for
                it, or is known for it and does not.
        """
        jobs = {name: make() for name, make in self.contestants.items() if is_installed(name)}
        expected = self.comparable(jobs[self.base]())
        for name, job in jobs.items():
            agrees = self.comparable(job()) == expected
            if agrees == (name in self.faults):
                claim = "agrees with" if agrees else "differs from"
                raise BenchmarkError(f"{name} {claim} {self.base}, against what we say of it")
        return jobs

    @contextmanager
    def samplers(self) -> Iterator[Mapping[str, Sampler]]:
        """Timers of the jobs: seconds for one job."""
        yield {name: timer(job) for name, job in self.jobs().items()}

    def benchmark(self, name: str, title: str, target: float) -> Benchmark:
        """This contest as a row of the table."""
        return Benchmark(
            name, title, target, self.samplers, rounds=25, base=self.base, faults=self.faults
        )


def check_wire(kind: type[Message], data: bytes, written: bytes) -> None:
    """See that a contestant with message classes of its own writes again what it has read.

    Raises:
        BenchmarkError: If protobuf reads something else from ``written`` than from ``data``.
    """
    if kind.FromString(written) != kind.FromString(data):
        raise BenchmarkError(f"a {kind.DESCRIPTOR.full_name} is not the same once written again")


def timer(job: Job) -> Sampler:
    """A sampler that times batches of ``job``, by the processor time that they take.

    The jobs wait for nothing, so that on an idle machine this is the time on the wall; on a busy
    one it leaves out the work of others.
    """
    job()  # The first call may import, compile or cache something.
    started = process_time()
    job()
    seconds = max(process_time() - started, 1e-6)  # The clock may stand still for so long.
    number = max(1, round(BATCH_SECONDS / seconds))

    def sample() -> float:
        gc.disable()  # A collection that one contestant causes must not hit another one.
        try:
            started = process_time()
            for _ in range(number):
                job()
            return (process_time() - started) / number
        finally:
            gc.enable()

    return sample
