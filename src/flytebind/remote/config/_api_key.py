"""What an API key of Flyte 2 has in it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Final

from flytebind.remote.config._modes import AuthMode
from flytebind.remote.config._secret import Secret
from flytebind.remote.errors import FlyteConfigError

#: The variable that has it.
VARIABLE: Final = "FLYTE_API_KEY"

_FORM = re.compile(r"((?:[a-z]+://+)?[^:/]+(?::[0-9]+)?/?):([^:]+):([^:]+):([^:]*)", re.DOTALL)


def settings_of(api_key: str, source: str) -> Mapping[str, object]:
    """The settings of a connection that an API key stands for.

    It is the base64 of ``endpoint:client_id:client_secret:org``, whose last part may be empty.

    Args:
        api_key: The key. It is a secret, and no error shows it.
        source: Where it came from, for errors.

    Raises:
        FlyteConfigError: If it is no such key.
    """
    packed = api_key.strip()
    try:
        text = base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True).decode()
    except ValueError:
        raise _no_key(source) from None
    parts = _FORM.fullmatch(text.strip())
    if parts is None:
        raise _no_key(source)
    endpoint, client_id, client_secret, org = parts.groups()
    return {
        "endpoint": endpoint,
        "insecure": endpoint.startswith("http://"),
        "auth_mode": AuthMode.CLIENT_SECRET,
        "client_id": client_id,
        "client_secret": Secret(client_secret),
        "org": org if org not in ("", "None") else None,
    }


def _no_key(source: str) -> FlyteConfigError:
    return FlyteConfigError(
        f"{source}: this is no API key, which is the base64 of endpoint:client_id:secret:org"
    )
