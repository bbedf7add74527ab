"""Each verb of the remotes for both Flytes against each way a token endpoint may misbehave."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, count
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import pytest
from google.protobuf.message import Message

from flytebind.models.admin.execution import Execution
from flytebind.remote import (
    AsyncFlyteRemote,
    CallPolicy,
    Config,
    FlyteAuthenticationError,
    FlyteCallTimeout,
    FlyteDataError,
    FlyteError,
    FlyteRemote,
    FlyteTimeout,
    FlyteUnavailableError,
    FlyteWorkflowExecution,
)
from flytebind.remote.config import Secret
from flytebind.runs import AsyncFlyte2Remote, Flyte2Remote, FlyteRun
from tests.hostile import runs, verbs
from tests.hostile.admin import execution
from tests.hostile.http import ENDLESS, HUGE, OK, busy, hostile, redirects
from tests.hostile.runs import DONE, RUNNING, TwistingServer
from tests.hostile.twisting import EVIL
from tests.remote.conftest import DOMAIN, PROJECT, Face
from tests.remote.faults.leftovers import until
from tests.transfer.http.peer import Peer, Script, answer, raw

_SECRET = "this-is-the-secret"
#: Seconds that a verb may take which meets no end, those that its policy gives it, and those that
#: it has where it would go on.
_PATIENCE, _SOON, _AWHILE = 15.0, 2.0, 3.5
#: What asks again until its own time is up, as long as things may get better.
_PATIENT = {"wait", "watch", "watch_runs"}
#: What reads streams of Flyte 2.
_STREAMS = {"events", "logs", "wait", "watch", "watch_runs"}

_no_good = count()


def _ever_new(peer: Peer, connection: Any) -> None:
    """Give tokens, none of which is any good."""
    body = b'{"access_token": "none-%d", "expires_in": 0.001}' % next(_no_good)
    answer(body)(peer, connection)


def _denied(said: str) -> Script:
    body = f'{{"error": "invalid_client", "error_description": "{said}"}}'
    return answer(body.encode(), "400 Bad Request")


class Endpoint(NamedTuple):
    """What a token endpoint does, and what comes of it."""

    script: Script
    error: type[FlyteError] = FlyteAuthenticationError


ENDPOINTS: Mapping[str, Endpoint] = {
    "never answers": Endpoint(ENDLESS["never answers"], FlyteCallTimeout),
    "sends what is huge": Endpoint(HUGE["a body"]),
    "sends no JSON": Endpoint(answer(b"\xff<html>")),
    "nests without end": Endpoint(answer(b"[" * 100_000)),
    "gives no token": Endpoint(answer(b"{}")),
    "gives something else": Endpoint(answer(b'{"access_token": [1], "expires_in": "never"}')),
    "gives what no header takes": Endpoint(answer(b'{"access_token": "x\\r\\ny: z"}')),
    "gives ever new ones that are no good": Endpoint(_ever_new),
    "refuses in words that are not just shown": Endpoint(
        _denied(EVIL.encode("unicode_escape").decode().replace("\\x", "\\u00") + "word " * 900)
    ),
    "repeats the secret": Endpoint(_denied(f"{_SECRET} is wrong")),
    "leads on and on": Endpoint(redirects),
    "breaks off": Endpoint(raw(OK + b"Content-Length: 9\r\n\r\n{"), FlyteUnavailableError),
    "is busy": Endpoint(busy, FlyteUnavailableError),
}


class Guard(grpc.GenericRpcHandler):
    """Knows nobody, whatever is called."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        """The tokens that came."""

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        """See gRPC."""
        self.shown += [str(value) for key, value in details.invocation_metadata if key == "token"]
        return grpc.unary_unary_rpc_method_handler(
            lambda _, context: context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
        )


class Verb(NamedTuple):
    """A verb of one face."""

    make: Callable[..., Any]
    name: str
    do: Callable[..., object]

    def __str__(self) -> str:
        return f"{self.make.__name__}.{self.name}"


#: By verb, both faces of it.
_FACES: Mapping[str, tuple[Verb, Verb]] = {
    f"{flyte} {name}": (Verb(faces[0], name, do), Verb(faces[1], name, do))
    for flyte, table, faces in (
        (1, verbs.VERBS, (FlyteRemote, AsyncFlyteRemote)),
        (2, runs.VERBS, (Flyte2Remote, AsyncFlyte2Remote)),
    )
    for name, do in table.items()
}


class World(NamedTuple):
    """A server that wants a token, and what verbs are about."""

    guard: Guard
    endpoint: str
    run: FlyteRun
    """One that has ended, with all that its task is."""
    running: FlyteRun
    file: Path


@pytest.fixture(scope="module")
def recorded() -> Iterator[TwistingServer]:
    with TwistingServer() as server:
        yield server


@pytest.fixture(scope="module")
def world(recorded: TwistingServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    file = tmp_path_factory.mktemp("tokens") / "file.txt"
    file.write_text("what goes up")
    with Flyte2Remote(Config(recorded.endpoint, insecure=True), PROJECT, DOMAIN) as remote:
        done, running = remote.fetch_run(DONE), remote.fetch_run(RUNNING)
        assert done.details
    server = grpc.server(ThreadPoolExecutor(16), handlers=[guard := Guard()])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield World(guard, f"127.0.0.1:{port}", done, running, file)
    server.stop(None).wait()


def _strange(endpoint: Endpoint, peer: Peer, world: World, verb: Verb) -> Iterator[str]:
    """What is wrong with what a verb makes of a token endpoint, at a path of the verb's name."""
    config = Config(
        world.endpoint,
        insecure=True,
        authorization_header="token",
        client_id="me",
        client_secret=Secret(_SECRET),
        audience="flyte",
        token_url=f"{peer.url}/{verb}",
    )
    is_final = endpoint.error is FlyteAuthenticationError
    is_patient = verb.name in _PATIENT and not is_final
    policy = CallPolicy(_SOON if endpoint.error is FlyteCallTimeout else _PATIENCE)
    face = Face(verb.make(config, PROJECT, DOMAIN, policy=policy))
    error: FlyteError | None = None
    began = time.monotonic()
    try:
        verb.do(_case(face, world), **({"timeout": _AWHILE} if is_patient else {}))
    except FlyteError as raised:
        error = raised
    finally:
        face.close()
    if time.monotonic() - began > _PATIENCE:
        yield f"{verb} takes its time"
    asked = {each.line for each in peer.seen if f"/{verb} " in each.line}
    if asked != {f"POST /{verb} HTTP/1.1"}:
        yield f"{verb} asks {asked}"
    expected = FlyteTimeout if is_patient else endpoint.error
    expected = FlyteDataError if verb.name == "download" else expected
    if not isinstance(error, expected) and not (is_patient and verb.name == "watch_runs"):
        yield f"{verb} ends with {error!r}"
    shown = "".join(traceback.format_exception(error)) if error is not None else ""
    if "\x1b" in shown or _SECRET in shown or len(shown) > 100_000:
        yield f"{verb} shows {shown!r}"


def _case(face: Face, world: World) -> verbs.Case | runs.Case:
    if isinstance(face.remote, (FlyteRemote, AsyncFlyteRemote)):
        done = FlyteWorkflowExecution.promote_from_model(Execution.from_pb(execution("done")))
        return verbs.Case(face, "done", "waiting", done, world.file)
    return runs.Case(face, world.run, world.running, world.file)


def _all_strange(endpoint: Endpoint, world: World, chosen: list[Verb]) -> list[str]:
    with hostile(endpoint.script) as peer, ThreadPoolExecutor(24) as pool:
        found = pool.map(lambda verb: [*_strange(endpoint, peer, world, verb)], chosen)
        wanted = {f"POST /{verb} HTTP/1.1" for verb in chosen}
        return [*chain(*found), *({each.line for each in peer.seen} - wanted)]


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_verb_ends_well_whatever_a_token_endpoint_does(name: str, world: World) -> None:
    """Each verb meets each endpoint, and each face meets each of both."""
    world.guard.shown.clear()
    turn = list(ENDPOINTS).index(name)
    chosen = [faces[(at + turn) % 2] for at, faces in enumerate(_FACES.values())]
    assert _all_strange(ENDPOINTS[name], world, chosen) == []
    assert bool(world.guard.shown) == ("ever new" in name)
    until(lambda: "flytebind-token" not in _threads(), "the end of what asks for tokens")


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def _guard_streams(message: Message, context: grpc.ServicerContext) -> Message:
    """Let calls pass, and know nobody who wants a stream."""
    if message.DESCRIPTOR.name.startswith(("Watch", "Tail")):
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "who are you?")
    return message


@pytest.mark.parametrize("name", ["drips trailers", "gives no token", "is busy"])
def test_the_token_of_a_stream_has_the_deadline_of_a_call(
    name: str, world: World, recorded: TwistingServer, caplog: pytest.LogCaptureFixture
) -> None:
    recorded.twist = _guard_streams
    endpoint = ENDPOINTS.get(name) or Endpoint(ENDLESS[name], FlyteCallTimeout)
    streams = [verb for each in _STREAMS for verb in _FACES[f"2 {each}"]]
    assert _all_strange(endpoint, world._replace(endpoint=recorded.endpoint), streams) == []
    assert ("asking again: " in caplog.text) == (endpoint.error is not FlyteAuthenticationError)
    assert ("no token has come in time" in caplog.text) == (endpoint.error is FlyteCallTimeout)
