"""Parity is measured where flytekit is installed: in .venv-peers, by `make parity`."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("flytekit") else ["test_*.py"]
