"""A checkout needs and brings what its distributions do."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Checkout(MetadataHookInterface):
    """Takes the metadata together from distributions/*/pyproject.toml."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add it to the project's metadata."""
        root = Path(self.root)
        metadata.update(run_path(str(root / "tools" / "distributions.py"))["together"](root))
