"""Taking samples in turns, so that whatever else the machine does hits all contestants alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median

from benchmarks.benchmark import Sampler


def take_turns(
    samplers: Mapping[str, Sampler], rounds: int, advance: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """The median sample of each contestant.

    Args:
        samplers: Who is measured, and how.
        rounds: How often each one is measured.
        advance: Called after each round.
    """
    samples: dict[str, list[float]] = {name: [] for name in samplers}
    for _ in range(rounds):
        for name, sampler in samplers.items():
            samples[name].append(sampler())
        advance()
    return {name: median(values) for name, values in samples.items()}
