"""What real identity providers answered, as it was recorded."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_FOLDER = Path(__file__).parents[2] / "real" / "recorded"


class Recorded(NamedTuple):
    """An answer."""

    status: int | None
    """None: the connection was dropped."""
    content_type: str
    body: bytes

    @property
    def error(self) -> str:
        """OAuth's code, if there is one."""
        try:
            answer = json.loads(self.body)
        except ValueError:
            return ""
        return str(answer.get("error", "")) if isinstance(answer, dict) else ""


def answer(provider: str, step: str, error: str, words: str = "") -> Recorded:
    """How a provider refuses.

    Args:
        provider: ``keycloak``, ``oidc-provider`` or ``flyteadmin``.
        step: The grant, or ``device`` for the request that begins a device login.
        error: The code of the refusal.
        words: Some of its description.
    """
    return next(
        row
        for row_provider, row_step, injected, row in _rows()
        if (row_provider, row_step, injected, row.error) == (provider, step, False, error)
        and words in row.body.decode()
    )


def failures(step: str) -> list[Recorded]:
    """What a gateway before the provider may answer to a step: it was made to."""
    return [
        row
        for _, row_step, injected, row in _rows()
        if row_step == step and (injected or row.status is None)
    ]


@cache
def _rows() -> list[tuple[str, str, bool, Recorded]]:
    rows = []
    for line in _lines("identity/selected.jsonl.gz"):
        if line["method"] != "POST" or not isinstance(line["form"], dict):
            continue
        form = line["form"]
        step = form.get("grant_type", "device").rpartition(":")[2]
        body = line["body"] if isinstance(line["body"], str) else json.dumps(line["body"])
        content_type = line["response_headers"].get("Content-Type", "")
        answer = Recorded(line["status"], content_type, body.encode())
        rows.append((line["provider"], step, bool(line.get("injected")), answer))
    for line in _lines("conversations/oauth_http.jsonl.gz"):
        answer = Recorded(line["status"], line["content_type"], line["body"].encode())
        rows.append(("flyteadmin", line["form"]["grant_type"], False, answer))
    return rows


def _lines(name: str) -> list[dict[str, Any]]:
    with gzip.open(_FOLDER / name, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
