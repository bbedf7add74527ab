"""The table of results: one row for each benchmark, ratios to one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.benchmark import CONTESTANTS, FLYTEBIND, Benchmark

#: The multiples of each unit, largest first.
SCALES = {
    "s": ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "B": ((2.0**20, "MiB"), (2.0**10, "KiB"), (1.0, "B")),
    "RPC": ((1.0, "RPC"),),
}


@dataclass(frozen=True)
class Result:
    """A benchmark and the median of each contestant that took part."""

    benchmark: Benchmark
    medians: Mapping[str, float]

    @property
    def score(self) -> float:
        """What the target is about."""
        return self.medians[FLYTEBIND] / self.medians.get(self.benchmark.base, 1.0)

    @property
    def is_met(self) -> bool:
        """True if flytebind does as well as it should."""
        return self.score <= self.benchmark.target


def amount(value: float, unit: str) -> str:
    """A value with three digits, in the unit that suits it."""
    scale, name = next((step for step in SCALES[unit] if value >= step[0]), SCALES[unit][-1])
    number = value / scale
    digits = 2 if number < 10 else 1 if number < 100 else 0
    return f"{number:.{digits}f} {name}"


def render(results: Sequence[Result]) -> str:
    """The table as text, with notes below it on who does not do the whole job."""
    rows = [["", *CONTESTANTS, "target", "met"]]
    notes: list[str] = []
    for result in results:
        benchmark = result.benchmark
        cells = [_cell(result, name, notes) for name in CONTESTANTS]
        target = (
            f"{benchmark.target:g}x"
            if benchmark.base in result.medians
            else amount(benchmark.target, benchmark.unit)
        )
        rows.append([benchmark.title, *cells, target, "yes" if result.is_met else "NO"])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if position else cell.ljust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines.insert(1, "-" * sum(widths, 2 * (len(widths) - 1)))
    return "\n".join([*lines, "", *notes]).rstrip()


def _cell(result: Result, name: str, notes: list[str]) -> str:
    value = result.medians.get(name)
    if value is None:
        return "-"
    unit, base = result.benchmark.unit, result.benchmark.base
    if name == base or base not in result.medians:
        return amount(value, unit)
    ratio = f"{value / result.medians[base]:.2f}x"
    fault = result.benchmark.faults.get(name)
    if fault is None:
        return ratio
    notes.append(f"[{len(notes) + 1}] {name} {fault}.")
    return f"{ratio} [{len(notes)}]"
