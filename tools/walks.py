"""How far the program walks from one file to another for one call, and so who reads along.

    python -m tools.walks

Files count that people of this project write: generated code, and the libraries below, are passed
over. What runs coroutines is part of a walk like all the rest. Of what the generator decides about
a field the stays count: each time that the code of another file is called, not that it returns.
"""

from __future__ import annotations

import inspect
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from google.protobuf.descriptor import FieldDescriptor

    from flytegen.schema import Field

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

    _watched(call, see)
    return found


def stays(call: Callable[[], object]) -> list[str]:
    """The files whose code is called by a call, one after another."""
    found: list[str] = []

    def see(frame: FrameType, event: str, _: object) -> None:
        here = _house(frame) if event == "call" else ""
        if here and found[-1:] != [here]:
            found.append(here)

    _watched(call, see)
    return found


def ways_back(stays: list[str]) -> int:
    """How many of the stays are in a file where there was one before."""
    return len(stays) - len(set(stays))


def decisions() -> dict[str, list[str]]:
    """The stays of the generator while it decides about a field, for each field of flyteidl."""
    from flytegen.decide.build import build
    from flytegen.decide.fields import Fields
    from flytegen.overlay.load import load_overlay
    from flytegen.read.package import load_package

    found: dict[str, list[str]] = {}
    decide = Fields._field

    def watched(fields: Fields, descriptor: FieldDescriptor, *rest: Any) -> Field:
        made: list[Field] = []
        found[descriptor.full_name] = stays(
            lambda: made.append(decide(fields, descriptor, *rest)),
        )
        return made[0]

    with patch.object(Fields, "_field", watched):
        build(load_package("flyteidl"), load_overlay(ROOT / "overlay" / "flyteidl"))
    return found


def _watched(call: Callable[[], object], see: Callable[[FrameType, str, object], None]) -> None:
    """Make a call, and show whoever sees each frame that it enters or leaves."""
    before = sys.getprofile()
    sys.setprofile(see)
    try:
        call()
    finally:
        sys.setprofile(before)


def _house(frame: FrameType) -> str:
    """The file of this project that a frame is in; empty if it is in none."""
    name = frame.f_code.co_filename
    return next((name.removeprefix(house) for house in HOUSES if name.startswith(house)), "")


def _own(frame: FrameType | None) -> Iterator[str]:
    """The files of this project in which a frame and those around it are, inner ones first."""
    while frame is not None:
        if here := _house(frame):
            yield here
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

    with Sandbox(relay=False) as sandbox:
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
            again = FlyteWorkflowExecution.promote_from_model(before, remote)
            return {
                'execution.outputs["summary"]': walk(lambda: done.outputs["summary"]),
                "execution.wait()": walk(running.wait),
                "execution.wait(sync_nodes=False)": walk(lambda: again.wait(sync_nodes=False)),
            }


def main() -> None:
    """Print a line for each walk."""
    for name, found in outputs_and_wait().items():
        print(f"{name}: {len(found.files)} files, {found.moves} moves")
        print(f"    to gRPC {len(found.to_grpc)} files: {', '.join(found.to_grpc)}")
    fields = decisions()
    name, longest = max(fields.items(), key=lambda item: len(item[1]))
    most = max(map(ways_back, fields.values()))
    print(f"the decision about a field: {len(longest)} stays at most, {most} ways back")
    print(f"    {name}: {', '.join(longest)}")


if __name__ == "__main__":
    main()
