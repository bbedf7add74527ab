"""A stand-in for identity providers over real HTTP, and the Flyte server that names it.

How it refuses is what real providers were recorded to say.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, TypeAlias
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import grpc
import trustme

from flytebind.models.admin.project import ProjectListRequest, Projects
from flytebind.models.service.auth import (
    OAuth2MetadataRequest,
    OAuth2MetadataResponse,
    PublicClientAuthConfigRequest,
    PublicClientAuthConfigResponse,
)
from flytebind.services.admin import AdminServiceServicer
from flytebind.services.auth import AuthMetadataServiceServicer
from tests.remote.auth import recorded
from tests.remote.auth.recorded import Recorded

Form: TypeAlias = dict[str, str]
Answer: TypeAlias = tuple[int, object]

CLIENT_ID = "flytectl"
METADATA_KEY = "flyte-authorization"

SILENCE = Recorded(None, "", b"(silence)")
"""A connection that is kept and not answered, until the provider is closed."""

_STEPS = {"/authorize": "authorize", "/device": "device"}


@dataclass
class Session:
    """What one login has begun."""

    refresh_token: str = ""
    used: set[str] = field(default_factory=set)
    over: bool = False


class IdentityProvider:
    """Gives out tokens ``token-1``, ``token-2`` and so on.

    A refresh token is good once; whoever uses it again ends the session, as with Keycloak.

    Args:
        certificate: Makes it speak TLS.
    """

    def __init__(self, certificate: trustme.LeafCert | None = None) -> None:
        self.asked: list[tuple[str, Form]] = []
        """Every request: its path and its form or query."""
        self.headers: list[dict[str, str]] = []
        """The headers of each of them."""
        self.lifetime: object = 3600
        """What ``expires_in`` is, for access tokens."""
        self.refresh_tokens: set[str] = set()
        """Those that are good; all of them, however they came to be."""
        self.gives_refresh_tokens = True
        self.rotates = True
        self.grants_scopes: set[str] | None = None
        """The scopes that it grants of those that are asked for; all by default."""
        self.wants_pkce_of_devices = False
        self.client_secret = ""
        self.is_flytes_own = False
        """Whether it refuses dead refresh tokens as flyteadmin's own server does."""
        self.device_answers: list[str] = []
        """The errors that device polls meet before they succeed."""
        self.device: dict[str, object] = {"interval": 5, "expires_in": 600}
        self.denies = False
        self.failures: defaultdict[str, list[Recorded]] = defaultdict(list)
        """What goes wrong before the next answer to a step: a grant, or ``device``."""
        self.slow: dict[str, float] = {}
        """Seconds that a step takes, before anything is answered."""
        self.answer: Callable[[str, Form], Answer] | None = None
        """Replaces what POST requests get."""
        self.redirect_uri = "http://localhost/callback"
        self.logins = 0
        """How many people have logged in."""
        self.reuses = 0
        """How often a refresh token came a second time."""
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._pages: dict[str, Form] = {}
        self._codes: dict[str, Form] = {}
        self._sessions: dict[str, Session] = {}
        self._ends: dict[str, float] = {}
        self._issued = 0

        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = dict(parse_qsl(parts.query))
                if parts.path == "/authorize":
                    provider._note(parts.path, query, self.headers.items())
                    page = provider._begin(query)
                    self._send(302, b"", {"Location": f"{provider.url}/login?{page}"})
                elif parts.path == "/login":
                    self._send(200, provider._form(parts.query), {"Content-Type": "text/html"})
                else:
                    self._send(404, b"", {})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body))
                if self.path == "/login":
                    self._send(303, b"", {"Location": provider._decide(form)})
                    return
                provider._note(self.path, form, self.headers.items())
                step = _STEPS.get(self.path) or form.get("grant_type", "").rpartition(":")[2]
                time.sleep(provider.slow.get(step, 0))
                answer = provider._answer(self.path, step, form, self.headers["Authorization"])
                if isinstance(answer, Recorded):
                    if answer is SILENCE:
                        provider._closed.wait(60)
                    if answer.status is not None:
                        self._send(
                            answer.status, answer.body, {"Content-Type": answer.content_type}
                        )
                    return
                status, content = answer
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                moved = {"Location": f"{provider.url}/elsewhere"} if status // 100 == 3 else {}
                self._send(status, data, moved)

            def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: object, client_address: object) -> None:
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def grants(self) -> list[str]:
        """The short names of the grants that were asked for, in their order."""
        return [
            form["grant_type"].rpartition(":")[2]
            for _, form in list(self.asked)
            if "grant_type" in form
        ]

    def is_good(self, token: str) -> bool:
        """Whether an access token is one of its own, and lives."""
        return time.time() < self._ends.get(token, 0.0)

    def revoke_access(self) -> None:
        """End all access tokens. Refresh tokens go on."""
        self._ends.clear()

    def _note(self, path: str, form: Form, headers: list[tuple[str, str]]) -> None:
        self.asked.append((path, form))
        self.headers.append({name.lower(): value for name, value in headers})

    def _begin(self, query: Form) -> str:
        """A person comes: shows a page, whose query this is."""
        page = secrets.token_urlsafe()
        self._pages[page] = query
        return urlencode({"page": page})

    def _form(self, query: str) -> bytes:
        page = html.escape(dict(parse_qsl(query))["page"])
        return (
            f'<!DOCTYPE html><form method="post" action="/login">'
            f'<input type="hidden" name="page" value="{page}"><input name="username">'
            f'<button name="decision" value="allow">Log in</button></form>'
        ).encode()

    def _decide(self, form: Form) -> str:
        """The person has decided: where the browser goes."""
        query = self._pages.pop(form["page"])
        back = {"state": query["state"], "iss": self.url}
        if self.denies:
            back |= {"error": "access_denied", "error_description": "End-User aborted interaction"}
        else:
            code = back["code"] = secrets.token_urlsafe()
            self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def _answer(
        self, path: str, step: str, form: Form, authorization: str | None
    ) -> Answer | Recorded:
        with self._lock:
            if self.failures[step]:
                return self.failures[step].pop(0)
            if self.answer is None:
                return self._grant(step, form, authorization)
        return self.answer(path, form)

    def _grant(self, step: str, form: Form, authorization: str | None) -> Answer | Recorded:
        if not self._knows(form, authorization):
            return recorded.answer("oidc-provider", "refresh_token", "invalid_client")
        if step == "device":
            if self.wants_pkce_of_devices and "code_challenge" not in form:
                return recorded.answer("keycloak", "device", "invalid_request")
            self._codes["the-device"] = form
            codes = {
                "device_code": "the-device",
                "user_code": "ABCD",
                "verification_uri": "http://v",
            }
            return 200, codes | self.device
        if step == "authorization_code":
            asked = self._codes.pop(form["code"], None)
            if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
                return recorded.answer("oidc-provider", step, "invalid_grant")
            if not _meets(asked, form):
                return recorded.answer("oidc-provider", step, "invalid_grant")
            return self._log_in(asked.get("scope", ""))
        if step == "device_code":
            if self.device_answers:
                return 400, {"error": self.device_answers.pop(0)}
            asked = self._codes.get("the-device", {})
            if "code_challenge" in asked and not _meets(asked, form):
                return recorded.answer("keycloak", "refresh_token", "invalid_grant")
            return self._log_in(asked.get("scope", ""))
        if step == "refresh_token":
            return self._refresh(form)
        return 400, {"error": "unsupported_grant_type"}

    def _knows(self, form: Form, authorization: str | None) -> bool:
        if not self.client_secret:
            return form.get("client_id") == CLIENT_ID and authorization is None
        if authorization is None:
            return form.get("client_secret") == self.client_secret
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        return [unquote(part) for part in pair.split(":")] == [CLIENT_ID, self.client_secret]

    def _refresh(self, form: Form) -> Answer | Recorded:
        old = form["refresh_token"]
        session = self._sessions.get(old)
        if session is not None and old in session.used:
            self.reuses += 1
            session.over = True
            self.refresh_tokens.discard(session.refresh_token)
            return recorded.answer("keycloak", "refresh_token", "invalid_grant", "Maximum")
        if old not in self.refresh_tokens:
            if self.is_flytes_own:
                return recorded.answer("flyteadmin", "refresh_token", "server_error")
            return recorded.answer("keycloak", "refresh_token", "invalid_grant", "not active")
        asked = set(form.get("scope", "").split())
        if self.grants_scopes is not None and asked - self.grants_scopes:
            return recorded.answer("oidc-provider", "refresh_token", "invalid_scope")
        return self._give(session or Session(), old)

    def _log_in(self, scope: str) -> Answer:
        self.logins += 1
        return self._give(Session(), "")

    def _give(self, session: Session, old: str) -> Answer:
        self._issued += 1
        token = f"token-{self._issued}"
        if isinstance(self.lifetime, (int, float, str)):
            self._ends[token] = time.time() + float(self.lifetime)
        answer: dict[str, object] = {"access_token": token, "token_type": "Bearer"}
        if self.gives_refresh_tokens:
            new = f"refresh-{self._issued}"
            if old and self.rotates:
                session.used.add(old)
                self.refresh_tokens.discard(old)
            session.refresh_token = new
            self._sessions[new] = session
            self.refresh_tokens.add(new)
            answer["refresh_token"] = new
        if self.grants_scopes is not None:
            answer["scope"] = " ".join(sorted(self.grants_scopes))
        return 200, {**answer, "expires_in": self.lifetime}


def _meets(asked: Form, form: Form) -> bool:
    """Whether the verifier is the one that the challenge came from."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return asked["code_challenge"] == challenge and asked["code_challenge_method"] == "S256"


class NamedProvider(Protocol):
    """What a Flyte server has to know of a provider."""

    url: str
    redirect_uri: str
    is_flytes_own: bool

    def is_good(self, token: str) -> bool:
        """Whether an access token is one of its own, and lives."""
        ...


class Names(AuthMetadataServiceServicer):
    """Names the endpoints of a provider."""

    def __init__(self, provider: NamedProvider) -> None:
        self.provider = provider
        self.calls = 0
        self.metadata: list[dict[str, str | bytes]] = []
        self.metadata_key = METADATA_KEY
        self.auth_methods: list[str] = []

    def get_oauth2_metadata(
        self, request: OAuth2MetadataRequest, context: grpc.ServicerContext
    ) -> OAuth2MetadataResponse:
        self._note(context)
        url = self.provider.url
        own = self.provider.is_flytes_own
        return OAuth2MetadataResponse(
            issuer=url,
            authorization_endpoint=f"{url}/authorize",
            token_endpoint=f"{url}/oauth2/token" if own else f"{url}/token",
            jwks_uri=f"{url}/oauth2/jwks" if own else f"{url}/jwks",
            scopes_supported=["all"] if own else ["openid", "all", "offline_access"],
            device_authorization_endpoint=f"{url}/device",
            token_endpoint_auth_methods_supported=self.auth_methods,
        )

    def get_public_client_config(
        self, request: PublicClientAuthConfigRequest, context: grpc.ServicerContext
    ) -> PublicClientAuthConfigResponse:
        self._note(context)
        return PublicClientAuthConfigResponse(
            client_id=CLIENT_ID,
            redirect_uri=self.provider.redirect_uri,
            scopes=["all", "offline"],
            authorization_metadata_key=self.metadata_key,
            audience="https://flyte",
        )

    def _note(self, context: grpc.ServicerContext) -> None:
        self.calls += 1
        self.metadata.append(dict(context.invocation_metadata()))


class Guarded(AdminServiceServicer):
    """Lists no projects, and that only for those who show a token that is good."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.shown: list[str] = []
        """The token of each call; empty if there was none."""

    def list_projects(self, request: ProjectListRequest, context: grpc.ServicerContext) -> Projects:
        metadata = dict(context.invocation_metadata())
        token = str(metadata.get(self._names.metadata_key, "")).removeprefix("Bearer ")
        self.shown.append(token)
        if not self._names.provider.is_good(token):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "token parse error")
        return Projects()


class NamingServer:
    """A Flyte server with nothing but ``Names`` and ``Guarded``."""

    def __init__(self, provider: IdentityProvider) -> None:
        self.names = Names(provider)
        self.guarded = Guarded(self.names)
        self._server = grpc.server(ThreadPoolExecutor(8))
        self.names.add_to_server(self._server)
        self.guarded.add_to_server(self._server)
        self.endpoint = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        self.channel = grpc.insecure_channel(self.endpoint)

    def close(self) -> None:
        self.channel.close()
        self._server.stop(None).wait()


def jwt(claims: object) -> str:
    """A token that says claims, signed by nobody."""
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{body}.c2ln"
