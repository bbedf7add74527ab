"""Lists of executions and mappings of nodes as pandas and polars take them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd
import polars as pl
import pytest

from flytebind.remote import Config, FlyteRemote
from flytebind.sandbox import Sandbox


@pytest.fixture(scope="module")
def remote() -> Iterator[FlyteRemote]:
    with Sandbox() as sandbox:
        engine = sandbox.engine(math.inf)
        ids = [engine.launch(script) for script in ("chain", "failure")]
        assert engine.wait_idle(timeout=60)
        config = Config.for_endpoint(sandbox.endpoint, insecure=True)
        with FlyteRemote(config, ids[0].project, ids[0].domain) as remote:
            yield remote


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_are_made_of_executions_and_of_nodes(remote: FlyteRemote, frame: Any) -> None:
    executions = remote.recent_executions()
    made = frame(executions.to_dicts())
    assert list(made["phase"]) == [execution.phase.name for execution in executions]
    assert sorted(made["phase"]) == ["FAILED", "SUCCEEDED"]
    nodes = executions[0].sync(sync_nodes=True).node_executions
    table = frame(nodes.to_dicts())
    assert len(table) == len(nodes.rows()) > 2
    assert set(table["phase"]) <= {"SUCCEEDED", "FAILED"}
