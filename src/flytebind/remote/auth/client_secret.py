"""Tokens for a client id and its secret (OAuth 2 client credentials)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping

from flytebind.remote.auth.discovery import Discovery
from flytebind.remote.auth.tokens import Token, refused
from flytebind.remote.config import Config

_TIMEOUT = 30.0


class ClientSecretSource:
    """Asks the server's token endpoint. The secret is read anew each time: files change.

    Args:
        config: Has the client id, and tells where its secret is.
        discovery: Tells where the token endpoint is.
        clock: Tells the time.
        env: The environment variables; by default those of this process.
        timeout: How many seconds the endpoint may take.
    """

    def __init__(
        self,
        config: Config,
        discovery: Discovery,
        clock: Callable[[], float] = time.time,
        env: Mapping[str, str] | None = None,
        timeout: float = _TIMEOUT,
    ) -> None:
        self._config = config
        self._discovery = discovery
        self._clock = clock
        self._env = os.environ if env is None else env
        self._timeout = timeout

    def fetch(self) -> Token:
        """See ``TokenSource``."""
        import base64
        from urllib.parse import quote

        from flytebind.remote.auth.web import post_form, read_token

        _ = self._discovery.client  # tells where the token goes, whatever else is set
        secret = self._secret()
        url = self._discovery.endpoint("token_endpoint")
        form = {"grant_type": "client_credentials"}
        if self._discovery.scopes:
            form["scope"] = " ".join(self._discovery.scopes)
        if self._discovery.audience:
            form["audience"] = self._discovery.audience
        # RFC 6749 has both parts form-encoded before they are joined.
        pair = f"{quote(self._config.client_id or '', safe='')}:{quote(secret, safe='')}"
        headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        now = self._clock()  # what the answer takes counts against the token's life
        status, answer = post_form(url, form, headers, self._config, self._timeout)
        return read_token(url, status, answer, now, secret)

    def _secret(self) -> str:
        config = self._config
        if config.client_secret is not None:
            return config.client_secret.reveal()
        if config.client_secret_env:
            secret = self._env.get(config.client_secret_env, "").strip()
            if not secret:
                raise refused(
                    f"the variable {config.client_secret_env} has no client secret "
                    f"({config.sources['client_secret_env']})"
                )
            return secret
        path = config.client_secret_file or ""
        where = config.sources["client_secret_file"]
        try:
            with open(os.path.expanduser(path), encoding="utf-8") as file:
                secret = file.read().strip()
        except OSError as error:
            problem = f"the client secret in {path} cannot be read: {error.strerror} ({where})"
            raise refused(problem) from error
        except UnicodeDecodeError:
            raise refused(f"the client secret in {path} is no UTF-8 text ({where})") from None
        if not secret:
            raise refused(f"there is no client secret in {path} ({where})")
        return secret
