"""The differences that are known, each kind with its reason, in ``differences.toml``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).with_name("differences.toml")
_HEAD = """\
# Where the sandbox answers recorded calls otherwise than flyteadmin 1.16.8 did: at which call, what
# shows, why it stays, and how often in which recording. A kind that no longer shows fails, and so
# does one that is not here. `python -m tests.sandbox.replay --write` counts anew.
"""


class Kind(NamedTuple):
    """Answers that differ in the same way."""

    rpc: str
    shows: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rpc}: {'; '.join(self.shows)}"


class Known(NamedTuple):
    """A kind that is known."""

    reason: str
    rows: Counter[str]
    """How many there are in which recording."""


def read() -> dict[Kind, Known]:
    """All that is known."""
    table = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        Kind(entry["rpc"], tuple(entry["shows"])): Known(entry["reason"], Counter(entry["rows"]))
        for entry in table.get("difference", ())
    }


def write(found: Mapping[Kind, Counter[str]]) -> None:
    """Keep what was found, the most frequent first, with the reasons that are known."""
    reasons = {kind: known.reason for kind, known in read().items()}
    text = _HEAD
    for kind, rows in sorted(found.items(), key=lambda item: (-item[1].total(), item[0])):
        counts = ", ".join(f"{json.dumps(file)} = {rows[file]}" for file in sorted(rows))
        text += (
            f"\n[[difference]]\nrpc = {json.dumps(kind.rpc)}\nshows = {json.dumps(kind.shows)}\n"
            f"reason = {json.dumps(reasons.get(kind, ''), ensure_ascii=False)}\n"
            f"rows = {{ {counts} }}\n"
        )
    FILE.write_text(text, encoding="utf-8")
