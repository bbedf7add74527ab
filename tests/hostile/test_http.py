"""Whatever a token endpoint or a store does: time and memory have an end."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from flytebind._transfer import linked
from flytebind._transfer.http.client import HttpClient
from flytebind._transfer.http.errors import HttpEnded, HttpError, HttpTimeout
from flytebind._transfer.linked import LinkedFile
from flytebind.remote.errors import FlyteDataError
from tests.hostile.http import (
    ENDLESS,
    HUGE,
    UNREAD,
    busy,
    cut_short,
    half_a_handshake,
    hostile,
    redirects,
    slow_redirects,
)
from tests.remote.faults.leftovers import until
from tests.transfer.http.peer import Peer, Script

SOON = 0.4
LATER = 15.0  # far more than a loaded machine takes, and less than what waits by default

Use = Callable[[HttpClient, str, float], object]


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linked, "_MAX_PAUSE", 0.02)


def ask(client: HttpClient, url: str, seconds: float) -> object:
    """As a token endpoint is asked."""
    return client.request("POST", url, form={"a": "b"}, timeout=seconds)


def follow(client: HttpClient, url: str, seconds: float) -> object:
    """The same, wherever it leads."""
    return client.request("GET", url, timeout=seconds, redirects=True)


def load(client: HttpClient, url: str, seconds: float) -> object:
    """As a file is read, of which nobody knows the size."""
    with client.open(url, silence=seconds) as content:
        return sum(map(len, content.pieces()))


def read(client: HttpClient, url: str, seconds: float) -> object:
    """As a file is read behind a link, with all the tries that it takes."""
    with LinkedFile(url, silence=seconds) as file:
        return file.readall()


def send(client: HttpClient, url: str, seconds: float) -> object:
    """As a small file goes up."""
    return client.upload(url, io.BytesIO(b"small"), 5, silence=seconds)


def send_much(client: HttpClient, url: str, seconds: float) -> object:
    """As one goes up that is more than the system takes at once."""
    size = 8 << 20
    return client.upload(url, io.BytesIO(bytes(size)), size, silence=seconds)


def outcomes(
    use: Use,
    scripts: Mapping[str, Script],
    seconds: float = SOON,
    *,
    scheme: str = "http",
    receive_buffer: int = 0,
) -> dict[str, BaseException | object]:
    """What comes of something, on all such servers at once."""
    client = HttpClient()

    def try_one(script: Script) -> BaseException | object:
        with hostile(script, receive_buffer=receive_buffer) as peer:
            try:
                return use(client, peer.url.replace("http", scheme), seconds)
            except Exception as error:
                return error

    with ThreadPoolExecutor(len(scripts)) as pool:
        return dict(zip(scripts, pool.map(try_one, scripts.values()), strict=True))


def check(found: Mapping[str, object], kind: type[Exception], words: str = "") -> None:
    strange = {
        name: each
        for name, each in found.items()
        if not isinstance(each, kind) or words not in str(each)
    }
    assert not strange


# Time.


@pytest.mark.parametrize("use", [ask, load, send])
def test_whatever_has_no_end_is_ended(use: Use) -> None:
    began = time.monotonic()
    check(outcomes(use, ENDLESS), HttpTimeout, f"{SOON:g} s")
    assert time.monotonic() - began < LATER


@pytest.mark.parametrize("use", [ask, load, send])
def test_a_handshake_has_no_time_of_its_own(use: Use) -> None:
    check(outcomes(use, {"handshake": half_a_handshake}, scheme="https"), HttpTimeout)


@pytest.mark.parametrize("use", [follow, load, send])
def test_redirects_come_to_an_end(use: Use) -> None:
    check(outcomes(use, {"quick": redirects}, 60), HttpError, "it leads on and on")
    check(outcomes(use, {"slow": slow_redirects}), HttpTimeout)


def test_a_file_that_comes_in_drops_is_given_up_however_often_it_is_asked_for() -> None:
    scripts = {**ENDLESS, "cuts it short": cut_short, "is busy": busy}
    # These two say everything, and then go on about nothing.
    for name in ("drips trailers", "floods with trailers"):
        del scripts[name]
    check(outcomes(read, scripts), FlyteDataError)


def test_an_upload_that_nobody_reads_is_given_up() -> None:
    check(outcomes(send_much, UNREAD, receive_buffer=1 << 14), HttpTimeout, "hardly anything moved")


# Memory.


@pytest.mark.skipif(os.name == "nt", reason="there is no resource module")
def test_what_nobody_can_hold_is_not_held() -> None:
    program = """
import resource, sys, time
from flytebind._transfer.http.client import HttpClient
from flytebind._transfer.http.errors import HttpError

def peak():
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used // (1 << 20 if sys.platform == "darwin" else 1 << 10)

def loaded(url):
    came, end = 0, time.monotonic() + 0.5
    with client.open(url, silence=1) as content:
        for piece in content.pieces():
            came += len(piece)
            if came > 50_000_000 or time.monotonic() > end:
                break

client = HttpClient()
client.pause("http://nowhere.test", 0)
try:
    client.request("GET", "http://127.0.0.1:1/")
except HttpError:
    pass
before = peak()
for url in sys.argv[1:]:
    for use in (lambda url: client.request("POST", url, timeout=0.5), loaded):
        try:
            use(url)
        except HttpError as error:
            print(error)
print(peak() - before)
"""
    peers = [Peer([script]) for script in HUGE.values()]
    try:
        urls = [peer.url for peer in peers]
        ended = subprocess.run(
            [sys.executable, "-c", program, *urls], capture_output=True, text=True, timeout=120
        )
    finally:
        for peer in peers:
            peer.close()
    *errors, more = ended.stdout.splitlines()
    assert int(more) < 32, ended.stdout  # MiB
    assert any("more than 1048576 bytes" in error for error in errors)


# Whoever does not want to wait any more.


@pytest.mark.parametrize("use", [ask, load, send_much])
def test_closing_ends_it_at_once(use: Use) -> None:
    client = HttpClient()
    scripts = UNREAD if use is send_much else ENDLESS
    ended: list[BaseException] = []

    def try_one(url: str) -> None:
        try:
            use(client, url, 300)
        except HttpError as error:
            ended.append(error)

    peers = [Peer([script]) for script in scripts.values()]
    threads = [threading.Thread(target=try_one, args=(peer.url,)) for peer in peers]
    try:
        for thread in threads:
            thread.start()
        until(lambda: all(peer.seen or peer is peers[1] for peer in peers), "all requests")
        client.close()
        for thread in threads:
            thread.join(LATER)
    finally:
        for peer in peers:
            peer.close()
    assert len(ended) == len(peers)
    assert {type(error) for error in ended} == {HttpEnded}


def test_closing_ends_the_pause_before_another_try() -> None:
    client = HttpClient()
    threading.Timer(0.1, client.close).start()
    began = time.monotonic()
    with pytest.raises(HttpEnded, match="closed"):
        client.pause("http://store.test/key?sig=hush", 60)
    assert time.monotonic() - began < LATER
