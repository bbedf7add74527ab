"""What stores say when they refuse."""

from __future__ import annotations

import html
import json
import re
from http import HTTPStatus

#: Statuses of a server that cannot now, and may be able to soon.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})

_SAID = re.compile(rb"<(Code|Message)>([^<]*)<")
_MOST = 300


def in_words(status: int, body: bytes) -> str:
    """A refusal for people to read: ``HTTP 404 Not Found: NoSuchKey: The specified key ...``.

    The store's code and message are all that is taken from it: what it would have signed, and whose
    key that is, stays out.

    Args:
        status: The status code.
        body: What came with it, or the beginning of that.
    """
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    # Azure has the number of the request and the time in further lines.
    lines = (text.strip().partition("\n")[0].strip()[:_MOST] for text in _said(body))
    return ": ".join([f"HTTP {status}{phrase}", *filter(None, lines)])


def _said(body: bytes) -> tuple[str, ...]:
    found = {
        name: html.unescape(text.decode(errors="replace")) for name, text in _SAID.findall(body)
    }
    if found:
        return found.get(b"Code", ""), found.get(b"Message", "")
    try:  # Google's other interface
        error = json.loads(body)["error"]
        return (str(error["message"]),)
    except (ValueError, RecursionError, LookupError, TypeError):
        return ()
