"""The real flytekit, as a client of the sandbox: in .venv-peers, by `make parity`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

collect_ignore_glob = [] if find_spec("flytekit") else ["test_*.py"]


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home without settings of Flyte: flytekit reads them from files and variables."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.delenv("FLYTECTL_CONFIG", raising=False)
        yield folder
