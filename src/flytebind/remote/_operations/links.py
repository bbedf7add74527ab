"""Signed links, for whoever reads files through a remote."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager
from dataclasses import replace

from flytebind._transfer.http.client import HttpClient
from flytebind._transfer.links import Moved
from flytebind._transfer.threads import current_work
from flytebind.remote._calls import Caller
from flytebind.remote._clients import async_client
from flytebind.remote._io import Io
from flytebind.remote._io.blocking import BlockingIo, run
from flytebind.remote._session import Session
from flytebind.remote._transfers import Transfer
from flytebind.remote.errors import FlyteAssertion, FlyteCallError
from flytebind.runtime.grpcio import grpc


class SignedLinks:
    """Asks the server for links, in whatever thread somebody reads.

    Args:
        session: Whose server.
        loop: The loop that runs where this is made; a ``grpc.aio`` channel can be used in it alone.
    """

    def __init__(self, session: Session, loop: asyncio.AbstractEventLoop | None) -> None:
        self._session = session
        self._loop = loop

    @property
    def http(self) -> HttpClient:
        """See ``Links``."""
        return self._session.connection.http

    def link(self, uri: str, /) -> str:
        """See ``Links``."""
        session = self._session
        if not session.connection.is_asyncio:
            return run(_link(session, BlockingIo(), uri), session.turns)
        if self._loop is None or self._loop is _running_loop():
            raise FlyteAssertion(
                f"{uri} would block the event loop: await remote.download(...), or read it in"
                " another thread"
            )
        asked = asyncio.run_coroutine_threadsafe(_link(session, session.io, uri), self._loop)
        work = current_work()
        if work is None:
            return asked.result()
        with work.ended_by(asked.cancel):
            return asked.result()

    def watch(self, what: str, size: int | None, /) -> AbstractContextManager[Moved]:
        """See ``Links``."""
        return Transfer(what, size)


def links_of(session: Session) -> SignedLinks:
    """What signs links for what is read through a session."""
    return SignedLinks(session, _running_loop())


async def _link(session: Session, io: Io, uri: str) -> str:
    # Few programs read files, and this takes a while to import.
    from flytebind.models.service.dataproxy import CreateDownloadLocationRequest
    from flytebind.services.dataproxy import DataProxyServiceAsyncClient

    # Some servers have no store that signs, or may not. They say INTERNAL each time.
    policy = session.policy if session.signs else replace(session.policy, max_attempts=1)
    caller = Caller(session.connection, io, policy)
    proxy = async_client(DataProxyServiceAsyncClient, caller)
    try:
        answer = await proxy.create_download_location(CreateDownloadLocationRequest(native_url=uri))
    except FlyteCallError as error:
        session.signs = error.code is not grpc.StatusCode.INTERNAL
        raise
    session.signs = True
    return answer.signed_url


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
