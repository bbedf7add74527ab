"""authlib's own authorization server over HTTP: a provider whose rules others have written.

What is here is what authlib leaves to its users: clients, codes and tokens in memory, and pages.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant

_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_USER = "ada"


class AuthlibProvider:
    """A provider at ``url``.

    Args:
        lifetime: Of access tokens, in seconds.
        secret: The client's; without one it is public.
        granted: The scopes that the client may have, of those that it asks for.
    """

    def __init__(
        self, lifetime: int = 3600, secret: str = "", granted: frozenset[str] = frozenset()
    ) -> None:
        self.lifetime = lifetime
        self.secret = secret
        self.granted = granted
        self.redirect_uri = "http://localhost/callback"
        self.is_flytes_own = False
        self.denies = False
        self.logins = 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        """The forms that were posted, and where."""
        self.answers: list[tuple[int, Any]] = []
        """The status and the JSON of each answer to them."""
        self.codes: dict[str, _Code] = {}
        self.devices: dict[str, _Device] = {}
        self.tokens: dict[str, _Token] = {}
        """By access token, and by refresh token."""
        self.lock = threading.Lock()
        server = _make(self)
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(self._request("GET", urlsplit(self.path).query))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                request = self._request("POST", body)
                provider.asked.append((self.path, request.fields))
                self._answer(request)

            def _request(self, method: str, query: str) -> _Request:
                form = dict(parse_qsl(query))
                # As if TLS ended before it.
                return _Request(
                    method, f"https://localhost{self.path}", form, dict(self.headers.items())
                )

            def _answer(self, request: _Request) -> None:
                path = urlsplit(self.path).path
                with provider.lock:
                    if path == "/authorize":
                        user = None if provider.denies else _USER
                        grant = server.get_consent_grant(request, end_user=user)
                        status, body, headers = server.create_authorization_response(
                            request, user, grant
                        )
                    elif path == "/device":
                        status, body, headers = server.create_endpoint_response(
                            "device_authorization", request
                        )
                    else:
                        status, body, headers = server.create_token_response(request)
                    if request.method == "POST":
                        provider.answers.append((status, body))
                data = json.dumps(body).encode() if isinstance(body, dict) else b""
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def is_good(self, token: str) -> bool:
        """Whether an access token lives."""
        held = self.tokens.get(token)
        return held is not None and time.time() < held.end

    def grants(self) -> list[str]:
        """The short names of the grants that were asked for."""
        return [
            form["grant_type"].rpartition(":")[2] for _, form in self.asked if "grant_type" in form
        ]


class _Request(OAuth2Request):
    def __init__(
        self, method: str, uri: str, form: dict[str, str], headers: Mapping[str, str]
    ) -> None:
        super().__init__(method, uri, headers=headers)
        self.fields = form
        self.payload = BasicOAuth2Payload(form)

    @property
    def args(self) -> dict[str, str | None]:
        return {**self.fields}

    @property
    def form(self) -> dict[str, str]:
        return self.fields


class _Client(ClientMixin):
    def __init__(self, provider: AuthlibProvider, client_id: str) -> None:
        self._provider = provider
        self._client_id = client_id

    def get_client_id(self) -> str:
        return self._client_id

    def get_default_redirect_uri(self) -> str:
        return self._provider.redirect_uri

    def get_allowed_scope(self, scope: Any) -> str:
        asked = (scope or "").split()
        granted = self._provider.granted
        return " ".join(each for each in asked if not granted or each in granted)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return urlsplit(redirect_uri).hostname == "localhost"

    def check_client_secret(self, client_secret: str) -> bool:
        return bool(self._provider.secret) and client_secret == self._provider.secret

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method == "none") is (not self._provider.secret)

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return True


class _Code:
    """A code that was given to a browser."""

    def __init__(self, code: str, form: Mapping[str, str], scope: str) -> None:
        self.code = code
        self.code_challenge = form.get("code_challenge")
        self.code_challenge_method = form.get("code_challenge_method")
        self._redirect_uri = form.get("redirect_uri", "")
        self._scope = scope

    def get_redirect_uri(self) -> str:
        return self._redirect_uri

    def get_scope(self) -> str:
        return self._scope


class _Token:
    def __init__(self, given: Mapping[str, Any]) -> None:
        self.end = time.time() + given["expires_in"]
        self.used = False
        self._scope = given.get("scope", "")

    def check_client(self, client: object) -> bool:
        return True

    def get_scope(self) -> str:
        return str(self._scope)


class _Device:
    def __init__(self, client_id: str, scope: str, user_code: str) -> None:
        self.user_code = user_code
        self.decision: bool | None = None
        self._client_id = client_id
        self._scope = scope

    def get_client_id(self) -> str:
        return self._client_id

    def get_scope(self) -> str:
        return self._scope

    def get_user_code(self) -> str:
        return self.user_code

    def is_expired(self) -> bool:
        return False


def _make(provider: AuthlibProvider) -> Any:
    """authlib's server, with the provider's memory."""

    class Server(AuthorizationServer):
        def query_client(self, client_id: str) -> Any:
            return _Client(provider, client_id) if client_id == "flytectl" else None

        def save_token(self, token: Mapping[str, Any], request: object) -> None:
            provider.tokens[token["access_token"]] = held = _Token(token)
            if "refresh_token" in token:
                provider.tokens[token["refresh_token"]] = held

        def create_oauth2_request(self, request: _Request) -> _Request:
            return request

        def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, Any, Any]:
            return status, body, headers

        def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
            pass

    class ByCode(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS

        def save_authorization_code(self, code: str, request: Any) -> None:
            provider.codes[code] = _Code(code, request.payload.data, request.scope)

        def query_authorization_code(self, code: str, client: object) -> _Code | None:
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code: _Code) -> None:
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code: _Code) -> str:
            provider.logins += 1
            return _USER

    class ByRefreshToken(RefreshTokenGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS
        INCLUDE_NEW_REFRESH_TOKEN = True

        def authenticate_refresh_token(self, refresh_token: str) -> Any:
            token = provider.tokens.get(refresh_token)
            return None if token is None or token.used else token

        def authenticate_user(self, refresh_token: _Token) -> str:
            return _USER

        def revoke_old_credential(self, refresh_token: Any) -> None:
            refresh_token.used = True

    class ByDevice(DeviceCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS

        def query_device_credential(self, device_code: str) -> _Device | None:
            return provider.devices.get(device_code)

        def query_user_grant(self, user_code: str) -> tuple[str, bool] | None:
            device = next(each for each in provider.devices.values() if each.user_code == user_code)
            if device.decision is None:
                return None
            provider.logins += device.decision
            return _USER, device.decision

        def should_slow_down(self, credential: _Device) -> bool:
            return False

    class Devices(DeviceAuthorizationEndpoint):
        def get_verification_uri(self) -> str:
            return f"{provider.url}/activate"

        def save_device_credential(self, client_id: str, scope: str, data: Any) -> None:
            device = _Device(client_id, scope, data["user_code"])
            provider.devices[data["device_code"]] = device

    class WithSecret(ClientCredentialsGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = _AUTH_METHODS[:2]

    def new_token(*_: object, **__: object) -> str:
        return secrets.token_urlsafe()

    server = Server()
    server.register_token_generator(
        "default",
        BearerTokenGenerator(
            new_token, new_token, expires_generator=lambda client, grant_type: provider.lifetime
        ),
    )
    server.register_grant(ByCode, [CodeChallenge(required=True)])
    for grant in (ByRefreshToken, ByDevice, WithSecret):
        server.register_grant(grant)
    devices: Any = Devices
    server.register_endpoint(devices)
    return server
