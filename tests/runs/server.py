"""A Flyte 2 that answers what a real one answered, over sockets."""

from __future__ import annotations

import threading
import time
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import grpc
from flyteidl2.cluster.payload_pb2 import SelectClusterResponse
from flyteidl2.dataproxy.dataproxy_service_pb2 import (
    CreateDownloadLinkResponse,
    CreateUploadLocationResponse,
)
from flyteidl2.workflow.run_service_pb2 import (
    GetRunDetailsResponse,
    WatchActionDetailsResponse,
    WatchActionsResponse,
)
from google.protobuf.message_factory import GetMessageClass

from flytebind.remote import Config
from flytebind.runtime.typing import Self
from tests.runs import recordings
from tests.runs.recordings import METHODS, Answer, Question

#: What the server sends of a list when nobody says how much.
_PAGE = 50
#: More than this of a list is refused.
_LARGEST = 200


class RecordedServer:
    """Answers calls about recorded runs.

    Lists are cut into pages as the server does it, whatever a request says of their order. Streams
    that the real one left open stay open.

    Args:
        runs: The kinds of those that are known.
        talks: The names of conversations whose calls are known, too.
    """

    def __init__(self, runs: Iterable[str] = (), talks: Iterable[str] = ()) -> None:
        self._known: dict[Question, Answer] = {}
        self._ranks: dict[Question, tuple[int, ...]] = {}
        self.instead: dict[Question | str, Answer | Callable[[Question], Answer]] = {}
        """What is answered instead of what was recorded: to a question, or to all of a method."""
        self.calls: list[Question] = []
        """All calls so far."""
        self.metadata: list[dict[str, str | bytes]] = []
        """What was sent along with each."""
        self.stored: dict[str, bytes] = {}
        """What lies behind links, by path."""
        self.put: dict[str, tuple[dict[str, str], bytes]] = {}
        """What was uploaded, by path: the headers and the content."""
        self.timeline: Timeline | None = None
        """The run that goes on."""
        self.cluster: str | None = None
        """The endpoint that it names; None for its own."""
        self._closing = threading.Event()
        for folder, names in (("runs", runs), ("talks", talks)):
            for name in names:
                for call in recordings.calls(folder, name):
                    self._remember(call)

    @property
    def config(self) -> Config:
        """How to reach it."""
        return Config.for_endpoint(self.endpoint, insecure=True)

    def counts(self) -> dict[str, int]:
        """How often each method was called so far."""
        return dict(Counter(call.name for call in self.calls))

    def asked(self, name: str) -> list[Any]:
        """The requests to a method so far, as plain protobuf."""
        return [
            GetMessageClass(METHODS[call.method].input_type).FromString(call.request)
            for call in self.calls
            if call.name == name
        ]

    def reset(self) -> None:
        """Forget what a test did."""
        self.calls.clear()
        self.metadata.clear()
        self.instead.clear()
        self.put.clear()
        self.stored.clear()
        self.timeline = None
        self.cluster = None

    def play(self, name: str, seconds: float = 0.1) -> str:
        """Let a run go on as it was recorded, in so many seconds; returns its name."""
        self.timeline = Timeline(name, seconds)
        return str(recordings.head("timelines", name)["run"])

    def hide_timeline(self) -> Timeline:
        """Have streams of what goes on answered otherwise, until this is put back; it goes on."""
        timeline, self.timeline = self.timeline, None
        assert timeline is not None
        timeline.begin()
        for question in timeline.polled:
            self.instead[question] = timeline.poll
        return timeline

    def answer(self, question: Question) -> Answer:
        """What it says now."""
        if self.timeline is not None and question in self.timeline.polled:
            return self.timeline.poll(question)
        instead = self.instead.get(question) or self.instead.get(question.name)
        if instead is not None:
            return instead(question) if callable(instead) else instead
        found = self._known.get(question)
        if question.name == "SelectCluster":  # which it answers whatever is asked
            return Answer(grpc.StatusCode.OK, (b"",))
        if found is None:
            return Answer(grpc.StatusCode.NOT_FOUND, (), f"not recorded: {question.name}")
        return found

    def __enter__(self) -> Self:
        self._store = _Store(self)
        threading.Thread(target=self._store.serve_forever, args=(0.05,), daemon=True).start()
        self.store = f"http://127.0.0.1:{self._store.server_port}"
        self.start()
        return self

    def start(self, endpoint: str = "127.0.0.1:0") -> None:
        """Begin to serve, as after a crash."""
        self._closing = threading.Event()
        # A stream that a bridge does not give up goes on until its time is over.
        self._server = grpc.server(ThreadPoolExecutor(256, "recorded"))
        self._server.add_generic_rpc_handlers((_Handlers(self),))
        host = endpoint.rpartition(":")[0]
        self.endpoint = f"{host}:{self._server.add_insecure_port(endpoint)}"
        self._server.start()

    def stop(self, grace: float | None = None) -> None:
        """Close the port, and end all calls: at once, or when they have had so many seconds."""
        if grace is None:
            self._closing.set()
        self._server.stop(grace).wait()

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._store.shutdown()
        self._store.server_close()

    def say(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        """Answer a call."""
        answer = self._hear(method, request, context)
        if answer.code not in (grpc.StatusCode.OK, None):
            context.abort(answer.code, answer.details)
        return self._finish(method, request, answer.messages[0])

    def stream(self, method: str, request: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
        """Answer a call with many messages."""
        answer = self._hear(method, request, context)
        question = Question.of(method, request)
        if self.timeline is not None and question in self.timeline.streamed:
            yield from self.timeline.stream(question, context)
            answer = answer._replace(code=self.timeline.end(question))
        else:
            yield from answer.messages
        if answer.code is None:
            while not self._closing.wait(0.02) and context.is_active():
                pass
            return
        if answer.code is not grpc.StatusCode.OK:
            context.abort(answer.code, answer.details)

    def _hear(self, method: str, request: bytes, context: grpc.ServicerContext) -> Answer:
        self.metadata.append(dict(context.invocation_metadata()))
        self.calls.append(Question(method, request))
        return self.answer(Question.of(method, request))

    def _remember(self, call: recordings.Call) -> None:
        # Lists were read with all sorts of limits and orders: the longest in order of age is taken.
        rank = (len(_rows(call)), call.is_by_age) if call.question.name.startswith("List") else (0,)
        if rank >= self._ranks.get(call.question, (0,)):
            self._ranks[call.question] = rank
            self._known[call.question] = call.answer

    def _finish(self, method: str, request: bytes, response: bytes) -> bytes:
        """The same answer, cut as the request wants it, and with links that lead here."""
        message: Any = GetMessageClass(METHODS[method].output_type).FromString(response)
        asked: Any = GetMessageClass(METHODS[method].input_type).FromString(request)
        match message:
            case SelectClusterResponse():
                message.cluster_endpoint = self.cluster or f"http://{self.endpoint}"
            case CreateUploadLocationResponse():
                message.signed_url = self._here(message.signed_url)
            case CreateDownloadLinkResponse():
                links = message.pre_signed_urls.signed_url
                links[:] = [self._here(link) for link in links]
            case _ if hasattr(asked, "request") and hasattr(message, "token"):
                _cut(message, asked.request.limit or _PAGE, int(asked.request.token or 0))
        return bytes(message.SerializeToString())

    def _here(self, link: str) -> str:
        parts = urlsplit(link)
        return f"{self.store}{parts.path}?{parts.query}"


class Timeline:
    """A run as it went, in less time, from the moment at which somebody begins to watch it.

    Args:
        name: The recording.
        seconds: How long it is to take.
    """

    def __init__(self, name: str, seconds: float) -> None:
        rows = recordings.lines("timelines", name)
        self._began: float | None = None
        self._pace: float = max(row["ms"] for row in rows) / seconds
        asked = {row["at"]: row for row in rows if "request" in row}
        self.polled: defaultdict[Question, list[tuple[int, Answer]]] = defaultdict(list)
        self.streamed: defaultdict[Question, list[tuple[int, bytes]]] = defaultdict(list)
        self._ends: dict[Question, grpc.StatusCode | None] = {}
        for row in rows:
            if row.get("event") not in ("response", "message", "end") or row["of"] not in asked:
                continue
            of = asked[row["of"]]
            question = Question.of(of["method"], b64decode(of["request"]))
            if row["event"] == "message":
                self.streamed[question].append((row["ms"], b64decode(row["message"])))
            elif row["event"] == "end":
                self._ends[question] = recordings.answer(row).code
            else:
                self.polled[question].append((row["ms"], recordings.answer(row)))

    def begin(self) -> None:
        """Let it go on from its first moment, unless it does already."""
        if self._began is None:
            self._began = time.monotonic()

    def poll(self, question: Question) -> Answer:
        """What was answered last; at first what was answered first."""
        answers, now = self.polled[question], self._now
        return next((each for at, each in reversed(answers) if at <= now), answers[0][1])

    def stream(self, question: Question, context: grpc.ServicerContext) -> Iterator[bytes]:
        """What comes from now on: first how things are, then what changes.

        The last news of an action's stream may be from before its end: the stream ends with the
        attempt, and the action a moment later.
        """
        self.begin()
        messages, now = self.streamed[question], self._now
        past = [each for at, each in messages if at <= now]
        if question.name == "WatchActionDetails" and past:
            yield self._details()
        elif question.name == "WatchActions":
            yield together(past or [messages[0][1]])
        else:
            yield past[-1] if past else messages[0][1]
        for at, each in messages[max(len(past), 1) :]:
            while self._now < at and context.is_active():
                time.sleep(0.002)
            yield each

    def end(self, question: Question) -> grpc.StatusCode | None:
        """How the server ended it; None where it stays open."""
        return self._ends.get(question)

    def _details(self) -> bytes:
        """How the action is that the run began with, as the stream has it."""
        known = next(each for each in self.polled if each.name == "GetRunDetails")
        run = GetRunDetailsResponse.FromString(self.poll(known).messages[0])
        return WatchActionDetailsResponse(details=run.details.action).SerializeToString()

    @property
    def _now(self) -> float:
        """Milliseconds of the recording."""
        return 0 if self._began is None else (time.monotonic() - self._began) * self._pace


def together(messages: list[bytes]) -> bytes:
    """All actions, each as it was told of last."""
    latest = {
        each.action.id.name: each
        for message in messages
        for each in WatchActionsResponse.FromString(message).enriched_actions
    }
    return WatchActionsResponse(enriched_actions=latest.values()).SerializeToString()


def _cut(message: Any, limit: int, offset: int) -> None:
    """Keep one page of a list. A full one is followed by another, which may be empty."""
    rows = _rows_of(message)
    page = rows[offset : offset + min(limit, _LARGEST)]
    del rows[:]
    rows.extend(page)
    message.token = str(offset + len(page)) if len(page) == limit else ""


def _rows(call: recordings.Call) -> Any:
    if call.answer.code is not grpc.StatusCode.OK:
        return ()
    kind = GetMessageClass(METHODS[call.question.method].output_type)
    return _rows_of(kind.FromString(call.answer.messages[0]))


def _rows_of(message: Any) -> Any:
    """The rows of a list, whatever it is a list of."""
    if message.DESCRIPTOR.name == "ListProjectsResponse":
        return message.projects.projects
    name = next(field.name for field in message.DESCRIPTOR.fields if field.message_type is not None)
    return getattr(message, name)


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, server: RecordedServer) -> None:
        self._handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {}
        for path, method in METHODS.items():
            self._handlers[path] = (
                grpc.unary_stream_rpc_method_handler(partial(server.stream, path))
                if method.server_streaming
                else grpc.unary_unary_rpc_method_handler(partial(server.say, path))
            )

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        return self._handlers.get(details.method)


class _Store(ThreadingHTTPServer):
    """The object store, as far as links lead to it."""

    daemon_threads = True

    def __init__(self, recorded: RecordedServer) -> None:
        super().__init__(("127.0.0.1", 0), _Link)
        self.recorded = recorded


class _Link(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Store

    def do_GET(self) -> None:
        content = self.server.recorded.stored.get(urlsplit(self.path).path)
        body = b"<Error><Code>NoSuchKey</Code></Error>" if content is None else content
        self._send(404 if content is None else 200, body)

    def do_PUT(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.recorded.put[urlsplit(self.path).path] = dict(self.headers), content
        self._send(200, b"")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
