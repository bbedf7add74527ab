"""How far the program walks from one file to another for one call, and so who reads along.

    python -m tools.walks

Files count that people of this project write: generated code, and the libraries below, are passed
over. What runs coroutines is part of a walk like all the rest.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
HOUSES = (str(ROOT / "src") + "/", str(ROOT / "generator") + "/")


@dataclass
class Walk:
    """Which files one call has been in, in the thread that made it."""

    files: list[str] = field(default_factory=list)
    """The files in the order in which they were entered first."""
    moves: int = 0
    """How often it went from one file to another, there or back."""
    to_grpc: list[str] = field(default_factory=list)
    """The files that led to its first call of gRPC, outer ones first."""


def walk(call: Callable[[], object]) -> Walk:
    """Make a call, and tell which way it took."""
    found = Walk()
    inner: list[str] = []  # the way to the coroutine that was resumed last
    where = ""

    def see(frame: FrameType, event: str, _: object) -> None:
        nonlocal where, inner
        if event not in ("call", "return"):
            return
        if event == "call" and frame.f_code.co_flags & inspect.CO_COROUTINE:
            inner = list(_way(frame))
        if event == "call" and not found.to_grpc and _is_grpc_call(frame):
            # A driver starts what the innermost coroutine waits for.
            found.to_grpc = list(dict.fromkeys([*inner, *_way(frame)]))
        here = next(_own(frame if event == "call" else frame.f_back), "")
        if not here or here == where:
            return
        found.moves += bool(where)
        where = here
        if here not in found.files:
            found.files.append(here)

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        call()
    finally:
        sys.setprofile(before)
    return found


def _own(frame: FrameType | None) -> Iterator[str]:
    """The files of this project in which a frame and those around it are, inner ones first."""
    while frame is not None:
        for house in HOUSES:
            if frame.f_code.co_filename.startswith(house):
                yield frame.f_code.co_filename.removeprefix(house)
        frame = frame.f_back


def _way(frame: FrameType) -> Iterator[str]:
    return reversed(list(dict.fromkeys(_own(frame))))


def _is_grpc_call(frame: FrameType) -> bool:
    code = frame.f_code
    return "/grpc/" in code.co_filename and code.co_name in ("future", "__call__", "with_call")


def outputs_and_wait() -> dict[str, Walk]:
    """The walks of a wait that asks once, and of an output that is read when it is touched."""
    from flytebind.models.admin.execution import Execution
    from flytebind.models.core.execution import WorkflowExecutionPhase
    from flytebind.remote import Config, FlyteRemote, FlyteWorkflowExecution
    from flytebind.sandbox import Sandbox

    with Sandbox() as sandbox:
        engine = sandbox.engine(math.inf)
        id = engine.launch("chain")
        settings = Config.for_endpoint(sandbox.endpoint, insecure=True)
        with FlyteRemote(settings, id.project, id.domain) as remote:
            assert engine.wait_idle(timeout=60)
            remote.fetch_execution(id.name).wait().outputs["summary"]  # imports come when needed
            done = remote.fetch_execution(id.name)
            closure = done.closure.replace(phase=WorkflowExecutionPhase.RUNNING)
            before = Execution(done.id, done.spec, closure)
            running = FlyteWorkflowExecution.promote_from_model(before, remote)
            return {
                'execution.outputs["summary"]': walk(lambda: done.outputs["summary"]),
                "execution.wait()": walk(running.wait),
            }


def main() -> None:
    """Print a line for each walk."""
    for name, found in outputs_and_wait().items():
        print(f"{name}: {len(found.files)} files, {found.moves} moves")
        print(f"    to gRPC {len(found.to_grpc)} files: {', '.join(found.to_grpc)}")


if __name__ == "__main__":
    main()
