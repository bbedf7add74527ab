"""flytebind's page on a registry is the README of the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class Readme(MetadataHookInterface):
    """Finds it in a checkout. In an sdist it is part of the metadata already."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add it to the project's metadata."""
        if "readme" not in metadata:
            text = Path(self.root, "..", "..", "README.md").read_text(encoding="utf-8")
            metadata["readme"] = {"content-type": "text/markdown", "text": text}
