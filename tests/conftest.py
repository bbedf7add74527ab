"""How hypothesis runs everywhere: the same examples each time, however slow the machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("flytebind", derandomize=True, database=None, deadline=None)
settings.load_profile("flytebind")
