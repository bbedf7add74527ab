"""Arguments that would fail later and less clearly, or be taken for something else."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, get_origin, get_type_hints

import pytest

from flytebind.behaviour.filters import Equal
from flytebind.models.core.identifier import Identifier, ResourceType, WorkflowExecutionIdentifier
from flytebind.remote import (
    AsyncFlyteRemote,
    FlyteRemote,
    FlyteValueError,
    FlyteWorkflowExecution,
)
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, Face

ID = WorkflowExecutionIdentifier(PROJECT, DOMAIN, "f7a9c2")
BLANK = ["", " ", "\t\n"]


def named(blank: str) -> dict[str, tuple[tuple[Any, ...], dict[str, Any]]]:
    """By verb and argument, a call in which a name is blank."""
    nobody = WorkflowExecutionIdentifier(PROJECT, DOMAIN, blank)
    return {
        **{f"name of fetch_{kind}": ((blank,), {}) for kind in ("task", "workflow", "launch_plan")},
        **{
            f"version of fetch_{kind}": (("chain", blank), {})
            for kind in ("task", "workflow", "launch_plan")
        },
        "execution of fetch_execution": ((blank,), {}),
        "execution of terminate": ((blank, "enough"), {}),
        "execution of relaunch": ((blank,), {}),
        "name of relaunch": ((ID,), {"name": blank}),
        "execution of recover": ((nobody,), {}),
        "name of recover": ((ID,), {"name": blank}),
        "execution of list_signals": ((nobody,), {}),
        "signal_id of approve": ((blank, ID), {}),
        "execution of approve": (("go", nobody), {}),
        "signal_id of reject": ((blank, ID), {}),
        "signal_id of set_input": ((blank, ID, 3), {}),
        "execution of get_execution_metrics": ((blank,), {}),
        "flyte_uri of get": ((blank,), {}),
    }


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("what", named(""))
def test_a_blank_name_is_refused_and_stands_for_nothing(
    sandbox: Sandbox, face: Face, what: str, blank: str
) -> None:
    """A server takes an empty one for any, and would give some entity."""
    args, kwargs = named(blank)[what]
    sandbox.calls.clear()
    with pytest.raises(FlyteValueError) as caught:
        getattr(face, what.rpartition(" ")[2])(*args, **kwargs)
    assert str(caught.value) == f"{what} cannot be {blank!r}"
    assert sandbox.calls.counts() == {}


@pytest.mark.parametrize(("name", "version"), [("", "v1"), ("chain", " ")])
def test_what_has_half_an_identifier_is_not_executed(face: Face, name: str, version: str) -> None:
    for kind in (ResourceType.TASK, ResourceType.WORKFLOW, ResourceType.LAUNCH_PLAN):
        id = Identifier(kind, PROJECT, DOMAIN, name, version)
        with pytest.raises(FlyteValueError, match="of what execute runs cannot be"):
            face.execute(id, {})


@pytest.mark.parametrize("blank", BLANK)
def test_an_execution_cannot_be_given_a_blank_name(face: Face, blank: str) -> None:
    plan = face.fetch_launch_plan("chain")
    with pytest.raises(FlyteValueError, match="name of execute cannot be"):
        face.execute(plan, {}, execution_name=blank)


def test_a_project_cannot_be_blank(face: Face) -> None:
    with pytest.raises(FlyteValueError, match="project cannot be ' '"):
        face.fetch_task("chain", project=" ")
    with pytest.raises(FlyteValueError, match="domain cannot be ' '"):
        face.list_executions(domain=" ")


def test_swapped_arguments_are_told(face: Face) -> None:
    execution = FlyteWorkflowExecution.from_bytes(b"").replace(id=ID)
    first = "not WorkflowExecutionIdentifier; the signal comes first, then the execution"
    for verb, args in (("approve", ()), ("reject", ()), ("set_input", (3,))):
        with pytest.raises(TypeError, match=f"^signal_id of {verb} takes str, {first}$"):
            getattr(face, verb)(ID, "go", *args)
    expected = "^cause of terminate takes str, not .*; the execution comes first, then the cause$"
    for given in (ID, execution):
        with pytest.raises(TypeError, match=expected):
            face.terminate("enough", given)


def test_a_download_writes_to_this_machine(face: Face) -> None:
    expected = r"not to s3://bucket/rows.csv; what to get comes first"
    with pytest.raises(FlyteValueError, match=expected):
        face.download("rows.csv", "s3://bucket/rows.csv")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"limit": "3"}, TypeError, "limit takes int, not str"),
        ({"limit": -1}, FlyteValueError, "limit cannot be -1; None stands for all"),
        ({"sort_by": 3}, TypeError, "sort_by takes Sort or str, not int"),
        ({"sort_by": ""}, FlyteValueError, "sort_by cannot be ''"),
        ({"sort_by": "-"}, FlyteValueError, "sort_by cannot be ''"),
        ({"filters": 3}, TypeError, "filters takes str, Filter or Sequence, not int"),
        ({"filters": [Equal("phase", "RUNNING"), 3]}, TypeError, "str or Filter, not int; give"),
        ({"domain": " "}, FlyteValueError, "domain cannot be ' '"),
    ],
)
def test_lists_check_their_arguments_when_they_are_asked_for(
    face: Face, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        face.remote.list_executions(**arguments)


def test_watch_checks_its_arguments_when_it_is_called(face: Face) -> None:
    name: Any = "f7a9c2"
    with pytest.raises(TypeError, match=r"^watch takes FlyteWorkflowExecution, not str"):
        face.remote.watch(name)
    execution = FlyteWorkflowExecution.from_bytes(b"").replace(id=ID)
    with pytest.raises(ValueError, match="timeout cannot be -1"):
        face.remote.watch(execution, timeout=-1)
    with pytest.raises(ValueError, match="poll_interval cannot be -1"):
        face.remote.watch(execution, poll_interval=-1)


VERBS = [
    (face, name)
    for face in (FlyteRemote, AsyncFlyteRemote)
    for name, _ in inspect.getmembers(face, inspect.isfunction)
    if not name.startswith("_")
]


def called(call: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Call as far as it takes to look at the arguments."""
    answer = call(*args, **kwargs)
    if inspect.iscoroutine(answer):
        answer.send(None)


@pytest.mark.parametrize(("kind", "verb"), VERBS)
def test_a_face_speaks_of_itself(
    remote: FlyteRemote, kind: type[FlyteRemote] | type[AsyncFlyteRemote], verb: str
) -> None:
    call = getattr(kind, verb)
    with pytest.raises(TypeError) as caught:
        called(call, remote, nothing=1)
    assert str(caught.value).startswith(f"{kind.__name__}.{verb}() ")
    assert (call.__module__, call.__qualname__) == ("flytebind.remote", f"{kind.__name__}.{verb}")


@pytest.mark.parametrize("verb", ["list_executions", "watch"])
def test_what_a_verb_returns_is_told_as_it_is(verb: str) -> None:
    for kind, iterator in ((FlyteRemote, Iterator), (AsyncFlyteRemote, AsyncIterator)):
        call = getattr(kind, verb)
        shown = inspect.signature(call).return_annotation
        assert shown.startswith(f"{iterator.__name__}[")
        assert call.__annotations__["return"] == shown
        assert get_origin(get_type_hints(call)["return"]) is iterator
    assert inspect.iscoroutinefunction(AsyncFlyteRemote.wait)
    assert not inspect.iscoroutinefunction(FlyteRemote.wait)


def test_the_faces_are_known_by_their_public_names() -> None:
    for kind in (FlyteRemote, AsyncFlyteRemote):
        assert kind.__module__ == "flytebind.remote"
        assert pickle.loads(pickle.dumps(kind)) is kind
