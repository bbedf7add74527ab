"""HTTP's basic authentication."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_plus


def credentials(authorization: str) -> tuple[str, str] | None:
    """The name and the secret in a header; None if it has others.

    Raises:
        ValueError: If they cannot be read.
    """
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded, validate=True).decode(errors="replace")
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    # RFC 6749 has both parts form-encoded before they are joined.
    name, _, secret = map(unquote_plus, decoded.partition(":"))
    return name, secret
