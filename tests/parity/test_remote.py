"""The table of flytekit's remote names all that the real one has, as it has it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import flytekit.exceptions
import pytest
from flytekit.configuration import Config, PlatformConfig
from flytekit.core.type_engine import LiteralsResolver
from flytekit.remote import FlyteRemote
from flytekit.remote.executions import (
    FlyteNodeExecution,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
)

from flytebind.migrate import Row, exceptions, rows

CLASSES: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        FlyteRemote,
        FlyteWorkflowExecution,
        FlyteNodeExecution,
        FlyteTaskExecution,
        LiteralsResolver,
        Config,
        PlatformConfig,
    )
}
#: Names that older flytekits have, and the others do not.
OLDER = {"FlyteRemote.from_config", "FlyteRemote.fetch_workflow_execution"}


def theirs() -> Iterator[str]:
    for owner, kind in CLASSES.items():
        fields = set(getattr(kind, "__dataclass_fields__", ()))
        for name in {*dir(kind), *fields}:
            if not name.startswith("_"):
                yield f"{owner}.{name}"


def test_every_public_name_has_a_row() -> None:
    known = {row.name for row in rows()}
    assert set(theirs()) <= known
    gone = {name for name in known if name.partition(".")[0] in CLASSES} - set(theirs())
    assert gone == {*OLDER, "FlyteRemote.__init__"}


@pytest.mark.parametrize(
    "row",
    [row for row in rows() if row.takes and row.name not in OLDER],
    ids=lambda row: row.name,
)
def test_a_row_says_what_a_call_takes(row: Row) -> None:
    owner, _, name = row.name.partition(".")
    call = inspect.getattr_static(CLASSES[owner], name)
    call = call.__func__ if isinstance(call, classmethod) else call
    positional = (
        each.name
        for each in list(inspect.signature(call).parameters.values())[1:]
        if each.kind is each.POSITIONAL_OR_KEYWORD
    )
    assert row.takes == tuple(positional)


def test_every_exception_has_a_row() -> None:
    found = set()
    for module in pkgutil.iter_modules(flytekit.exceptions.__path__):
        for name, value in vars(
            importlib.import_module(f"flytekit.exceptions.{module.name}")
        ).items():
            is_own = getattr(value, "__module__", "") == f"flytekit.exceptions.{module.name}"
            if is_own and isinstance(value, type) and issubclass(value, BaseException):
                found.add(f"{module.name}.{name}")
    assert found == {row.theirs for row in exceptions()}
