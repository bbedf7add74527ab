"""The authorization server: OAuth 2 over HTTP, as a real admin speaks it when it is its own."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import SplitResult, urlencode, urlsplit

from flytebind.models.service.auth import OAuth2MetadataResponse, PublicClientAuthConfigResponse
from flytebind.runtime.homes import public_in
from flytebind.sandbox.auth._answers import Answer, Refusal, json_answer, no_client
from flytebind.sandbox.auth._basic import credentials
from flytebind.sandbox.auth._devices import Devices
from flytebind.sandbox.auth._expiring import Expiring
from flytebind.sandbox.auth._settings import AuthSettings
from flytebind.sandbox.auth._tokens import SCOPE_ALL, Tokens

_AUTHORIZE = "/oauth2/authorize"
_TOKEN = "/oauth2/token"
_KEYS = "/oauth2/jwks"
_DEVICE = "/oauth2/device_authorization"
_DEVICE_PAGE = "/oauth2/device"
_METADATA = ("/.well-known/oauth-authorization-server", "/.well-known/openid-configuration")
_CLIENT = "/config/v1/flyte_client"

_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_OFFLINE = "offline"
_LOGIN_SCOPE = "access_token"
_LEAST_STATE = 8


class _Login(NamedTuple):
    """What a refresh token stands for."""

    client_id: str
    scopes: tuple[str, ...]


class _Code(NamedTuple):
    """What the code that a browser brings stands for."""

    login: _Login
    redirect_uri: str
    challenge: str


@public_in("flytebind.sandbox.auth")
class AuthorizationServer:
    """Gives out tokens for secrets, and for logins that nobody has to type anything for.

    Codes and refresh tokens may be used again until they expire: so it is with a real admin, which
    keeps no record of them. Safe to use from any thread.

    Args:
        tokens: Makes the access tokens, and knows the client that has a secret.
        settings: The rest.
    """

    def __init__(self, tokens: Tokens, settings: AuthSettings | None = None) -> None:
        self.settings: AuthSettings = settings or AuthSettings()
        self.tokens = tokens
        self._codes = Expiring[_Code](tokens.clock)
        self._refresh_tokens = Expiring[_Login](tokens.clock)
        self._devices = Devices(tokens.clock, self.settings)
        self._scopes = {*self.settings.scopes, SCOPE_ALL, _OFFLINE, _LOGIN_SCOPE}

    def metadata(self, url: str) -> OAuth2MetadataResponse:
        """The endpoints, below ``url``, and what they can do."""
        device = self.settings.device_login
        grants = ["client_credentials", "refresh_token", "authorization_code"]
        return OAuth2MetadataResponse(
            issuer=url,
            authorization_endpoint=url + _AUTHORIZE,
            token_endpoint=url + _TOKEN,
            jwks_uri=url + _KEYS,
            device_authorization_endpoint=url + _DEVICE if device else "",
            code_challenge_methods_supported=["S256"],
            response_types_supported=["code", "token", "code token"],
            grant_types_supported=[*grants, _DEVICE_GRANT] if device else grants,
            scopes_supported=[SCOPE_ALL],
            token_endpoint_auth_methods_supported=["client_secret_basic"],
        )

    def public_client(self) -> PublicClientAuthConfigResponse:
        """Who the programs of people are to be."""
        return PublicClientAuthConfigResponse(
            client_id=self.settings.public_client_id,
            redirect_uri=self.settings.redirect_uri,
            scopes=self.settings.scopes,
            authorization_metadata_key=self.settings.metadata_key,
        )

    def get(self, url: str, path: str, query: Mapping[str, str]) -> Answer | None:
        """Answer a GET request; None where it is for somebody else.

        Args:
            url: Of the HTTP server, without a path.
            path: The request's.
            query: The request's.
        """
        if path in _METADATA:
            return json_answer(_fields(self.metadata(url)))
        if path == _CLIENT:
            return json_answer(_fields(self.public_client()))
        if path == _KEYS:
            return json_answer({"keys": []})  # no token is signed
        if path == _AUTHORIZE:
            return self._authorize(query)
        if path == _DEVICE_PAGE and self.settings.device_login:
            return self._devices.verify(query.get("user_code", ""))
        return None

    def post(
        self, url: str, path: str, form: Mapping[str, str], authorization: str = ""
    ) -> Answer | None:
        """Answer a POST request; None where it is for somebody else.

        Args:
            url: Of the HTTP server, without a path.
            path: The request's.
            form: The request's.
            authorization: The request's header of this name.
        """
        try:
            if path == _TOKEN:
                return json_answer(self._token(form, authorization))
            if path == _DEVICE and self.settings.device_login:
                login = self._login(self._known_client(form), form)
                return json_answer(self._devices.begin(url + _DEVICE_PAGE, *login))
        except Refusal as refusal:
            return json_answer(refusal.fields, refusal.status)
        return None

    def _authorize(self, query: Mapping[str, str]) -> Answer:
        """Agree, and send the browser back with a code (RFC 6749 section 4.1, RFC 7636)."""
        redirect_uri = query.get("redirect_uri", "")
        try:
            client_id = self._known_client(query)
            if not _may_go_to(redirect_uri, urlsplit(self.settings.redirect_uri)):
                raise Refusal("invalid_request", "the client has another redirect_uri")
        except Refusal as refusal:  # a browser may not be sent to anywhere
            return json_answer(refusal.fields, refusal.status)
        state = query.get("state", "")
        try:
            back = {"code": self._code(client_id, redirect_uri, state, query)}
        except Refusal as refusal:
            back = refusal.fields
        location = f"{redirect_uri}?{urlencode(back | {'state': state})}"
        return Answer(HTTPStatus.SEE_OTHER, b"You are logged in.", location=location)

    def _code(self, client_id: str, redirect_uri: str, state: str, query: Mapping[str, str]) -> str:
        login = self._login(client_id, query)
        if query.get("response_type") != "code":
            raise Refusal("unsupported_response_type", "the response_type must be code")
        if len(state) < _LEAST_STATE:
            raise Refusal("invalid_state", f"the state must have {_LEAST_STATE} characters")
        challenge = query.get("code_challenge", "")
        if not challenge or query.get("code_challenge_method") != "S256":
            raise Refusal("invalid_request", "there must be a code_challenge of the method S256")
        return self._codes.add(_Code(login, redirect_uri, challenge), self.settings.code_lifetime)

    def _token(self, form: Mapping[str, str], authorization: str) -> dict[str, str | int]:
        """The token endpoint (RFC 6749 section 3.2)."""
        kind = form.get("grant_type", "")
        if not kind:
            raise Refusal("invalid_request", "there is no grant_type")
        client_id = self._client(form, authorization)
        if kind == "client_credentials":
            _, scopes = self._login(client_id, form)
            if client_id == self.settings.public_client_id:
                raise Refusal("invalid_grant", "a public client gets no tokens for itself")
            return self._issue(client_id, scopes, scopes)
        if kind == "authorization_code":
            return self._logged_in(self._exchanged(client_id, form))
        if kind == "refresh_token":
            return self._logged_in(self._refreshed(client_id, form.get("refresh_token", "")))
        if kind == _DEVICE_GRANT and self.settings.device_login:
            scopes = self._devices.poll(client_id, form.get("device_code", ""))
            return self._logged_in(_Login(client_id, scopes))
        raise Refusal("unsupported_grant_type", f"there is no grant_type {kind}")

    def _client(self, form: Mapping[str, str], authorization: str) -> str:
        """Who asks, with HTTP's basic authentication or in the form."""
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        try:
            client_id, secret = credentials(authorization) or (client_id, secret)
        except ValueError:
            raise no_client() from None
        if client_id == self.settings.public_client_id:
            return client_id
        if not self.tokens.is_client(client_id, secret):
            raise no_client()
        return client_id

    def _known_client(self, asked: Mapping[str, str]) -> str:
        """The public client, if it is the one that people log in with."""
        if asked.get("client_id") != self.settings.public_client_id:
            raise no_client()
        return self.settings.public_client_id

    def _login(self, client_id: str, asked: Mapping[str, str]) -> _Login:
        """What a client asks for, if it may."""
        scopes = tuple(asked.get("scope", "").split())
        for scope in scopes:
            if scope not in self._scopes:
                raise Refusal("invalid_scope", f"the client may not ask for the scope {scope!r}")
        return _Login(client_id, scopes)

    def _exchanged(self, client_id: str, form: Mapping[str, str]) -> _Login:
        code = self._codes.get(form.get("code", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
        if (
            code is None
            or code.login.client_id != client_id
            or code.redirect_uri != form.get("redirect_uri")
            or not hmac.compare_digest(code.challenge.encode(), challenge)
        ):
            raise Refusal(
                "invalid_grant",
                "the code is unknown or expired, or of another client, redirect_uri or verifier",
            )
        return code.login

    def _refreshed(self, client_id: str, refresh_token: str) -> _Login:
        login = self._refresh_tokens.get(refresh_token)
        if login is None or login.client_id != client_id:
            status = self.settings.bad_refresh_status
            error = "invalid_grant" if status == HTTPStatus.BAD_REQUEST else "server_error"
            raise Refusal(error, "the refresh token is unknown or expired", status)
        return login

    def _logged_in(self, login: _Login) -> dict[str, str | int]:
        """The tokens of a person."""
        # A real admin shows the scopes of a login in this way.
        shown = [scope if scope == _OFFLINE else f"f.{scope}" for scope in login.scopes]
        answer = self._issue(self.settings.user, login.scopes, [*shown, _LOGIN_SCOPE])
        if _OFFLINE in login.scopes:
            lifetime = self.settings.refresh_token_lifetime
            answer["refresh_token"] = self._refresh_tokens.add(login, lifetime)
        return answer

    def _issue(
        self, subject: str, scopes: tuple[str, ...], shown: Iterable[str]
    ) -> dict[str, str | int]:
        return {
            "access_token": self.tokens.issue_token(subject, scopes=scopes),
            "expires_in": int(self.tokens.ttl.total_seconds()),
            "scope": " ".join(shown),
            "token_type": "bearer",
        }


def _may_go_to(given: str, registered: SplitResult) -> bool:
    """Whether a browser may be sent there; to any port where none is registered."""
    try:
        port = urlsplit(given).port
    except ValueError:
        return False
    if registered.port is None and port is not None:
        registered = registered._replace(netloc=f"{registered.netloc}:{port}")
    return given == registered.geturl()


def _fields(
    message: OAuth2MetadataResponse | PublicClientAuthConfigResponse,
) -> dict[str, str | list[str]]:
    """All fields under their names in the protocol, empty ones, too."""
    pb = message.to_pb()
    values = {field.name: getattr(pb, field.name) for field in pb.DESCRIPTOR.fields}
    return {
        name: value if isinstance(value, str) else list(value) for name, value in values.items()
    }
