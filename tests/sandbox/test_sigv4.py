"""The check of signatures, on links that others have signed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from flytebind.sandbox._sigv4 import Refusal, Signer
from tests.real import recordings

KEY, SECRET, REGION = "minio", "miniostorage", "us-east-1"  # the recordings' throw-away key
MOMENT = datetime(2026, 11, 29, 19, 30, tzinfo=timezone.utc)  # they are good for an hour


def recorded_links() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Method, link and headers of each link that a real flyteadmin has signed."""
    for row in recordings.rows("conversations", "uploads"):
        answer = row.answer.read(row.question.method)
        if row.question.name == "CreateUploadLocation":
            yield "PUT", answer.signed_url, dict(answer.headers)
        elif answer.signed_url:
            yield "GET", answer.signed_url, {}


def refusal(
    signer: Signer, method: str, link: str, headers: dict[str, str], now: datetime = MOMENT
) -> Refusal | None:
    parts = urlsplit(link)
    sent = {"host": parts.netloc, **{name.lower(): headers[name] for name in headers}}
    return signer.refusal(method, f"{parts.path}?{parts.query}", sent, now)


def test_links_of_a_real_flyteadmin_are_good() -> None:
    links = list(recorded_links())
    assert len(links) == 15
    for method, link, headers in links:
        assert refusal(Signer(KEY, SECRET), method, link, headers) is None, link


def test_a_recorded_link_is_good_for_nothing_else() -> None:
    for method, link, headers in recorded_links():
        other = "GET" if method == "PUT" else "PUT"
        for refused in (
            refusal(Signer(KEY, "another"), method, link, headers),
            refusal(Signer(KEY, SECRET), other, link, headers),
            refusal(Signer(KEY, SECRET), method, link.replace("my-s3", "my-s4", 1), headers),
        ):
            assert refused is not None
            assert (refused.status, refused.code) == (403, "SignatureDoesNotMatch")
        if headers:
            changed = {**headers, "Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}
            refused = refusal(Signer(KEY, SECRET), method, link, changed)
            assert refused is not None
            assert refused.code == "SignatureDoesNotMatch"
        late = refusal(Signer(KEY, SECRET), method, link, headers, MOMENT + timedelta(hours=1))
        assert late == Refusal(403, "AccessDenied", "Request has expired")
        early = refusal(Signer(KEY, SECRET), method, link, headers, MOMENT - timedelta(hours=1))
        assert early == Refusal(403, "AccessDenied", "Request is not valid yet")


@pytest.mark.parametrize("key", ["plain.txt", "a b#?%/ü==", "x~y//z!()*'+&@:"])
@pytest.mark.parametrize("headers", [{}, {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}])
def test_links_that_botocore_makes_are_good(key: str, headers: dict[str, str]) -> None:
    client = boto3.client(
        "s3",
        REGION,
        endpoint_url="http://127.0.0.1:9000",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    more = {"ContentMD5": headers["Content-MD5"]} if headers else {}
    link = client.generate_presigned_url(
        "put_object", Params={"Bucket": "b", "Key": key, **more}, ExpiresIn=60
    )
    now = datetime.now(timezone.utc)
    assert refusal(Signer(KEY, SECRET), "PUT", link, headers, now) is None
    refused = refusal(Signer(KEY, SECRET), "PUT", link + "0", headers, now)
    assert refused is not None
    assert refused.code == "SignatureDoesNotMatch"


def test_our_own_links_are_those_of_botocore() -> None:
    digest = "1B2M2Y8AsgTpgAmY7PhCfg=="
    url = "http://127.0.0.1:9000/data/a%20b/%3D%3D/x.txt"
    request = AWSRequest("PUT", url, headers={"Content-MD5": digest})
    S3SigV4QueryAuth(Credentials(KEY, SECRET), "s3", REGION, expires=60).add_auth(request)
    theirs = str(request.url)
    stamp = parse_qs(urlsplit(theirs).query)["X-Amz-Date"][0]
    now = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    ours = Signer(KEY, SECRET).link("PUT", url, now, timedelta(seconds=60), digest)
    assert sorted(urlsplit(ours).query.split("&")) == sorted(urlsplit(theirs).query.split("&"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-Amz-Expires=60", "X-Amz-Expires=a"),
        ("X-Amz-Expires=60", "X-Amz-Expires=9999999"),
        ("X-Amz-Date=2", "X-Amz-Date=x"),
        ("s3%2Faws4_request", "sqs%2Faws4_request"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(old: str, new: str) -> None:
    link = Signer(KEY, SECRET).link("GET", "http://h/b/k", MOMENT, timedelta(seconds=60))
    assert old in link
    refused = refusal(Signer(KEY, SECRET), "GET", link.replace(old, new), {})
    assert refused is not None
    assert (refused.status, refused.code) == (400, "AuthorizationQueryParametersError")
