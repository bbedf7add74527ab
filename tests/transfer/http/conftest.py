"""Servers that do what a test tells them to, and a client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from flytebind._transfer.http.client import HttpClient
from tests.transfer.http.peer import Peer, Script

Serve = Callable[..., Peer]


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: Path) -> str:
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts a server; see ``Peer``."""
    with ExitStack() as stack:

        def start(
            *scripts: Script,
            certificate: trustme.LeafCert | None = None,
            clients: trustme.CA | None = None,
            receive_buffer: int = 0,
        ) -> Peer:
            peer = Peer(list(scripts), certificate, clients, receive_buffer)
            stack.callback(peer.close)
            return peer

        yield start


@pytest.fixture
def client() -> Iterator[HttpClient]:
    client = HttpClient()
    yield client
    client.close()
