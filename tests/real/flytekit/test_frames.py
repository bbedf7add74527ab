"""Data frames that flytebind uploads to the sandbox, and flytekit reads; and the other way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from flytekit import kwtypes
from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.type_engine import TypeEngine
from flytekit.models.literals import Literal as Theirs
from flytekit.types.structured import StructuredDataset

from flytebind.models.core.literals import Literal
from flytebind.models.core.types import LiteralType
from flytebind.remote import Config, FlyteRemote
from flytebind.sandbox import Sandbox
from flytebind.values import to_literal, to_type
from tests.real.flytekit.clients import DOMAIN, PROJECT
from tests.remote.conftest import register_inputs

ROWS = {"a": [1, 2, 3], "b": ["x", "y", "ü"]}
FRAMES: dict[str, Callable[[], Any]] = {
    "pandas": lambda: pd.DataFrame(ROWS),
    "polars": lambda: pl.DataFrame(ROWS),
    "polars, lazy": lambda: pl.LazyFrame(ROWS),
    "pyarrow": lambda: pa.table(ROWS),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def remote(sandbox: Sandbox) -> Iterator[FlyteRemote]:
    config = Config.for_endpoint(sandbox.endpoint, insecure=True)
    with FlyteRemote(config, PROJECT, DOMAIN) as remote:
        yield remote


def declared(hint: Any) -> LiteralType:
    return LiteralType.from_pb(TypeEngine.to_literal_type(hint).to_flyte_idl())


def rows(frame: Any) -> dict[str, list[Any]]:
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    match frame:
        case pd.DataFrame():
            return {name: list(frame[name]) for name in frame.columns}
        case pl.DataFrame():
            return dict(frame.to_dict(as_series=False))
        case _:
            return dict(frame.to_pydict())


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize(
    "hint", [StructuredDataset, pd.DataFrame, Annotated[StructuredDataset, kwtypes(a=int, b=str)]]
)
def test_a_frame_that_goes_in_is_read_by_flytekit_and_by_us(
    sandbox: Sandbox, remote: FlyteRemote, name: str, hint: Any
) -> None:
    plan = register_inputs(sandbox, table=declared(hint))
    execution = remote.execute(plan, {"table": FRAMES[name]()}).sync()
    literal = execution.inputs.literals["table"]
    context = FlyteContextManager.current_context()
    for kind in (pd.DataFrame, pa.Table):
        got = TypeEngine.to_python_value(context, Theirs.from_flyte_idl(literal.to_pb()), kind)
        assert rows(got) == ROWS
    for kind in (pd.DataFrame, pl.DataFrame, pl.LazyFrame, pa.Table):
        assert rows(execution.inputs.get("table", as_type=kind)) == ROWS


@pytest.mark.parametrize("name", ["pandas", "pyarrow"])
def test_the_literal_of_a_frame_is_that_of_flytekit(tmp_path: Path, name: str) -> None:
    frame = FRAMES[name]()
    kind = type(frame)
    context = FlyteContextManager.current_context()
    hint = TypeEngine.to_literal_type(kind)
    theirs = Literal.from_pb(TypeEngine.to_literal(context, frame, kind, hint).to_flyte_idl())
    assert rows(to_type(theirs, kind)) == ROWS
    ours = to_literal(frame, declared(kind), upload=lambda path: str(tmp_path)).to_pb()
    ours.scalar.structured_dataset.uri = theirs.to_pb().scalar.structured_dataset.uri
    assert Literal.from_pb(ours) == theirs
