"""What messages say of places."""

from __future__ import annotations

import pytest

from flytebind._transfer.uris import public


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("s3://bucket/key?sig=secret", "s3://bucket/key"),
        ("https://me:secret@host/key?sig=secret#secret", "https://host/key"),
        ("https://host#secret", "https://host"),
        ("abfs://container@account/key", "abfs://container@account/key"),
        ("abfs://container:secret@account/key", "abfs://container@account/key"),
        ("/data/why?.csv", "/data/why?.csv"),
    ],
)
def test_what_is_secret_in_a_uri_is_not_shown(uri: str, shown: str) -> None:
    assert public(uri) == shown


@pytest.mark.parametrize("url", ["host/key?sig=secret", "host/key#secret", "ftp://secret@host/key"])
def test_what_should_be_a_url_is_no_path(url: str) -> None:
    assert "secret" not in public(url, is_url=True)
