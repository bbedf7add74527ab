"""OAuth 2 over HTTP: what is asked of the identity provider, and what its answers mean."""

from __future__ import annotations

import base64
import math
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from flytebind.remote.auth._discovery import Discovery
from flytebind.remote.auth._secrets import client_secret
from flytebind.remote.auth._tokens import Token, away, refused, token_of
from flytebind.remote.config import Config
from flytebind.remote.config._secret import Secret
from flytebind.remote.errors import FlyteAuthenticationError, FlyteUnavailableError
from flytebind.runtime.grpcio import grpc
from flytebind.runtime.screens import harmless

if TYPE_CHECKING:
    from flytebind._transfer.http.client import HttpClient, Response

_TIMEOUT = 30.0
_MAX_WORDS = 200

# Statuses that are about the moment, and not about what was asked.
_BUSY = (408, 425, 429)
_PASSING = ("temporarily_unavailable", "server_error")

# Fields of forms and answers that nobody may see, even if the provider repeats them in an error.
_SECRETS = ("client_secret", "code", "code_verifier", "device_code", "refresh_token")

_CLIENT_HINT = (
    "check client_id (admin.clientId) and its secret (admin.clientSecretLocation), and that the "
    "provider has this client for this kind of login"
)
_HINTS = {
    "access_denied": "ask whoever keeps the provider whether this client and user may have tokens",
    "invalid_client": _CLIENT_HINT,
    "unauthorized_client": _CLIENT_HINT,
    "invalid_scope": "check scopes (admin.scopes)",
    "invalid_target": "check audience (admin.audience)",
    "unsupported_grant_type": "use another auth_mode (admin.authType)",
}
_PLACE_HINT = "check the server's settings, or set token_url (admin.tokenUrl)"


class Login(NamedTuple):
    """Tokens that were given out together."""

    token: Token
    refresh_token: Secret | None


class Refusal(FlyteAuthenticationError):
    """The provider has said no.

    Args:
        problem: What it said, and to what.
        error: OAuth's code for it, such as ``access_denied``; empty if its answer has none.
        status: The HTTP status.
    """

    def __init__(self, problem: str, error: str, status: int) -> None:
        super().__init__(grpc.StatusCode.UNAUTHENTICATED, problem)
        self.error = error
        self.status = status


class Trouble(FlyteUnavailableError):
    """The provider cannot answer now. As ``Refusal``."""

    def __init__(self, problem: str, error: str, status: int) -> None:
        super().__init__(grpc.StatusCode.UNAVAILABLE, problem)
        self.error = error
        self.status = status


class OAuth:
    """Asks the provider that the Flyte server names.

    Args:
        config: The settings.
        discovery: Names the endpoints and the client.
        clock: Tells the time.
        env: The environment variables; by default those of this process.
        timeout: How many seconds an answer may take.
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
        self._env = env
        self._timeout = timeout

    def token(self, form: Mapping[str, str], timeout: float | None = None) -> Login:
        """Ask for tokens.

        Args:
            form: The grant, and what it needs.
            timeout: How many seconds the answer may take; by default as everywhere.

        Raises:
            FlyteAuthenticationError: If the provider refuses (``Refusal``), or makes no sense.
            FlyteUnavailableError: If it is away.
        """
        now = self._clock()  # what the answer takes counts against the token's life
        url, answer = self.post("token_endpoint", form, timeout)
        value = answer.get("access_token")
        if not isinstance(value, str):
            raise refused(f"{url} gives no token: there is no access_token in its answer")
        token = token_of(value)
        lifetime = seconds_of(answer.get("expires_in"))
        if lifetime is not None:
            token = Token(value, now + lifetime)
        refresh_token = answer.get("refresh_token")
        if not isinstance(refresh_token, str) or not refresh_token:
            return Login(token, None)
        return Login(token, Secret(refresh_token))

    def post(
        self, endpoint: str, form: Mapping[str, str], timeout: float | None = None
    ) -> tuple[str, Mapping[str, object]]:
        """Post a form in the client's name; the arguments and errors are as those of ``token``.

        Returns:
            The endpoint's URL, and its answer.
        """
        from flytebind._transfer.http.errors import HttpError

        url = self._discovery.endpoint(endpoint)
        secret = client_secret(self._config, self._env)
        proof, headers = self._proof(secret)
        form = {**form, **proof}
        try:
            response = self._http.request(
                "POST",
                url,
                headers={"Accept": "application/json", **headers},
                form=form,
                timeout=self._timeout if timeout is None else timeout,
            )
        except HttpError as error:
            problem = f"{error.url} cannot be reached: {error.reason}"
            raise (away if error.passing else refused)(problem) from error
        hidden = [form[name] for name in _SECRETS if name in form]
        return url, _read(url, response, [*hidden, secret] if secret else hidden)

    @cached_property
    def _http(self) -> HttpClient:
        # Not the connection's: what is under way there ends with the connection, and with a refresh
        # the only token that is good for the next one would be lost.
        from flytebind._transfer.http.client import HttpClient

        return HttpClient(self._config)

    def _proof(self, secret: str | None) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """What of a form and what of its headers shows who asks."""
        client_id = self._discovery.client_id
        if not secret:
            return {"client_id": client_id}, {}
        if not self._discovery.takes_basic:
            return {"client_id": client_id, "client_secret": secret}, {}
        # RFC 6749 has both parts form-encoded before they are joined.
        pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
        return {}, {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def seconds_of(value: object) -> float | None:
    """A lifetime or an interval, which some providers have as text; None if it makes no sense."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _read(url: str, response: Response, hidden: list[str]) -> Mapping[str, object]:
    status, answer = response.status, response.json()
    passing = status >= 500 or status in _BUSY
    if not isinstance(answer, dict):
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
        words = f"{url} answers HTTP {status} with {kind or 'something'} that is no JSON object"
        if passing:
            raise Trouble(words, "", status)
        raise Refusal(f"{words}; {_PLACE_HINT}", "", status)
    error = answer.get("error")
    if response.is_success and not error:
        return answer
    error = error if isinstance(error, str) else ""
    said = _words(error, answer.get("error_description"), hidden)
    problem = f"{url} gives no token: HTTP {status}{said and ': '}{said}"
    if passing or error in _PASSING:
        raise Trouble(problem, error, status)
    hint = _HINTS.get(error, "") or ("" if error else _PLACE_HINT)
    raise Refusal(f"{problem}{hint and '; '}{hint}", error, status)


def _words(error: str, description: object, hidden: list[str]) -> str:
    text = f"{error}: {description}" if isinstance(description, str) and description else error
    for secret in hidden:
        if secret:
            text = text.replace(secret, "***")
    return harmless(" ".join(text.split()))[:_MAX_WORDS]
