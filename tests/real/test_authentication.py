"""The sandbox authenticates as a real flyteadmin that gives out its tokens itself."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import grpc
import pytest
from flyteidl.service import auth_pb2
from google.protobuf.message import Message

from flytebind.sandbox import AuthSettings, Sandbox, Settings
from tests.real.recordings import FOLDER
from tests.support.browser import Answer, get, post

VERIFIER = "v" * 64
CLIENT = ("flytebind", "secret")
#: As the recorded server: its tokens lived for eight seconds, of which it told seven.
SETTINGS = AuthSettings(token_lifetime=timedelta(seconds=7))
DOMAINS = ("development", "staging", "production")
GET_DOMAINS = "/flyteidl.service.AdminService/GetDomains"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    settings = Settings(domains={name: name for name in DOMAINS})
    with Sandbox(auth=SETTINGS, settings=settings) as sandbox:
        sandbox.clock.freeze()
        yield sandbox


@cache
def rows(name: str) -> list[dict[str, Any]]:
    with gzip.open(FOLDER / "conversations" / f"{name}.jsonl.gz", "rt") as file:
        return [json.loads(line) for line in file]


# ---- The token endpoint ----


class Browser:
    """Sends recorded forms, with what stands for the secrets in them."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        with sandbox.channel() as channel:
            metadata = ask(channel, "GetOAuth2Metadata", auth_pb2.OAuth2MetadataResponse)
        self._endpoints = metadata
        self._code = ""
        self._refresh_token = ""

    def send(self, row: dict[str, Any]) -> Answer:
        label, form = row["label"], dict(row["form"])
        if label == "code exchanged":
            self._code = self._log_in(form)
        if label == "expired refresh token":
            self._sandbox.clock.advance(timedelta(hours=1))
        secrets = {
            "code": self._code,
            "code_verifier": VERIFIER,
            "refresh_token": "garbage" if label.startswith("garbage") else self._refresh_token,
            "scope": "nothing" if label == "bad scope" else "all",
        }
        form |= {name: secrets[name] for name, value in form.items() if value == "..."}
        basic = {
            "client credentials": CLIENT,
            "wrong secret": (CLIENT[0], "wrong"),
            "unknown client": ("nobody", CLIENT[1]),
            "bad scope": CLIENT,
            "public client": ("flytectl", "secret"),
        }
        answer = post(self._endpoints.token_endpoint, form, basic.get(label))
        if answer.status == 200 and label != "refresh":  # which is used again
            self._refresh_token = answer.json.get("refresh_token", self._refresh_token)
        return answer

    def _log_in(self, form: dict[str, str]) -> str:
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        query = {
            "client_id": form["client_id"],
            "redirect_uri": form["redirect_uri"],
            "response_type": "code",
            "scope": "all offline",
            "state": "a-long-state",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        answer = get(f"{self._endpoints.authorization_endpoint}?{urlencode(query)}")
        (code,) = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
        return code


def shown(body: str) -> dict[str, Any]:
    """A body without what varies: tokens, and the words that explain."""
    fields: dict[str, Any] = json.loads(body)
    for name in ("access_token", "refresh_token", "error_description"):
        if name in fields:
            assert fields[name]
            fields[name] = "..."
    return fields


def test_the_token_endpoint_answers_as_recorded(sandbox: Sandbox) -> None:
    browser = Browser(sandbox)
    for row in rows("oauth_http"):
        answer = browser.send(row)
        assert answer.status == row["status"], row["label"]
        assert answer.headers["Content-Type"] == row["content_type"]
        assert shown(answer.body) == shown(row["body"]), row["label"]


# ---- gRPC ----


def send(
    channel: grpc.Channel, method: str, request: bytes, *metadata: tuple[str, str | bytes]
) -> tuple[str, bytes]:
    """The code and the response."""
    call: grpc.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(method)
    try:
        return "OK", call(request, metadata=metadata, timeout=20)
    except grpc.RpcError as error:
        return error.code().name, b""


def ask(channel: grpc.Channel, rpc: str, kind: type[Any]) -> Any:
    _, response = send(channel, f"/flyteidl.service.AuthMetadataService/{rpc}", b"")
    return kind.FromString(response)


def tokens(sandbox: Sandbox, label: str) -> Iterator[list[tuple[str, str | bytes]]]:
    """The metadata of the calls of a client, one after the other."""
    if label == "garbage token":
        yield [("authorization", "Bearer garbage")]
    yield []
    with sandbox.channel() as channel:
        url = ask(channel, "GetOAuth2Metadata", auth_pb2.OAuth2MetadataResponse).token_endpoint
        config = ask(channel, "GetPublicClientConfig", auth_pb2.PublicClientAuthConfigResponse)
    key = config.authorization_metadata_key if label != "wrong metadata key" else "x-other"
    while True:
        answer = post(url, {"grant_type": "client_credentials", "scope": "all"}, CLIENT)
        yield [(key, f"Bearer {answer.json['access_token']}")]
        sandbox.clock.advance(timedelta(seconds=8))


def comparable(method: str, response: bytes) -> Message | bytes:
    """An answer without the address of the server."""
    if not method.endswith("GetOAuth2Metadata"):
        return response
    message = auth_pb2.OAuth2MetadataResponse.FromString(response)
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        if isinstance(value, str) and value:
            setattr(message, field.name, urlsplit(value)._replace(netloc="server").geturl())
    return message


@pytest.mark.parametrize("label", dict.fromkeys(row["label"] for row in rows("auth_grpc")))
def test_calls_are_let_in_as_recorded(sandbox: Sandbox, label: str) -> None:
    metadata = tokens(sandbox, label)
    with sandbox.channel() as channel:
        for row in rows("auth_grpc"):
            if row["label"] != label:
                continue
            method, sent = row["method"], next(metadata) if row["method"] == GET_DOMAINS else []
            code, response = send(channel, method, base64.b64decode(row["request"]), *sent)
            assert code == row["code"], method
            recorded = base64.b64decode(row.get("response", ""))
            assert comparable(method, response) == comparable(method, recorded)
