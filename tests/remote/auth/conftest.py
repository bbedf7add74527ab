"""An identity provider and a Flyte server that names it, for each test anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
import trustme

from flytebind.remote.auth._login import source
from tests.remote.auth.identity import IdentityProvider, NamingServer
from tests.remote.auth.rings import MemoryRing


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own: locks lie there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def ring() -> Iterator[MemoryRing]:
    before, ring = keyring.get_keyring(), MemoryRing()
    keyring.set_keyring(ring)
    source._accounts.clear()
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    provider = IdentityProvider()
    yield provider
    provider.close()


@pytest.fixture(scope="session")
def ca() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def ca_file(ca: trustme.CA, tmp_path: Path) -> str:
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return str(tmp_path / "ca.pem")


@pytest.fixture
def tls_provider(ca: trustme.CA, flyte: NamingServer) -> Iterator[IdentityProvider]:
    """Speaks TLS at 127.0.0.1, and is the one that the Flyte server names."""
    flyte.names.provider = provider = IdentityProvider(ca.issue_cert("127.0.0.1"))
    yield provider
    provider.close()


@pytest.fixture
def flyte(provider: IdentityProvider) -> Iterator[NamingServer]:
    server = NamingServer(provider)
    yield server
    server.close()
