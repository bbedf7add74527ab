"""How hypothesis runs everywhere: the same examples each time, however slow the machine."""

from __future__ import annotations

from hypothesis import settings

# An installed flytebind brings it by itself; the environments of the matrix have none.
pytest_plugins = ["flytebind.pytest_plugin"]

settings.register_profile("flytebind", derandomize=True, database=None, deadline=None)
settings.load_profile("flytebind")
