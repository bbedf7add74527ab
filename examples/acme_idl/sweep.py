"""Register a sweep with a server of our own, run it, and show how the trials went.

Sweeps and trials are ``acme_idl``'s; the tasks, identifiers and literals in them are flytebind's.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import grpc
from acme_idl_models import model_for
from acme_idl_models.training import Sweep, Trial
from acme_idl_services.service import SweeperClient, SweeperServicer

from flytebind.models.core.identifier import Identifier, ResourceType, WorkflowExecutionIdentifier
from flytebind.models.core.interface import TypedInterface
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.models.core.tasks import Resources, TaskMetadata, TaskTemplate
from flytebind.runtime.any import AnyMessage
from flytebind.runtime.rpc import ServicerContext


class Sweeper(SweeperServicer):
    """Squares a number in each trial, and has no sense of the negative."""

    def __init__(self) -> None:
        self._sweeps: dict[Identifier, Sweep] = {}

    def register(self, request: Sweep, context: ServicerContext, /) -> Identifier:
        if request.task is None:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a sweep needs a task")
        self._sweeps[request.task.id] = request
        return request.task.id

    def run(self, request: Identifier, context: ServicerContext, /) -> Iterator[Trial]:
        sweep = self._sweeps[request]
        for index, inputs in enumerate(sweep.trials):
            execution = WorkflowExecutionIdentifier(request.project, request.domain, f"n{index}")
            x = number(inputs)
            if x >= 0:
                yield Trial(execution=execution, outputs=numbers(y=x * x))
                continue
            yield Trial(execution=execution, failure=f"{x} is negative")
            if sweep.policy == Sweep.Policy.STOP_AT_FIRST_FAILURE:
                return


def numbers(**values: int) -> LiteralMap:
    """Whole numbers as literals."""
    return LiteralMap(
        {
            name: Literal(scalar=Scalar(primitive=Primitive(integer=value)))
            for name, value in values.items()
        }
    )


def number(literals: LiteralMap) -> int:
    """The only whole number among literals."""
    (literal,) = literals.literals.values()
    if literal.scalar is None or literal.scalar.primitive is None:
        raise ValueError(f"is no number: {literal}")
    return literal.scalar.primitive.integer or 0


def square() -> TaskTemplate:
    """The task that is to be swept."""
    return TaskTemplate(
        id=Identifier(ResourceType.TASK, "acme", "development", "square", "v1"),
        type="python-task",
        metadata=TaskMetadata.from_dict({}),
        interface=TypedInterface(inputs={}, outputs={}),
        custom=None,
    )


def sweep() -> Sweep:
    """What to run: a task of Flyte's, in a message of ours."""
    return Sweep(
        task=square(),
        trials=[numbers(x=x) for x in (2, -3, 4)],
        policy=Sweep.Policy.RUN_ALL,
        budget=timedelta(hours=1),
        scarce=Resources.ResourceName.GPU,
        details=AnyMessage.pack(numbers(seed=7)),
    )


def shown(trial: Trial) -> str:
    """A line for a person to read."""
    name = trial.execution.name if trial.execution else "?"
    match trial.which_result:
        case ("outputs", outputs):
            return f"{name}: {number(outputs)}"
        case ("failure", failure):
            return f"{name} failed: {failure}"
        case None:
            return f"{name} is not done"


def main() -> None:
    """Serve, call, and stop."""
    server = grpc.server(ThreadPoolExecutor())
    Sweeper().add_to_server(server)
    port = server.add_insecure_port("localhost:0")
    server.start()
    made = sweep()
    with grpc.insecure_channel(f"localhost:{port}") as channel:
        client = SweeperClient(channel)
        name = client.register(made, timeout=20)
        print(f"Registered {name.name} {name.version}")
        for trial in client.run(name, timeout=20):
            print(shown(trial))
    server.stop(None)
    if made.details is not None:
        # It may be a message of Flyte's or of ours: model_for knows both.
        details = made.details.unpack(model_for(made.details.type_name))
        print(f"Beside it: {details!r}")


if __name__ == "__main__":
    main()
