"""A small identity provider over real HTTP, and the Flyte server that names it."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

import grpc
import trustme

from flytebind.models.service.auth import (
    OAuth2MetadataRequest,
    OAuth2MetadataResponse,
    PublicClientAuthConfigRequest,
    PublicClientAuthConfigResponse,
)
from flytebind.services.auth import AuthMetadataServiceServicer

Form: TypeAlias = dict[str, str]
Answer: TypeAlias = tuple[int, object]

CLIENT_ID = "flytectl"
METADATA_KEY = "flyte-authorization"


class IdentityProvider:
    """Gives out tokens ``token-1``, ``token-2`` and so on.

    Args:
        certificate: Makes it speak TLS.
    """

    def __init__(self, certificate: trustme.LeafCert | None = None) -> None:
        self.asked: list[tuple[str, Form]] = []
        """Every request: its path and its form or query."""
        self.lifetime: object = 3600
        self.refresh_tokens: set[str] = set()
        """Those that are good."""
        self.gives_refresh_tokens = True
        self.device_answers: list[str] = []
        """The errors that device polls meet before they succeed."""
        self.device: dict[str, object] = {"interval": 5, "expires_in": 600}
        self.denies = False
        self.answer: Callable[[str, Form], Answer] | None = None
        """Replaces what POST requests get."""
        self.redirect_uri = "http://localhost/callback"
        self._codes: dict[str, Form] = {}
        self._issued = 0

        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                location = provider.authorize(parts.path, dict(parse_qsl(parts.query)))
                self.send_response(302)
                self.send_header("Location", location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, answer = provider.post(self.path, dict(parse_qsl(body)))
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                if status // 100 == 3:
                    self.send_header("Location", provider.url + "/elsewhere")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

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
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def grants(self) -> list[str]:
        """The short names of the grants that were asked for, in their order."""
        return [
            form["grant_type"].rpartition(":")[2] for _, form in self.asked if "grant_type" in form
        ]

    def authorize(self, path: str, query: Form) -> str:
        """What the page does after the person has logged in: where it sends the browser."""
        self.asked.append((path, query))
        back = {"state": query["state"]}
        if self.denies:
            back |= {"error": "access_denied", "error_description": "not today"}
        else:
            code = back["code"] = secrets.token_urlsafe()
            self._codes[code] = query
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def post(self, path: str, form: Form) -> Answer:
        self.asked.append((path, form))
        if self.answer is not None:
            return self.answer(path, form)
        if path == "/device":
            codes = {
                "device_code": "the-device",
                "user_code": "ABCD",
                "verification_uri": "http://v",
            }
            return 200, codes | self.device
        if form.get("client_id") != CLIENT_ID:
            return 401, {"error": "invalid_client"}
        match form["grant_type"]:
            case "authorization_code":
                asked = self._codes.pop(form["code"], None)
                digest = hashlib.sha256(form["code_verifier"].encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                if (
                    asked is None
                    or asked["code_challenge"] != challenge
                    or asked["code_challenge_method"] != "S256"
                    or asked["redirect_uri"] != form["redirect_uri"]
                ):
                    return 400, {"error": "invalid_grant"}
                return self._token()
            case "refresh_token":
                if form["refresh_token"] not in self.refresh_tokens:
                    return 400, {"error": "invalid_grant", "error_description": "too old"}
                self.refresh_tokens.remove(form["refresh_token"])
                return self._token()
            case "urn:ietf:params:oauth:grant-type:device_code":
                if self.device_answers:
                    return 400, {"error": self.device_answers.pop(0)}
                return self._token()
        return 400, {"error": "unsupported_grant_type"}

    def _token(self) -> Answer:
        self._issued += 1
        answer = {"access_token": f"token-{self._issued}", "token_type": "Bearer"}
        if self.gives_refresh_tokens:
            answer["refresh_token"] = f"refresh-{self._issued}"
            self.refresh_tokens.add(answer["refresh_token"])
        return 200, {**answer, "expires_in": self.lifetime}


class Names(AuthMetadataServiceServicer):
    """Names the endpoints of a provider."""

    def __init__(self, provider: IdentityProvider) -> None:
        self.provider = provider
        self.calls = 0
        self.metadata: list[dict[str, str | bytes]] = []

    def get_oauth2_metadata(
        self, request: OAuth2MetadataRequest, context: grpc.ServicerContext
    ) -> OAuth2MetadataResponse:
        self._note(context)
        url = self.provider.url
        return OAuth2MetadataResponse(
            authorization_endpoint=f"{url}/authorize",
            token_endpoint=f"{url}/token",
            device_authorization_endpoint=f"{url}/device",
        )

    def get_public_client_config(
        self, request: PublicClientAuthConfigRequest, context: grpc.ServicerContext
    ) -> PublicClientAuthConfigResponse:
        self._note(context)
        return PublicClientAuthConfigResponse(
            client_id=CLIENT_ID,
            redirect_uri=self.provider.redirect_uri,
            scopes=["all", "offline"],
            authorization_metadata_key=METADATA_KEY,
            audience="https://flyte",
        )

    def _note(self, context: grpc.ServicerContext) -> None:
        self.calls += 1
        self.metadata.append(dict(context.invocation_metadata()))


class NamingServer:
    """A Flyte server with nothing but ``Names``."""

    def __init__(self, provider: IdentityProvider) -> None:
        self.names = Names(provider)
        self._server = grpc.server(ThreadPoolExecutor(2))
        self.names.add_to_server(self._server)
        self.endpoint = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        self.channel = grpc.insecure_channel(self.endpoint)

    def close(self) -> None:
        self.channel.close()
        self._server.stop(None).wait()
