"""What stores say when they refuse."""

from __future__ import annotations

import html
import re
from http import HTTPStatus

_SAID = re.compile(rb"<(Code|Message)>([^<]*)<")
_MOST = 300


def in_words(status: int, body: bytes) -> str:
    """A refusal for people to read: ``HTTP 404 Not Found: NoSuchKey: The specified key ...``.

    The store's code and message are all that is taken from its XML: what it would have signed, and
    whose key that is, stays out.

    Args:
        status: The status code.
        body: What came with it, or the beginning of that.
    """
    try:
        phrase = f" {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = ""
    found = _SAID.findall(body)
    said = {name: html.unescape(text.decode(errors="replace")) for name, text in found}
    # Azure has the number of the request and the time in further lines.
    first_lines = (said.get(name, "").strip().partition("\n")[0] for name in (b"Code", b"Message"))
    return ": ".join([f"HTTP {status}{phrase}", *(line[:_MOST] for line in first_lines if line)])
