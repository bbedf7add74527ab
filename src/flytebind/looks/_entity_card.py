"""What can be run as a card: a task, a workflow or a launch plan in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flytebind.looks._words import harmless
from flytebind.models.admin.schedule import Schedule

_NARROWEST = 12


@dataclass(frozen=True, repr=False)
class EntityCard:
    """A task, a workflow or a launch plan: what it is called, takes and gives."""

    kind: str
    """``launch plan``"""
    name: str
    """``flytesnacks/development/core.hello/v7``"""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else there is to say, in the order of reading."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """By name, the type and the default: ``int = 3``."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """By name, the type."""

    def __str__(self) -> str:
        lines = {self.kind: self.name, **self.facts, **dict(self._sides())}
        shown = [(harmless(name), harmless(value)) for name, value in lines.items() if value]
        width = max(_NARROWEST, *(len(name) for name, _ in shown))
        return "\n".join(f"{name:{width}}  {value}" for name, value in shown)

    __repr__ = __str__  # what a shell shows unasked

    def _repr_html_(self) -> str:
        from flytebind.looks._entity_html import as_html

        return as_html(self.kind, self.name, self.facts, self.inputs, self.outputs)

    def _sides(self) -> Iterator[tuple[str, str]]:
        for side, variables in (("input", self.inputs), ("output", self.outputs)):
            for name, declared in variables.items():
                yield f"{side} {name}", declared


def timing(schedule: Schedule) -> str:
    """When a schedule starts executions: ``every 3 hours``, ``cron 0 9 * * 1-5``."""
    if schedule.rate is not None:
        unit = schedule.rate.unit.name.lower()
        number = schedule.rate.value
        every = f"every {unit}" if number == 1 else f"every {number} {unit}s"
    elif schedule.cron_schedule is not None:
        offset = schedule.cron_schedule.offset
        every = f"cron {schedule.cron_schedule.schedule}" + (f", offset {offset}" if offset else "")
    elif schedule.cron_expression:
        every = f"cron {schedule.cron_expression}"
    else:
        return ""
    argument = schedule.kickoff_time_input_arg
    return f"{every}, with the time as {argument}" if argument else every
