"""The programs that our documents show."""

from __future__ import annotations

import re
from pathlib import Path


def examples_in(document: Path) -> list[str]:
    """The Python examples of a document, in the order they are read.

    Each goes on from where the last one stopped. Those that show flytekit, for before and after,
    are left out.
    """
    blocks = re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.S)
    return [block for block in blocks if "flytekit" not in block]
