"""Places for uploads that are none, or that lead elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from flytebind.models.service.dataproxy import (
    CreateUploadLocationRequest,
    CreateUploadLocationResponse,
)
from flytebind.remote import FlyteDataError
from tests.remote.uploading import linking
from tests.transfer.http.peer import Peer, answer

_SECRET = "this-is-the-secret"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.txt"
    path.write_text("what goes up")
    return path


def _refusal(kind: str, file: Path, url: str, **headers: str) -> str:
    """What an upload to a link says."""

    def locate(request: CreateUploadLocationRequest) -> CreateUploadLocationResponse:
        return CreateUploadLocationResponse(
            signed_url=url, native_url="s3://bucket/file.txt", headers=headers
        )

    with linking(kind, locate) as (face, _), pytest.raises(FlyteDataError) as raised:
        face.upload(file)
    chain = [raised.value, raised.value.__cause__]
    return "".join(map(str, chain))


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    "url",
    [
        "file:///{target}?sig={secret}",
        "FILE://localhost/{target}",
        "data:text/plain,{secret}",
        "ftp://user:{secret}@127.0.0.1/file",
        "/{target}",
        "",
        "http://[::1?sig={secret}",
        "http://user:{secret}@host:port/?sig={secret}",
        "http://127.0.0.1:99999/?sig={secret}",
        "http://a\u2100b.example/?sig={secret}",
        "http://127.0.0.1:1/a?x\r\nX-Injected: {secret}",
    ],
)
def test_a_link_that_is_none_is_refused_and_not_quoted(
    kind: str, url: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flytebind.remote._operations.uploads.SILENCE", 0.1)
    target = tmp_path / "target"
    said = _refusal(kind, file, url.format(target=target, secret=_SECRET))
    assert "file.txt" in said
    assert _SECRET not in said
    assert not target.exists()


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("X-Token", f"{_SECRET}\r\nX-Injected: 1"), ("X-Token\n", _SECRET), ("", _SECRET)],
)
def test_a_header_that_cannot_be_is_refused_and_its_value_not_quoted(
    kind: str, name: str, value: str, file: Path
) -> None:
    peer = Peer([answer()])
    try:
        said = _refusal(kind, file, peer.url, **{name: value})
    finally:
        peer.close()
    assert "a header that cannot be sent" in said
    assert _SECRET not in said
    assert not peer.seen


@pytest.mark.parametrize("location", ["http://[", "file:///etc/hostname", "data:,x", "http://h:p/"])
def test_a_redirect_to_what_is_no_link_is_refused(location: str, file: Path) -> None:
    peer = Peer([answer(status="307 Temporary Redirect", headers=f"Location: {location}\r\n")])
    try:
        said = _refusal("sync", file, f"{peer.url}/?sig={_SECRET}")
    finally:
        peer.close()
    assert "file.txt" in said
    assert _SECRET not in said
