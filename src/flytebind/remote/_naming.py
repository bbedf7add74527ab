"""Names for new executions."""

from __future__ import annotations

import secrets


def new_execution_name() -> str:
    """A name that nobody else has: made here, so that creating it again does no harm."""
    return "f" + secrets.token_hex(10)[1:]
