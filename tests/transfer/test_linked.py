"""Files behind links, on servers that behave badly."""

from __future__ import annotations

import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest

from flytebind._transfer import linked
from flytebind._transfer.http.client import HttpClient
from flytebind._transfer.linked import LinkedFile
from flytebind._transfer.links import Moved
from flytebind._transfer.threads import Threads
from flytebind.remote.errors import FlyteAssertion, FlyteDataError
from tests.transfer.http.peer import DATA, Peer, Script, answer, raw, silent, whole

URI = "s3://bucket/key"

Serve = Callable[..., Peer]


class Signer:
    """Signs links to one server, and counts them."""

    def __init__(self, peer: Peer) -> None:
        self.http = HttpClient()
        self.given = 0
        self._peer = peer

    def watch(self, what: str, size: int | None, /) -> AbstractContextManager[Moved]:
        raise AssertionError("nobody asks for that")

    def link(self, uri: str, /) -> str:
        assert uri == URI
        self.given += 1
        return f"{self._peer.url}/bucket/key?X-Amz-Signature=secret{self.given}"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server; see ``Peer``."""
    with ExitStack() as stack:

        def start(*scripts: Script) -> Peer:
            peer = Peer(list(scripts))
            stack.callback(peer.close)
            return peer

        yield start


@pytest.fixture(autouse=True)
def _no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linked, "_MAX_PAUSE", 0.02)


def refusing(status: str, body: str, headers: str = "") -> Script:
    return answer(body.encode(), status, headers)


EXPIRED = refusing(
    "403 Forbidden",
    "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
)
# As recorded: what a store says when it has too much to do.
BUSY = refusing(
    "503 Slow Down",
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code><Message>Please reduce'
    " your request rate.</Message><RequestId>REQ</RequestId><HostId>HOST</HostId></Error>",
    "Content-Type: application/xml\r\nRetry-After: 1\r\n",
)


def ranges(peer: Peer) -> list[str]:
    return [",".join(seen.header("Range")) for seen in peer.seen]


@pytest.mark.parametrize("reset", [False, True])
def test_reading_goes_on_where_the_connection_broke(serve: Serve, reset: bool) -> None:
    peer = serve(whole(after=100_000, reset=reset), whole(after=50_000, reset=reset), whole())
    signer = Signer(peer)
    with LinkedFile(URI, signer) as file:
        assert file.readall() == DATA
    starts = [int(each.removeprefix("bytes=").rstrip("-") or 0) for each in ranges(peer)]
    assert starts == sorted(starts)
    assert len(starts) == 3
    if not reset:  # which throws away what was not read yet
        assert starts == [0, 100_000, 150_000]
    assert signer.given == 1


@pytest.mark.parametrize("busy", [BUSY, refusing("500 Internal Server Error", ""), raw(b"")])
def test_a_store_that_cannot_now_is_asked_again(serve: Serve, busy: Script) -> None:
    with LinkedFile(URI, Signer(serve(busy, busy, whole(after=1000), busy, whole()))) as file:
        assert file.readall() == DATA


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "403 Forbidden"])
def test_a_link_that_has_expired_is_replaced_on_the_way(serve: Serve, status: str) -> None:
    expired = refusing(status, "<Error><Code>ExpiredToken</Code></Error>")
    peer = serve(whole(after=1000), expired, whole(after=1000), expired, whole())
    signer = Signer(peer)
    with LinkedFile(URI, signer) as file:
        assert file.readall() == DATA
    assert signer.given == 3
    assert "secret3" in peer.seen[-1].line


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (
            "404 Not Found",
            '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The'
            " specified key does not exist.</Message><Key>key</Key></Error>",
            "HTTP 404 Not Found: NoSuchKey: The specified key does not exist.",
        ),
        (
            "403 Forbidden",
            "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request"
            " time and the server's time is too large.</Message></Error>",
            "HTTP 403 Forbidden: RequestTimeTooSkewed: The difference between the request time and"
            " the server's time is too large.",
        ),
        (
            "403 Forbidden",
            "<?xml version='1.0' encoding='UTF-8'?><Error><Code>SignatureDoesNotMatch</Code>"
            "<Message>The request signature we calculated does not match.</Message>"
            "<StringToSign>GET\n\nsecret\n/bucket/key</StringToSign></Error>",
            "HTTP 403 Forbidden: SignatureDoesNotMatch: The request signature we calculated does"
            " not match.",
        ),
        (
            "403 Forbidden",
            '\ufeff<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code><Message>Server'
            " failed to authenticate the request.\nRequestId:1\nTime:now</Message>"
            "<AuthenticationErrorDetail>secret</AuthenticationErrorDetail></Error>",
            "HTTP 403 Forbidden: AuthenticationFailed: Server failed to authenticate the request.",
        ),
        ("403 Forbidden", "<html>secret</html>", "HTTP 403 Forbidden"),
    ],
)
def test_the_error_has_the_stores_own_words_and_no_secrets(
    serve: Serve, status: str, body: str, words: str
) -> None:
    signer = Signer(serve(refusing(status, body)))
    with pytest.raises(FlyteDataError, match=f"^{URI}: {re.escape(words)}$") as caught:
        LinkedFile(URI, signer).read()
    assert "secret" not in str(caught.value)
    assert signer.given == (1 if status.startswith("404") else 2)


def test_an_answer_that_does_not_tell_its_end_is_read_to_the_end(serve: Serve) -> None:
    peer = serve(whole(after=100_000, http10=True), whole(after=50_000, http10=True), whole())
    with LinkedFile(URI, Signer(peer)) as file:
        assert file.readall() == DATA
    assert ranges(peer) == ["", "bytes=100000-", "bytes=150000-"]
    for data in (DATA, b""):
        peer = serve(whole(data, http10=True))
        with LinkedFile(URI, Signer(peer)) as file:
            assert file.readall() == data
        assert ranges(peer) == ["", f"bytes={len(data)}-"]
    peer = serve(whole(http10=True))
    with LinkedFile(URI, Signer(peer), size=len(DATA)) as file:
        assert file.readall() == DATA
    assert ranges(peer) == [""]


def test_an_end_that_nobody_vouches_for_is_none(serve: Serve) -> None:
    with (
        LinkedFile(URI, Signer(serve(raw(b"HTTP/1.0 200 OK\r\n\r\nabc")))) as file,
        pytest.raises(FlyteDataError, match="after 3 bytes, and the server does not say whether"),
    ):
        file.readall()


def test_what_is_replaced_while_it_is_read_is_an_error(serve: Serve) -> None:
    with (
        LinkedFile(URI, Signer(serve(whole(after=1000), whole(version="2")))) as file,
        pytest.raises(FlyteDataError, match="was replaced while it was read"),
    ):
        file.readall()


def test_a_server_that_knows_no_ranges_sends_the_beginning_again(serve: Serve) -> None:
    peer = serve(whole(after=100_000), answer(DATA))
    with LinkedFile(URI, Signer(peer)) as file:
        assert file.readall() == DATA


def test_a_file_can_be_read_from_anywhere(serve: Serve) -> None:
    peer = serve(whole())
    with io.BufferedReader(LinkedFile(URI, Signer(peer)), 1000) as file:
        assert file.seekable()
        file.seek(-8, io.SEEK_END)
        assert file.read() == DATA[-8:]
        file.seek(200_000)
        assert file.read(10) == DATA[200_000:200_010]
        file.seek(5, io.SEEK_CUR)
        assert file.read(10) == DATA[200_015:200_025]
        file.seek(0)
        assert file.read() == DATA
        file.seek(len(DATA) + 1)
        assert file.read() == b""
        with pytest.raises(ValueError, match="before the beginning"):
            file.seek(-len(DATA) - 1, io.SEEK_END)


def test_silence_is_counted_from_the_last_byte(serve: Serve) -> None:
    def slow(peer: Peer, connection: socket.socket) -> None:
        peer.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n")
        for number in range(40):
            peer.over.wait(0.05)
            connection.sendall(bytes([number]) * 1000)

    started = time.monotonic()
    with LinkedFile(URI, Signer(serve(slow)), silence=1.5) as file:
        assert set(file.readall()) == {*range(40)}
    assert time.monotonic() - started > 1.5


def test_a_store_that_falls_silent_is_left_in_time(serve: Serve) -> None:
    with (
        LinkedFile(URI, Signer(serve(whole(after=1000), silent)), silence=0.3) as file,
        pytest.raises(FlyteDataError, match=r"after 1000 of 300000 bytes: hardly anything"),
    ):
        file.readall()


def test_a_store_that_never_answers_is_soon_given_up(serve: Serve) -> None:
    peer = serve(silent)
    signer = Signer(peer)
    peer.close()  # nobody listens there any more
    started = time.monotonic()
    with pytest.raises(FlyteDataError, match="refused"):
        LinkedFile(URI, signer).read()
    assert time.monotonic() - started < linked.SILENCE / 2


def test_without_a_link_there_is_the_error_of_who_signs(serve: Serve) -> None:
    class Closed(Signer):
        def link(self, uri: str, /) -> str:
            raise FlyteAssertion("the remote is closed")

    with pytest.raises(FlyteAssertion):
        LinkedFile(URI, Closed(serve(silent))).read()


@pytest.mark.parametrize("stalls", [[silent], [BUSY]], ids=["silent", "busy"])
def test_what_is_given_up_ends_at_once(
    serve: Serve, stalls: list[Script], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked, "_MAX_PAUSE", 60.0)
    peer = serve(*stalls)
    file = LinkedFile(URI, Signer(peer), silence=600)
    ended = threading.Event()

    def read() -> None:
        try:
            file.readall()
        finally:
            ended.set()

    work = Threads().submit(read)
    while not peer.seen:
        time.sleep(0.01)
    work.cancel()
    assert ended.wait(30)
