"""A Flyte server that hands out whatever links a test gives it, and remotes that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from flytebind.models.service.dataproxy import (
    CreateUploadLocationRequest,
    CreateUploadLocationResponse,
)
from flytebind.remote import Config
from flytebind.services.dataproxy import DataProxyServiceServicer
from tests.remote.conftest import DOMAIN, PROJECT, Face

Locate = Callable[[CreateUploadLocationRequest], CreateUploadLocationResponse]


class LinkingServer(DataProxyServiceServicer):
    """Answers with a link for each upload.

    Args:
        locate: Makes the link.
    """

    def __init__(self, locate: Locate) -> None:
        self.asked: list[CreateUploadLocationRequest] = []
        self._locate = locate
        self._server = grpc.server(ThreadPoolExecutor(4))
        self.add_to_server(self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def create_upload_location(
        self, request: CreateUploadLocationRequest, context: grpc.ServicerContext
    ) -> CreateUploadLocationResponse:
        self.asked.append(request)
        return self._locate(request)

    def close(self) -> None:
        """End it."""
        self._server.stop(None).wait()


@contextmanager
def linking(kind: str, locate: Locate, **settings: Any) -> Iterator[tuple[Face, LinkingServer]]:
    """A face of either kind, and the server that it talks to."""
    from flytebind.remote import AsyncFlyteRemote, FlyteRemote

    server = LinkingServer(locate)
    config = Config(f"127.0.0.1:{server.port}", insecure=True, **settings)
    make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
    face = Face(make(config, PROJECT, DOMAIN))
    try:
        yield face, server
    finally:
        face.close()
        server.close()
