"""The same through a remote: what its policy says, ``close`` and Ctrl-C hold for all of HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from flyteidl.admin import execution_pb2
from flyteidl.service import auth_pb2, dataproxy_pb2

from flytebind._transfer import linked
from flytebind.remote import CallPolicy, Config, FlyteRemote
from flytebind.remote._operations import uploads
from flytebind.remote.config import AuthMode, Secret
from flytebind.remote.errors import FlyteCallTimeout, FlyteDataError, FlyteUnavailableError
from tests.hostile.admin import HostileAdmin, serving
from tests.hostile.http import ENDLESS, busy, half_a_handshake, hostile
from tests.remote.auth.conftest import flyte, home, provider, ring  # noqa: F401
from tests.remote.auth.identity import IdentityProvider, NamingServer
from tests.remote.conftest import face_of
from tests.remote.faults.leftovers import until
from tests.transfer.http.peer import Peer, Script

SOON = 0.4
LATER = 15.0  # far more than a loaded machine takes, and less than what waits by default
POLICY = CallPolicy(timeout=1.5)


class HostileFlyte(HostileAdmin):
    """A Flyte server that names one HTTP server for everything."""

    def __init__(self, peer: Peer) -> None:
        super().__init__()
        url = peer.url
        self.tell(
            "GetOAuth2Metadata",
            auth_pb2.OAuth2MetadataRequest,
            lambda _: auth_pb2.OAuth2MetadataResponse(
                token_endpoint=f"{url}/token", device_authorization_endpoint=f"{url}/device"
            ),
        )
        self.tell(
            "GetPublicClientConfig",
            auth_pb2.PublicClientAuthConfigRequest,
            lambda _: auth_pb2.PublicClientAuthConfigResponse(client_id="flytectl"),
        )
        self.tell(
            "CreateUploadLocation",
            dataproxy_pb2.CreateUploadLocationRequest,
            lambda _: dataproxy_pb2.CreateUploadLocationResponse(
                signed_url=f"{url}/up", native_url="s3://b/k"
            ),
        )
        self.tell(
            "CreateDownloadLocation",
            dataproxy_pb2.CreateDownloadLocationRequest,
            lambda _: dataproxy_pb2.CreateDownloadLocationResponse(signed_url=f"{url}/down"),
        )
        data = execution_pb2.WorkflowExecutionGetDataResponse()
        data.outputs.url, data.outputs.bytes = f"{url}/outputs", 1000
        self.tell("GetExecutionData", execution_pb2.WorkflowExecutionGetDataRequest, lambda _: data)

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """See gRPC."""
        if details.method.endswith("/ListProjects"):
            return grpc.unary_unary_rpc_method_handler(
                lambda _, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
            )
        return super().service(details)


@contextmanager
def hostile_flyte(script: Script) -> Iterator[tuple[str, Peer]]:
    """Such a server; gives its address."""
    with hostile(script) as peer, serving(HostileFlyte(peer)) as endpoint:
        yield endpoint, peer


def refused_in_time(act: Callable[[], object], kind: type[Exception]) -> None:
    began = time.monotonic()
    with pytest.raises(kind):
        act()
    assert time.monotonic() - began < LATER


@pytest.mark.parametrize("mode", ["ClientSecret", "DeviceFlow"])
def test_the_policy_of_a_call_holds_for_its_token(mode: str) -> None:
    def try_one(name: str) -> None:
        with hostile_flyte(ENDLESS[name]) as (endpoint, peer):
            # A scope of its own, so that it is an account of its own.
            config = Config(endpoint, insecure=True, auth_mode=AuthMode(mode), scopes=(name,))
            if mode == "ClientSecret":
                config = replace(config, client_id="me", client_secret=Secret("hush"))
            with FlyteRemote(config, policy=POLICY) as remote:
                refused_in_time(remote.list_projects, FlyteCallTimeout)
            assert peer.seen

    names = ["never answers", "drips a body", "floods with 100 Continue", "drips trailers"]
    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(try_one, names))
    until(lambda: "flytebind-token" not in _threads(), "the end of what asks for tokens")


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_the_policy_of_a_call_holds_for_what_the_server_says_of_tokens() -> None:
    said = threading.Event()

    def say_nothing(_: object) -> auth_pb2.PublicClientAuthConfigResponse:
        said.wait(2 * LATER)
        return auth_pb2.PublicClientAuthConfigResponse()

    with hostile(busy) as peer:
        admin = HostileFlyte(peer)
        admin.tell("GetPublicClientConfig", auth_pb2.PublicClientAuthConfigRequest, say_nothing)
        with serving(admin) as endpoint:
            config = Config(endpoint, insecure=True, client_id="me", client_secret=Secret("hush"))
            with FlyteRemote(config, policy=POLICY) as remote:
                refused_in_time(remote.list_projects, FlyteCallTimeout)
            said.set()


def test_a_person_may_take_longer_than_a_call(
    provider: IdentityProvider, flyte: NamingServer  # noqa: F811
) -> None:
    provider.device = {"interval": 1}
    provider.device_answers = ["authorization_pending"]
    config = Config(flyte.endpoint, insecure=True, auth_mode=AuthMode.DEVICE_FLOW)
    with FlyteRemote(config, policy=POLICY) as remote:
        assert remote.list_projects() == []
    assert provider.logins == 1


def test_a_certificate_that_never_comes_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flytebind.remote._channel._CERTIFICATE_TIMEOUT", SOON)
    with hostile(half_a_handshake) as peer:
        config = Config(peer.url.removeprefix("http://"), insecure_skip_verify=True)
        with FlyteRemote(config) as remote:
            refused_in_time(remote.list_projects, FlyteUnavailableError)


# Files and literals.


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_no_verb_waits_for_a_store_for_ever(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked, "SILENCE", SOON)
    monkeypatch.setattr(uploads, "SILENCE", SOON)
    file, to = tmp_path / "file", tmp_path / "to" / "rows"
    file.write_bytes(bytes(8 << 20))

    def try_one(script: Script) -> None:
        with hostile_flyte(script) as (endpoint, peer):
            config = Config(endpoint, insecure=True)
            with face_of(kind, config, policy=POLICY) as face:
                refused_in_time(lambda: face.download(f"{peer.url}/rows", to), FlyteDataError)
                refused_in_time(lambda: face.upload(file), FlyteDataError)
                execution = face.fetch_execution("hostile")
                refused_in_time(lambda: outputs_of(face, execution), FlyteDataError)
            assert {each.line.split()[0] for each in peer.seen} == {"GET", "PUT"}

    scripts = [ENDLESS["drips chunks"], ENDLESS["floods with 100 Continue"], busy]
    with ThreadPoolExecutor(len(scripts)) as pool:
        list(pool.map(try_one, scripts))
    assert list(to.parent.iterdir()) == []


def outputs_of(face: Any, execution: Any) -> object:
    """Have the outputs brought."""
    return face.load(execution).outputs if face.is_async else execution.outputs


# The end of the program.

_PRELUDE = """
import asyncio, signal, sys, threading
from flytebind.remote import AsyncFlyteRemote, Config, FlyteRemote

signal.signal(signal.SIGINT, signal.default_int_handler)
endpoint, url, file = sys.argv[1:]
config = Config(endpoint, insecure=True, client_id="me", client_secret="x")
"""
_ALL = """
verbs = [
    lambda: remote.list_projects(),
    lambda: remote.download(url, file + ".new"),
    lambda: remote.upload(file),
]
"""
#: None of them closes the remote afterwards, as few people do.
_PROGRAMS = {
    "Ctrl-C on asyncio": """
async def main():
    await asyncio.gather(*(verb() for verb in verbs))

remote = AsyncFlyteRemote(config, "p", "d")
asyncio.run(main())
""",
    "Ctrl-C in a script": """
remote = FlyteRemote(config, "p", "d")
verbs[1]()
""",
    "close": """
def doing(verb):
    try:
        verb()
    except Exception as error:
        print(type(error).__name__, error)

remote = FlyteRemote(config, "p", "d")
for verb in verbs:
    threading.Thread(target=doing, args=(verb,)).start()
sys.stdin.readline()
remote.close()
""",
}


@pytest.mark.parametrize("how", _PROGRAMS)
def test_no_server_holds_a_program_that_wants_to_end(how: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(1 << 20))
    with hostile_flyte(ENDLESS["drips chunks"]) as (endpoint, peer):
        program = subprocess.Popen(
            [sys.executable, "-c", _PRELUDE + _ALL + _PROGRAMS[how], endpoint, peer.url, file],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            waits = 1 if "script" in how else 3
            until(lambda: len(peer.seen) == waits or program.poll() is not None, "all that waits")
            assert program.poll() is None, program.communicate()
            if how == "close":
                said, _ = program.communicate("now\n", timeout=LATER)
                assert len(said.splitlines()) == 3
            else:
                program.send_signal(signal.SIGINT)
                _, errors = program.communicate(timeout=LATER)
                assert errors.rstrip().endswith("KeyboardInterrupt")
        finally:
            program.kill()
            program.communicate()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
