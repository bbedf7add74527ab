"""The tasks that scripts are made of. They compute for real, in no time; the rest is pretence."""

from __future__ import annotations

from collections.abc import Callable

from flytebind.sandbox.play._workflow import Promise, RecoverableError, Task, TaskError, Workflow

TASKS: dict[str, Task] = {}
"""By name."""


def _task(
    *, seconds: float = 0.6, retries: int = 0, yields: type | None = None
) -> Callable[[Callable[..., object]], Task]:
    def declare(function: Callable[..., object]) -> Task:
        task = Task(function, seconds, retries, yields)
        TASKS[task.name] = task
        return task

    return declare


@_task()
def fetch(rows: int) -> list[int]:
    """As many numbers as there are rows."""
    return list(range(1, rows + 1))


@_task()
def square(x: int) -> int:
    """A number times itself."""
    return x * x


TASKS[square.mapped.name] = square.mapped


@_task()
def total(values: list[int]) -> int:
    """The sum of numbers."""
    return sum(values)


@_task()
def describe(number: int) -> str:
    """A number in words."""
    return f"the result is {number}"


@_task()
def train_small(rows: int) -> str:
    """A model, quickly."""
    return f"a small model of {rows} rows"


@_task(seconds=1.2)
def train_large(rows: int) -> str:
    """A model, slowly."""
    return f"a large model of {rows} rows"


@_task(seconds=0.01)
def probe(index: int) -> int:
    """Next to nothing, and at once."""
    return index % 7


@_task(retries=2)
def download(url: str, attempt: int) -> str:
    """A page, at the second attempt."""
    if attempt == 0:
        raise RecoverableError(f"the connection to {url} was reset by the peer")
    return f"what {url} has to say"


@_task()
def validate(rows: int) -> int:
    """A complaint, always."""
    raise TaskError(
        f"{rows} rows were read, and the column 'age' holds text in 3 of them: expected whole "
        "numbers, found 'unknown' in row 17, 'n/a' in row 101 and '' in row 102"
    )


@_task(seconds=0.3)
def notify(who: str) -> str:
    """The word that somebody knows."""
    return f"{who} has been told"


@_task(yields=int)
def grow(w: Workflow, width: int) -> Promise:
    """A workflow of this width: squares, and their sum."""
    return w.task(total, values=[w.task(square, x=x) for x in range(1, width + 1)])
