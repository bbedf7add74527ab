"""How literals that were too large to travel are fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flytebind.models.core.literals import Literal, LiteralOffloadedMetadata

Load: TypeAlias = Callable[[LiteralOffloadedMetadata], Literal]
"""Fetches a literal that was too large to travel."""
