"""HTTP as a browser or a client of OAuth 2 speaks it."""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def get(url: str) -> Answer:
    """Fetch a page, and follow nothing."""
    return _ask("GET", url)


def post(url: str, form: Mapping[str, str], basic: tuple[str, str] | None = None) -> Answer:
    """Post a form, with a client's id and secret in the header if they are given."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if basic is not None:
        pair = ":".join(map(quote_plus, basic))
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return _ask("POST", url, urlencode(form), headers)


def browse(url: str) -> None:
    """Open a page, and go wherever it sends to."""
    answer = get(url)
    while location := answer.headers.get("Location"):
        answer = get(location)
    assert answer.status == 200, answer


def _ask(
    method: str, url: str, body: str | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
    finally:
        connection.close()
