"""Whatever waits for a server can be ended at once."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from flytebind._transfer.http.client import HttpClient
from flytebind._transfer.http.errors import HttpEnded, HttpTimeout
from flytebind._transfer.threads import GivenUp, Threads, Work, check_given_up, unless_given_up
from flytebind.remote._io.asynchronous import AsyncIo
from flytebind.remote._io.blocking import BlockingIo, run
from flytebind.remote._io.turns import Turns
from flytebind.remote.errors import FlyteAssertion, FlyteTimeout
from tests.remote.faults.leftovers import until
from tests.remote.io.driving import when
from tests.transfer.http.conftest import Serve
from tests.transfer.http.peer import Peer, deaf, drip, silent

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
ENDLESS = b"HTTP/1.0 200 OK\r\n\r\n"
LONG = 300.0


def nobody_is_left() -> bool:
    return not any(thread.name.startswith("flytebind") for thread in threading.enumerate())


Wait = Callable[[HttpClient, Peer], object]


def ask(client: HttpClient, peer: Peer) -> object:
    return client.request("GET", peer.url, timeout=LONG)


def load(client: HttpClient, peer: Peer) -> object:
    with client.open(peer.url, silence=LONG) as content:
        return content.readall()


def send(client: HttpClient, peer: Peer) -> object:
    size = 32 << 20
    return client.upload(peer.url, io.BytesIO(bytes(size)), size, silence=LONG)


WAITS = [
    pytest.param(ask, silent, id="request"),
    pytest.param(load, drip(HEAD, 0.1, b"."), id="body"),
    pytest.param(load, drip(ENDLESS, 0.1, b"."), id="endless body"),
    pytest.param(send, deaf, id="upload"),
]


@pytest.mark.parametrize(("wait", "script"), WAITS)
def test_closing_ends_whatever_is_under_way(serve: Serve, wait: Wait, script: object) -> None:
    peer, client = serve(script), HttpClient()
    closer = when(lambda: peer.seen, client.close)
    with pytest.raises(HttpEnded, match="the remote is closed"):
        wait(client, peer)
    closer.join()
    with pytest.raises(HttpEnded):
        wait(client, peer)


@pytest.mark.parametrize(("wait", "script"), WAITS)
@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_what_nobody_waits_for_any_more_ends(
    serve: Serve, client: HttpClient, wait: Wait, script: object, kind: str
) -> None:
    peer = serve(script)
    ended: list[BaseException] = []

    def work() -> None:
        try:
            wait(client, peer)
        except BaseException as error:
            ended.append(error)

    async def waiting(io: BlockingIo | AsyncIo) -> None:
        await io.in_thread(work)

    async def cancelled() -> None:
        task = asyncio.ensure_future(waiting(AsyncIo(Turns(4))))
        while not peer.seen:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    if kind == "blocking":
        interrupt = when(lambda: peer.seen, lambda: os.kill(os.getpid(), signal.SIGINT))
        with pytest.raises(KeyboardInterrupt):
            run(waiting(BlockingIo()), Turns(4))
        interrupt.join()
    else:
        asyncio.run(cancelled())
    until(nobody_is_left, "the end of all threads")
    assert isinstance(ended[0], HttpEnded)
    assert "nobody waits" in str(ended[0])


@pytest.mark.parametrize(("wait", "script"), WAITS)
def test_ctrl_c_ends_what_the_main_thread_waits_for(
    serve: Serve, client: HttpClient, wait: Wait, script: object
) -> None:
    peer = serve(script)
    interrupt = when(lambda: peer.seen, lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        wait(client, peer)
    interrupt.join()
    until(nobody_is_left, "the end of all threads")


@pytest.mark.parametrize("face", ["blocking", "asyncio"])
def test_a_program_that_is_interrupted_ends_at_once(face: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import asyncio, socket, sys\n"
        "from flytebind._transfer.http.client import HttpClient\n"
        "from flytebind.remote._io.asynchronous import AsyncIo\n"
        "from flytebind.remote._io.blocking import BlockingIo, run\n"
        "from flytebind.remote._io.turns import Turns\n"
        "listener = socket.create_server(('127.0.0.1', 0))\n"
        "url = f'http://127.0.0.1:{listener.getsockname()[1]}/'\n"
        "def stuck():\n"
        "    print('waiting', flush=True)\n"
        "    HttpClient().request('GET', url, timeout=300)\n"
        "async def main(io):\n"
        "    await io.gather(io.in_thread(stuck) for _ in range(40))\n"
        f"if {face == 'asyncio'}:\n"
        "    asyncio.run(main(AsyncIo(Turns(64))))\n"
        "else:\n"
        "    run(main(BlockingIo()), Turns(64))\n"
    )
    with subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode != 0


def test_a_resolver_that_hangs_holds_nobody(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: over.wait())
    client = HttpClient()
    with pytest.raises(HttpTimeout):
        client.request("GET", "http://slow.test/", timeout=0.2)
    closer = threading.Timer(0.2, client.close)
    closer.start()
    with pytest.raises(HttpEnded):
        client.request("GET", "http://slow.test/", timeout=LONG)
    closer.join()
    over.set()


def test_an_address_where_nobody_answers_leaves_time_for_the_next(
    serve: Serve, client: HttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A listener whose queue is full takes no more connections, and refuses none.
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        peer = serve(lambda peer, c: (peer.read(c), c.sendall(b"HTTP/1.1 204 No\r\n\r\n")))
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        both = [(*kind, full.getsockname()), (*kind, ("127.0.0.1", peer.port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: both)
        assert client.request("GET", "http://two.test/", timeout=2.0).status == 204
        started = time.monotonic()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: both[:1])
        with pytest.raises(FlyteTimeout):
            client.request("GET", "http://one.test/", timeout=0.3)
        assert time.monotonic() - started < 10


def test_a_finished_answer_is_not_lost_by_closing(serve: Serve) -> None:
    client = HttpClient()
    peer = serve(
        lambda p, c: (p.read(c), c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
    )
    with client.open(peer.url) as content:
        assert content.read(2) == b"ok"
        client.close()
        assert content.read() == b""


# Work in threads.


def test_more_work_than_threads_waits_for_its_turn() -> None:
    threads, go = Threads(2), threading.Event()
    running: list[int] = []

    def work() -> int:
        running.append(1)
        go.wait()
        return 7

    works = [threads.submit(work) for _ in range(5)]
    until(lambda: len(running) == 2, "two that run")
    go.set()
    assert [work.result(timeout=20) for work in works] == [7] * 5


def test_work_that_waits_for_its_turn_is_not_begun_once_it_is_given_up() -> None:
    threads, go = Threads(1), threading.Event()
    begun: list[str] = []
    first = threads.submit(go.wait)
    second = threads.submit(partial(begun.append, "second"))
    assert second.cancel()
    go.set()
    assert first.result(timeout=20)
    assert threads.submit(lambda: "third").result(timeout=20) == "third"
    assert begun == []


def test_nothing_is_kept_of_work_that_was_given_up() -> None:
    go, kept = threading.Event(), []

    def work() -> None:
        go.wait()
        with unless_given_up():
            kept.append("kept")

    given_up = Threads().submit(work)
    given_up.cancel()
    go.set()
    with pytest.raises(GivenUp):
        given_up.result(timeout=20)
    assert kept == []


def test_giving_up_waits_for_what_is_being_kept() -> None:
    begun, go, steps = threading.Event(), threading.Event(), []

    def work() -> None:
        with unless_given_up():
            begun.set()
            go.wait()
            steps.append("kept")

    work_ = Threads().submit(work)
    begun.wait()

    def give_up() -> None:
        work_.cancel()
        steps.append("given up")

    giving_up = threading.Thread(target=give_up)
    giving_up.start()
    go.set()
    giving_up.join()
    assert steps == ["kept", "given up"]
    assert work_.result(timeout=20) is None


def test_a_loop_can_ask_whether_anybody_waits() -> None:
    def endless() -> None:
        while True:
            check_given_up()

    work: Work[None] = Threads().submit(endless)
    work.cancel()
    with pytest.raises(GivenUp):
        work.result(timeout=20)
    check_given_up()  # nobody has to wait for what runs in a thread of the caller's own
    with unless_given_up():
        pass


def test_a_closed_connection_has_no_client() -> None:
    from flytebind.remote._connection import Connection
    from flytebind.remote.config import Config

    connection = Connection(Config.for_sandbox(), None, None)
    client = connection.http
    assert connection.http is client
    connection.close()
    with pytest.raises(HttpEnded):
        client.request("GET", "http://127.0.0.1:1/")
    with pytest.raises(FlyteAssertion, match="closed"):
        _ = connection.http
