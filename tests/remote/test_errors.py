"""What the codes and texts of a server mean."""

from __future__ import annotations

import grpc
import pytest

from flytebind.remote.errors import (
    FlyteCallError,
    FlyteInvalidInputError,
    FlyteOutageError,
    call_error,
    may_pass,
    names_missing_object,
)

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


_REFUSED = (
    "127.0.0.1:5433 (127.0.0.1): dial error: dial tcp 127.0.0.1:5433: connect: connection refused"
)


@pytest.mark.parametrize(
    ("code", "details"),
    [
        # Recorded while PostgreSQL was away.
        ("INTERNAL", "unexpected error type for: unexpected EOF"),
        ("INTERNAL", f"unexpected error type for: {_REFUSED}"),
        (
            "INVALID_ARGUMENT",
            "failed to validate that project [flytesnacks] and domain [development] are "
            f"registered, err: [unexpected error type for: {_REFUSED}]",
        ),
        # What PostgreSQL says when it is stopped and started in good order.
        (
            "UNKNOWN",
            "failed database operation with terminating connection due to administrator command",
        ),
        (
            "INTERNAL",
            "unexpected error type for: failed to connect to `host=db user=flyte`: server error "
            "(FATAL: the database system is starting up (SQLSTATE 57P03))",
        ),
        # What Go says of a store that is away, or too busy.
        (
            "INTERNAL",
            "failed to get object size for s3://b/o.pb with RequestError: send request failed\n"
            'caused by: Head "http://s3:9000/b/o.pb": dial tcp: lookup s3: no such host',
        ),
        ("INTERNAL", "failed to get object size for s3://b/o.pb with SlowDown: status code: 503"),
    ],
)
def test_an_outage_behind_the_server_is_told_from_a_refusal(code: str, details: str) -> None:
    status = grpc.StatusCode[code]
    error = call_error(status, details, "CreateExecution", "f7a9c2")
    assert type(error) is FlyteOutageError
    assert error.code is grpc.StatusCode.UNAVAILABLE
    assert details in error.details
    assert may_pass(status, details)


@pytest.mark.parametrize(
    ("code", "details", "kind"),
    [
        # Recorded: what is wrong is what was asked for.
        (
            "UNKNOWN",
            "failed database operation with operator does not exist: bigint ~~ unknown",
            FlyteCallError,
        ),
        (
            "INVALID_ARGUMENT",
            "failed to validate that project [x] and domain [y] are registered, err: [project [x]"
            " does not exist]",
            FlyteInvalidInputError,
        ),
        ("INVALID_ARGUMENT", "cannot parse the schedule: unexpected EOF", FlyteInvalidInputError),
        ("NOT_FOUND", "unexpected error type for: unexpected EOF", FlyteCallError),
    ],
)
def test_a_refusal_is_no_outage(code: str, details: str, kind: type[FlyteCallError]) -> None:
    error = call_error(grpc.StatusCode[code], details)
    assert isinstance(error, kind)
    assert error.code is grpc.StatusCode[code]
    assert error.details == details
    assert not may_pass(grpc.StatusCode[code], details)
