"""What the codes and texts of a server mean."""

from __future__ import annotations

import grpc
import pytest

from flytebind.remote.errors import names_missing_object

INTERNAL = grpc.StatusCode.INTERNAL


@pytest.mark.parametrize(
    "details",
    [
        # Recorded from flyteadmin 1.16.8, with a store that speaks S3.
        "failed to get object size for s3://my-s3-bucket/h3/none.pb with NotFound: Not Found\n"
        "\tstatus code: 404, request id: 18EC9A970F4825B0, host id: dd9025bab4ad464b",
        # What the library for Google's store says in its place.
        "failed to get object size for gs://bucket/outputs.pb with storage: object doesn't exist",
    ],
)
def test_a_missing_object_is_told_from_trouble_of_the_server(details: str) -> None:
    assert names_missing_object(INTERNAL, details)
    assert not names_missing_object(grpc.StatusCode.UNKNOWN, details)


@pytest.mark.parametrize(
    "details",
    [
        "",
        "unexpected error type for: unexpected EOF",
        "unexpected error type for: 127.0.0.1:5433 (127.0.0.1): dial error: dial tcp "
        "127.0.0.1:5433: connect: connection refused",
        "failed to get object size for s3://b/NotFound/404.pb with RequestError: send request "
        "failed\ncaused by: dial tcp 127.0.0.1:9000: connect: connection refused",
        "failed to create a signed url. Error: InvalidParameter: 1 validation error(s) found.",
    ],
)
def test_trouble_of_the_server_is_no_missing_object(details: str) -> None:
    assert not names_missing_object(INTERNAL, details)
