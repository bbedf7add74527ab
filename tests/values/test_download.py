"""Literals that were too large to travel."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from flytebind.models.admin.common import UrlBlob
from flytebind.models.core.literals import LiteralMap, LiteralOffloadedMetadata
from flytebind.remote.errors import FlyteDataError
from flytebind.values import fetch_literal, fetch_literal_map
from tests.values import samples as s
from tests.values.conftest import WebServer

LITERALS = LiteralMap({"o0": s.string("x" * 100)})
DATA = LITERALS.to_bytes()


def offloaded(uri: str, size: int = 0) -> LiteralOffloadedMetadata:
    return LiteralOffloadedMetadata(uri=uri, size_bytes=size)


@pytest.mark.parametrize("size", [len(DATA), 0])
def test_literals_come_from_a_signed_link(web: WebServer, size: int) -> None:
    assert fetch_literal_map(UrlBlob(web.gives("/o.pb", DATA), size)) == LITERALS


def test_literals_come_from_local_files(tmp_path: Path) -> None:
    path = tmp_path / "o.pb"
    path.write_bytes(DATA)
    assert fetch_literal_map(UrlBlob(path.as_uri(), len(DATA))) == LITERALS
    path.write_bytes(b"")
    assert fetch_literal_map(UrlBlob(str(path), 0)) == LiteralMap({})


def test_literals_come_through_fsspec() -> None:
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe("/literals/o.pb", s.integer(3).to_bytes())
    assert fetch_literal(offloaded("memory://literals/o.pb")) == s.integer(3)


def test_one_literal_comes_by_its_metadata(web: WebServer) -> None:
    data = s.integer(3).to_bytes()
    assert fetch_literal(offloaded(web.gives("/l.pb", data), len(data))) == s.integer(3)


def test_what_is_truncated_is_refused(web: WebServer) -> None:
    lost = UrlBlob(web.gives("/lost", DATA[:50]), len(DATA))
    with pytest.raises(FlyteDataError, match=rf"has 50 bytes instead of {len(DATA)}$"):
        fetch_literal_map(lost)
    cut = UrlBlob(web.gives("/cut", DATA[:50], length=len(DATA)), 0)
    with pytest.raises(FlyteDataError, match=rf"after 50 of {len(DATA)} bytes: "):
        fetch_literal_map(cut, timeout=0.3)
    longer = UrlBlob(web.gives("/longer", DATA + DATA), len(DATA))
    with pytest.raises(FlyteDataError, match=rf"instead of {len(DATA)}$"):
        fetch_literal_map(longer)


def test_what_is_said_to_be_too_large_is_not_asked_for(web: WebServer) -> None:
    with pytest.raises(FlyteDataError, match="has 1001 bytes, more than 1000"):
        fetch_literal_map(UrlBlob(web.link("/nothing"), 1001), max_bytes=1000)


def test_what_turns_out_to_be_too_large_is_not_read_to_its_end(web: WebServer) -> None:
    gone = threading.Event()

    def flood(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while True:
                request.wfile.write(b"\0" * 65536)
        except OSError:
            gone.set()

    web.answers["/flood"] = flood
    with pytest.raises(FlyteDataError, match="has more than 1000 bytes"):
        fetch_literal_map(UrlBlob(web.link("/flood"), 0), max_bytes=1000)
    assert gone.wait(30)


def test_a_server_that_drips_is_left_in_time(web: WebServer) -> None:
    gone = threading.Event()

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        try:
            while not gone.wait(0.01):
                request.wfile.write(b"\0")
        except OSError:
            gone.set()

    web.answers["/drip"] = drip
    with pytest.raises(FlyteDataError, match=r"comes too slowly|hardly anything moved"):
        fetch_literal(offloaded(web.link("/drip")), timeout=0.2)
    assert gone.wait(30)


def test_a_silent_server_is_left_in_time(web: WebServer) -> None:
    done = threading.Event()
    web.answers["/silent"] = lambda _: (done.wait(30), None)[1]
    with pytest.raises(FlyteDataError, match="hardly anything moved for"):
        fetch_literal(offloaded(web.link("/silent")), timeout=0.2)
    done.set()


@pytest.mark.parametrize("data", [b"<?xml version='1.0'?>", b"\x0a\xff", b"\x10\x01", b"\x0a" * 9])
def test_what_is_no_literal_map_is_refused(web: WebServer, data: bytes) -> None:
    with pytest.raises(FlyteDataError, match=r"^the outputs: what is at http\S+/o is no Literal"):
        fetch_literal_map(UrlBlob(web.gives("/o", data), len(data)), what="the outputs")


@pytest.mark.parametrize("data", [b"", b"<?xml version='1.0'?>", b"\x22\x01x"])
def test_what_is_no_literal_is_refused(web: WebServer, data: bytes) -> None:
    with pytest.raises(FlyteDataError, match="is no Literal"):
        fetch_literal(offloaded(web.gives("/o", data)))


def test_errors_keep_the_signature_secret(web: WebServer) -> None:
    for blob in (
        UrlBlob(web.link("/nothing"), 0),
        UrlBlob(web.gives("/a", b"\xff"), 0),
        UrlBlob(web.gives("/a", b"\xff"), 2),
        UrlBlob(web.link("/a"), 2**40),
    ):
        with pytest.raises(FlyteDataError, match=r"^the outputs: ") as error:
            fetch_literal_map(blob, what="the outputs")
        assert "secret" not in str(error.value)
        assert "http://127.0.0.1" in str(error.value)


def test_no_link_is_an_error() -> None:
    with pytest.raises(FlyteDataError, match="nobody said where"):
        fetch_literal_map(UrlBlob("", 100))
