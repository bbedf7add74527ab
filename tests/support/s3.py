"""A real S3 server, moto's, and buckets in it."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

KEYS = {"FLYTE_AWS_ACCESS_KEY_ID": "minio", "FLYTE_AWS_SECRET_ACCESS_KEY": "miniostorage"}


@contextmanager
def running() -> Iterator[str]:
    """A server on this machine; its URL."""
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Bucket:
    """A bucket of a test's own, which no listing of another test knows."""

    def __init__(self, endpoint: str) -> None:
        import boto3

        self.name = f"bucket-{secrets.token_hex(6)}"
        self.endpoint = endpoint
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="minio",
            aws_secret_access_key="miniostorage",
            region_name="us-east-1",
        )
        self._client.create_bucket(Bucket=self.name)

    def put(self, objects: Mapping[str, bytes], acl: str = "private") -> None:
        """Store some, by their keys."""
        for key, data in objects.items():
            self._client.put_object(Bucket=self.name, Key=key, Body=data, ACL=acl)

    def uri(self, key: str) -> str:
        """What Flyte calls one."""
        return f"s3://{self.name}/{key}"

    def link(self, uri: str) -> str:
        """A signed link to what a URI names, in whatever bucket."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        signed = self._client.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key}
        )
        return str(signed)

    def close(self) -> None:
        """Let go of the connections to the server."""
        self._client.close()


def without_credentials(patch: pytest.MonkeyPatch) -> None:
    """Take away whatever leads to a store from here."""
    for name in os.environ:
        if name.startswith(("AWS_", "FLYTE_")):
            patch.delenv(name)
    patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    patch.setenv("AWS_CONFIG_FILE", os.devnull)


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    """A real S3 server; its URL."""
    with running() as url:
        yield url


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket that flytekit's variables lead to, and nothing else does."""
    without_credentials(monkeypatch)
    monkeypatch.setenv("FLYTE_AWS_ENDPOINT", endpoint)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    bucket = Bucket(endpoint)
    yield bucket
    bucket.close()
