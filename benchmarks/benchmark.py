"""What a benchmark is, whatever it measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TypeAlias

RAW = "raw upb"
FLYTEBIND = "flytebind"

#: Everyone who may take part, in the order of the table's columns, and the module that each needs.
CONTESTANTS = {
    RAW: "flyteidl",
    FLYTEBIND: "flytebind",
    "flytekit": "flytekit",
    "betterproto2": "betterproto2",
    "proto-plus": "proto",
    "pydantic": "pydantic",
}

#: Measures once: seconds or bytes.
Sampler: TypeAlias = Callable[[], float]


class BenchmarkError(Exception):
    """A benchmark that cannot be run, or whose figures would mean nothing."""


@dataclass(frozen=True)
class Benchmark:
    """One row of the table.

    ``prepare`` gets ready all that must not be measured, says how each contestant is sampled, and
    tidies up in the end. A contestant that it leaves out cannot do the job at all. The target is a
    ratio to the base, or an amount where that does not take part.
    """

    name: str
    title: str
    target: float
    prepare: Callable[[], AbstractContextManager[Mapping[str, Sampler]]]
    unit: str = "s"
    rounds: int = 15
    quick_rounds: int = 5
    #: Whom the others are compared with.
    base: str = RAW
    #: What a contestant gets wrong although it is measured.
    faults: Mapping[str, str] = field(default_factory=dict)


def is_installed(contestant: str) -> bool:
    """True if a contestant can be imported here."""
    return find_spec(CONTESTANTS[contestant]) is not None
