"""A Flyte that answers what a real one answered, over sockets: calls, and the links in answers."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import grpc
from flyteidl.admin.common_pb2 import UrlBlob
from google.protobuf.message import DecodeError

from flytebind.remote import Config
from tests.real import recordings
from tests.real.recordings import Answer, Question

_LISTS: Final = frozenset(
    {"ListNodeExecutions", "ListNodeExecutionsForTask", "ListTaskExecutions", "ListSignals"}
)
#: What comes after its own event; the rest comes before.
_LATER: Final = ("ListTaskExecutions", "GetTaskExecution", "GetNodeExecution", "Data")

_NOT_THERE: Final = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>'
    b"<Message>The specified key does not exist.</Message></Error>"
)


Rewrite: TypeAlias = Callable[[Question, Any], None]


class RecordedServer:
    """Answers calls about recorded executions.

    Executions are whole and done, unless ``moments`` says otherwise of one. Lists are never cut
    into pages, whatever a request says of them.

    Args:
        executions: Their names.
        timelines: The names of those that can be shown as they went.
    """

    def __init__(self, executions: Iterable[str] = (), timelines: Iterable[str] = ()) -> None:
        self._final: dict[Question, Answer] = {}
        self._timelines: dict[str, dict[Question, list[Answer]]] = {}
        self._blobs: dict[str, bytes | None] = {}
        self.moments: dict[str, int] = {}
        """By execution, the moment of its timeline that is now; of the others it is the end."""
        self.inlines = True
        """Whether data travel in answers; otherwise links to them are all, as for larger ones."""
        self.instead: dict[Question, Answer] = {}
        """What is answered instead of what was recorded."""
        self.rewrite: Rewrite | None = None
        """Changes answers to calls that went well, before they are sent."""
        self.calls: list[Question] = []
        """All calls so far."""
        self.fetched: list[str] = []
        """The paths of all links that were followed so far."""
        for row in recordings.rows("timelines", "entities"):
            self._final[row.question] = row.answer
        for name in executions:
            self.add(recordings.rows("executions", name))
            self._blobs.update(recordings.blobs(name))
        for name in timelines:
            answers: defaultdict[Question, list[Answer]] = defaultdict(list)
            for row in recordings.rows("timelines", name):
                answers[row.question].append(row.answer)
            self._timelines[name] = dict(answers)

    def add(self, rows: Iterable[recordings.Row]) -> None:
        """Know the answers of a recording, too; the last one to each question holds."""
        self._final.update((row.question, row.answer) for row in rows)

    def answer(self, question: Question) -> Answer:
        """What it says now."""
        if question in self.instead:
            return self.instead[question]
        for name, moment in self.moments.items():
            timeline = self._timelines[name]
            if question in timeline:
                return _at(moment, question, timeline[question])
        return self._final.get(question) or _nothing(question)

    def known(self, name: str) -> list[Question]:
        """All questions of a method whose answers are known."""
        return [question for question in self._final if question.name == name]

    def moments_of(self, name: str) -> list[int]:
        """All moments of a timeline at which an answer changes."""
        answers = self._timelines[name].values()
        return sorted({answer.at for several in answers for answer in several})

    def counts(self) -> dict[str, int]:
        """How often each method was called so far."""
        return dict(Counter(call.name for call in self.calls))

    @property
    def config(self) -> Config:
        """How to reach it."""
        return Config.for_endpoint(self.endpoint, insecure=True)

    def __enter__(self) -> RecordedServer:
        self._store = _Store(self)
        threading.Thread(target=self._store.serve_forever, args=(0.05,), daemon=True).start()
        self.store = f"http://127.0.0.1:{self._store.server_port}"
        self._server = grpc.server(ThreadPoolExecutor(8, "recorded"))
        self._server.add_generic_rpc_handlers((_Handlers(self),))
        self.endpoint = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait()
        self._store.shutdown()
        self._store.server_close()

    def put(self, path: str, content: bytes) -> None:
        """Let something lie behind a link."""
        self._blobs[path] = content

    def blob(self, path: str) -> bytes | None:
        """What lies behind a link; None if nothing does."""
        return self._blobs.get(path)

    def say(self, method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        """Answer a call."""
        question = Question.of(method, request)
        self.calls.append(question)
        answer = self.answer(question)
        context.set_trailing_metadata(answer.trailing)
        if answer.code is not grpc.StatusCode.OK:
            context.abort(answer.code, answer.details)
        return self._finish(question, answer)

    def _finish(self, question: Question, answer: Answer) -> bytes:
        """The same answer with links that lead here."""
        try:
            message = answer.read(question.method)
        except DecodeError:  # a test wants it to be unreadable
            return answer.response
        if self.rewrite is not None:
            self.rewrite(question, message)
        for field, value in message.ListFields():
            if field.message_type is UrlBlob.DESCRIPTOR and value.url:
                link = urlsplit(value.url)
                value.url = f"{self.store}{link.path}?{link.query}"
                if value.bytes and not self.inlines:
                    message.ClearField(f"full_{field.name}")
        return bytes(message.SerializeToString())


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, server: RecordedServer) -> None:
        self._handlers: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            method: grpc.unary_unary_rpc_method_handler(partial(server.say, method))
            for method in recordings.methods()
        }

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

    def do_GET(self) -> None:
        assert isinstance(self.server, _Store)
        path = urlsplit(self.path).path
        self.server.recorded.fetched.append(path)
        content = self.server.recorded.blob(path)
        self.send_response(200 if content is not None else 404)
        body = _NOT_THERE if content is None else content
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _at(moment: int, question: Question, answers: list[Answer]) -> Answer:
    """What was answered at a moment."""
    if question.name.endswith(_LATER):
        return next((answer for answer in answers if answer.at >= moment), answers[-1])
    so_far = [answer for answer in answers if answer.at <= moment]
    return so_far[-1] if so_far else _nothing(question)


def _nothing(question: Question) -> Answer:
    if question.name in _LISTS:
        return Answer(grpc.StatusCode.OK, b"", "", (), 0)
    return Answer(grpc.StatusCode.NOT_FOUND, b"", "entity not found", (), 0)
