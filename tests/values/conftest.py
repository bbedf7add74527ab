"""A web server that misbehaves on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

#: Answers a request in whatever way.
Answer = Callable[[BaseHTTPRequestHandler], None]


class WebServer:
    """Answers GETs of the paths in ``answers``; the query does not count."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = server.answers.get(self.path.partition("?")[0])
                if answer is None:
                    self.send_error(404)
                else:
                    answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def link(self, path: str) -> str:
        """A signed link, as it were."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{path}?signature=secret"

    def gives(self, path: str, data: bytes, *, length: int | None = None) -> str:
        """Answer with bytes, perhaps not as many as promised; returns the link."""

        def answer(request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Length", str(len(data) if length is None else length))
            request.end_headers()
            request.wfile.write(data)

        self.answers[path] = answer
        return self.link(path)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer()
    yield server
    server.close()
