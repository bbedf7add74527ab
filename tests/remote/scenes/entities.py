"""What the workflows of scenes are made of. No engine plays them: scenes tell what happens."""

from __future__ import annotations

from collections.abc import Callable

from flyteidl.core.tasks_pb2 import TaskTemplate

from flytebind.sandbox.play._workflow import Promise, Script, Task, Workflow


class _MarkedTask(Task):
    """A task whose metadata say more than scripts do."""

    def __init__(
        self, function: Callable[..., object], *, cached: str = "", eager: bool = False
    ) -> None:
        super().__init__(function, seconds=0, retries=0)
        self._cached = cached
        self._eager = eager

    def template(self) -> TaskTemplate:
        template = super().template()
        template.metadata.discoverable = bool(self._cached)
        template.metadata.discovery_version = self._cached
        template.metadata.is_eager = self._eager
        return template


def _step(x: int) -> int:
    return x + 1


def _say(text: str) -> str:
    return text


def _remember(x: int) -> int:
    return x


def _orchestrate(x: int) -> int:
    return x


def _yield_steps(w: Workflow, x: int) -> Promise:
    return w.task(step, x=w.task(step, x=x))


step = Task(_step, seconds=0, retries=2)
"""Takes the integer ``x``, gives ``o0``: one more."""
say = Task(_say, seconds=0, retries=0)
"""Takes the string ``text``, gives it as ``o0``."""
remember = _MarkedTask(_remember, cached="1")
"""Takes the integer ``x``, gives it as ``o0``; its results are cached."""
orchestrate = _MarkedTask(_orchestrate, eager=True)
"""Takes the integer ``x``, gives an integer as ``o0``; an eager task."""
grow = Task(_yield_steps, seconds=0, retries=0, yields=int)
"""Takes the integer ``x``, and yields a workflow of two steps."""

TASKS = (step, step.mapped, say, remember, orchestrate, grow)


def script(write: Callable[[Workflow], None]) -> Script:
    """The workflow that a function writes, and its launch plan, both with the function's name."""
    return Script(f"scenes.{write.__name__.strip('_')}", False, write)


@script
def steps(w: Workflow) -> None:
    """Two tasks, one after the other: n0 and n1."""
    w.output("o0", w.task(step, x=w.task(step, x=w.input("x", 1))))


def rename(workflow: Workflow, promise: Promise, id: str) -> Promise:
    """Call the node of a promise otherwise than n0, n1, ..."""
    for node in workflow.template.nodes:
        if node.id == promise.node:
            node.id = id
            return promise._replace(node=id)
    raise LookupError(promise.node)
