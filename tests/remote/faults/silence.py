"""A connection that goes silent: nobody closes it, and nothing comes through any more."""

from __future__ import annotations

import selectors
import socket
import threading
from types import TracebackType

from flytebind.runtime.typing import Self


class SilentProxy:
    """Passes everything on to a server until it is told to be silent; a context manager.

    Connections that are made afterwards work.

    Args:
        target: The server's address, as ``host:port``.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = host, int(port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._peers: dict[socket.socket, socket.socket] = {}
        self._silent: set[socket.socket] = set()
        self._over = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._serve, name="silent-proxy")
        self._thread.start()

    def fall_silent(self) -> None:
        """Let nothing through any more on the connections that there are."""
        with self._lock:
            self._silent.update(self._peers)

    def _serve(self) -> None:
        while not self._over:
            for key, _ in self._selector.select(0.05):
                end = key.fileobj
                assert isinstance(end, socket.socket)
                if end is self._listener:
                    self._accept()
                else:
                    self._pass_on(end)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        server = socket.create_connection(self._target)
        with self._lock:
            self._peers.update({client: server, server: client})
        for end in (client, server):
            self._selector.register(end, selectors.EVENT_READ)

    def _pass_on(self, end: socket.socket) -> None:
        if end not in self._peers:
            return  # closed just now, with its other end
        try:
            data = end.recv(65536)
        except OSError:
            data = b""
        with self._lock:
            silent = end in self._silent
        if not data:
            self._close(end)
        elif not silent:
            self._peers[end].sendall(data)

    def _close(self, end: socket.socket) -> None:
        other = self._peers[end]
        for each in (end, other):
            if each in self._peers:
                self._selector.unregister(each)
                with self._lock:
                    del self._peers[each]
                each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        self._thread.join()
        self._selector.close()
        for each in (*self._peers, self._listener):
            each.close()
