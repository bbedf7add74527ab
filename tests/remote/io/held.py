"""A server that holds calls until somebody gives them up."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any

import grpc

from flytebind.runtime.rpc.handlers import Handler
from flytebind.runtime.typing import Self

HOLD, FAIL = b"hold", b"fail"
_PATH = "/tests.Held/Call"
_WORKERS = 40


class HeldServer:
    """Answers a call with what it was sent; holds ``HOLD``, and fails ``FAIL`` with NOT_FOUND.

    A context manager, with a channel to itself.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.held = 0
        """How many calls are held now."""
        self.given_up = 0
        """How many were held until their client cancelled them."""
        self.arrived: list[bytes] = []
        """All requests, in the order in which they came."""
        self.most = 0
        """How many calls have been here at once."""
        self._here = 0
        handler: Handler = grpc.unary_unary_rpc_method_handler(self._answer)
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="held")
        self._server = grpc.server(self._workers)
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("tests.Held", {"Call": handler}),)
        )
        port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()
        self.endpoint = f"127.0.0.1:{port}"
        self.channel = grpc.insecure_channel(self.endpoint)
        self._stub: Any = self.channel.unary_unary(_PATH)

    def call(self, request: bytes) -> grpc.Future[bytes]:
        """Send a request. Its own deadline is far away: whoever wants it to end gives it up."""
        started: grpc.Future[bytes] = self._stub.future(request, timeout=300)
        return started

    def _answer(self, request: bytes, context: grpc.ServicerContext) -> bytes:
        with self._lock:
            self.arrived.append(request)
            self._here += 1
            self.most = max(self.most, self._here)
        try:
            if request == FAIL:
                context.abort(grpc.StatusCode.NOT_FOUND, "there is no such thing")
            if request == HOLD:
                self._hold(context)
            return request
        finally:
            with self._lock:
                self._here -= 1

    def _hold(self, context: grpc.ServicerContext) -> None:
        over = threading.Event()
        if context.add_callback(over.set):
            with self._lock:
                self.held += 1
            over.wait()
            with self._lock:
                self.held -= 1
        with self._lock:
            self.given_up += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.channel.close()
        self._server.stop(grace=None).wait()
        self._workers.shutdown()
        del self._server  # it keeps files open for as long as it is there
