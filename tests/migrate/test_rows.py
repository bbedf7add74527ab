"""Each row of the table of flytekit's names holds: a test for each, on both faces."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

import flytebind.remote
from flytebind._flytekit import advice
from flytebind.migrate import Row, Verdict, exceptions, rows
from flytebind.models.admin.execution import Execution
from flytebind.models.admin.node_execution import NodeExecution
from flytebind.models.admin.task_execution import TaskExecution
from flytebind.remote import (
    AsyncFlyteRemote,
    Config,
    FlyteNodeExecution,
    FlyteRemote,
    FlyteTaskExecution,
    FlyteWorkflow,
    FlyteWorkflowExecution,
    LiteralsResolver,
    PlatformConfig,
)

CONFIG = Config.for_endpoint("localhost:1", insecure=True)
OBJECTS: dict[str, list[object]] = {
    "FlyteRemote": [FlyteRemote(CONFIG), AsyncFlyteRemote(CONFIG)],
    "FlyteWorkflowExecution": [
        FlyteWorkflowExecution.promote_from_model(Execution.from_bytes(b""))
    ],
    "FlyteNodeExecution": [FlyteNodeExecution.promote_from_model(NodeExecution.from_bytes(b""))],
    "FlyteTaskExecution": [FlyteTaskExecution.promote_from_model(TaskExecution.from_bytes(b""))],
    "LiteralsResolver": [LiteralsResolver({})],
    "Config": [CONFIG],
    "PlatformConfig": [PlatformConfig()],
    "FlyteWorkflow": [FlyteWorkflow.from_bytes(b"")],
}
ROWS = {row.name: row for row in rows()}


def cases(*verdicts: Verdict) -> list[Any]:
    return [
        pytest.param(row, thing, id=f"{type(thing).__name__}.{row.name.partition('.')[2]}")
        for row in ROWS.values()
        if row.verdict in verdicts
        for thing in OBJECTS[row.name.partition(".")[0]]
    ]


def member(row: Row, thing: object) -> Any:
    return getattr(thing, row.name.partition(".")[2])


def begun(call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Call as far as it takes to look at the arguments."""
    answer = call(*args, **kwargs)
    if inspect.iscoroutine(answer):
        answer.send(None)


def is_wrong(call: Callable[..., Any], **kwargs: object) -> bool:
    try:
        inspect.signature(call).bind(**kwargs)
    except TypeError:
        return True
    return False


def test_no_name_has_two_rows() -> None:
    assert len(ROWS) == len(rows())


@pytest.mark.parametrize(("row", "thing"), cases(Verdict.SAME, Verdict.ALIAS))
def test_what_stays_is_there_and_takes_the_same(row: Row, thing: object) -> None:
    assert hasattr(type(thing), row.name.partition(".")[2]) or member(row, thing) is not None
    if row.takes:
        signature = inspect.signature(member(row, thing))
        signature.bind(*row.takes)
        signature.bind(**dict.fromkeys(row.takes))


@pytest.mark.parametrize(("row", "thing"), cases(Verdict.DIFFERS))
def test_what_differs_is_there_and_says_how(row: Row, thing: object) -> None:
    assert hasattr(type(thing), row.name.partition(".")[2])
    assert row.why
    if row.takes:
        names = [row.renames.get(name, name) for name in row.takes]
        inspect.signature(member(row, thing)).bind(**dict.fromkeys(names))


@pytest.mark.parametrize(("row", "thing"), cases(Verdict.REFUSED))
def test_what_means_something_else_is_refused_with_what_to_write(row: Row, thing: object) -> None:
    if row.name == "LiteralsResolver.get":
        with pytest.raises(TypeError, match=r"get\('x', as_type=int\)"):
            LiteralsResolver({}).get("x", int)
        return
    call = member(row, thing)
    if row.name == "FlyteRemote.__init__":
        call = type(thing)
    by_name = dict.fromkeys(row.takes)
    args: tuple[str, ...] = () if is_wrong(call, **by_name) else row.takes
    with pytest.raises(TypeError) as caught:
        begun(call, *args, **({} if args else by_name))
    kind = type(thing).__name__
    assert str(caught.value).startswith(f"{kind}.{row.name.partition('.')[2]}()")
    assert str(caught.value).endswith(advice(row.name))
    assert row.why


@pytest.mark.parametrize(("row", "thing"), cases(Verdict.LEFT_OUT))
def test_what_is_left_out_says_what_to_write(row: Row, thing: object) -> None:
    name = row.name.partition(".")[2]
    with pytest.raises(AttributeError) as caught:
        getattr(thing, name)
    assert str(caught.value).startswith(f"{type(thing).__name__!r} object has no attribute")
    assert str(caught.value).endswith(advice(row.name))
    assert not hasattr(thing, name)


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("fetch_execution", ("p", "d", "name")),
        ("fetch_task", ("p", "d", "name")),
        ("fetch_workflow", ("p", "d", "name", "v")),
        ("fetch_launch_plan", ("p", "d", "name")),
        ("sync", (None, None)),
        ("sync_execution", (None, None)),
    ],
)
@pytest.mark.parametrize("remote", OBJECTS["FlyteRemote"], ids=lambda remote: type(remote).__name__)
def test_flytekits_order_of_arguments_is_refused(
    remote: object, verb: str, args: tuple[object, ...]
) -> None:
    with pytest.raises(TypeError, match="if this comes from flytekit, write"):
        begun(getattr(remote, verb), *args)


def test_what_is_no_name_of_flytekits_is_no_advice() -> None:
    remote: Any = OBJECTS["FlyteRemote"][0]
    with pytest.raises(AttributeError) as caught:
        remote.fetch_exection()
    assert "flytekit" not in str(caught.value)


def test_a_mistake_within_a_call_gets_no_advice() -> None:
    with pytest.raises(TypeError) as caught:
        begun(member(ROWS["FlyteRemote.download"], OBJECTS["FlyteRemote"][0]), 3.5)
    assert not str(caught.value).startswith("FlyteRemote.download()")


@pytest.mark.parametrize("row", exceptions(), ids=lambda row: row.theirs)
def test_exceptions_are_told_by_those_that_exist(row: Any) -> None:
    for name in row.ours:
        assert issubclass(getattr(flytebind.remote, name), Exception)
    assert row.ours or row.why
