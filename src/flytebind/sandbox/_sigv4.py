"""Links that are signed as S3 signs them: AWS's signature, version 4, in the query."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"
_STAMP = "%Y%m%dT%H%M%SZ"
_SKEW = 15 * 60.0
_MOST_SECONDS = 7 * 24 * 3600


class Refusal(NamedTuple):
    """Why a link is not good, as stores say it."""

    status: int
    code: str
    message: str
    string_to_sign: str = ""


_SENSELESS = Refusal(
    400,
    "AuthorizationQueryParametersError",
    "Error parsing the X-Amz-Credential parameter, or others of the query",
)


@dataclass(frozen=True)
class Signer:
    """Makes links, and says which are good.

    Args:
        access_key: Whose key it is; it is part of the links.
        secret_key: The key.
        region: Where the store says that it is.
    """

    access_key: str
    secret_key: str
    region: str = "us-east-1"

    def link(
        self, method: str, url: str, now: datetime, expires_in: timedelta, content_md5: str = ""
    ) -> str:
        """A link to something.

        Args:
            method: The link is good for no other.
            url: Where it is, quoted, without a query.
            now: From when on it is good.
            expires_in: For how long, in whole seconds.
            content_md5: The ``Content-MD5`` that has to come with it, if one has to.
        """
        headers = {"host": urlsplit(url).netloc}
        if content_md5:
            headers["content-md5"] = content_md5
        stamp = now.astimezone(timezone.utc).strftime(_STAMP)
        query = {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self.access_key}/{self._scope(stamp)}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(int(expires_in.total_seconds())),
            "X-Amz-SignedHeaders": ";".join(sorted(headers)),
        }
        text = self._string_to_sign(method, urlsplit(url).path, query.items(), headers, stamp)
        query["X-Amz-Signature"] = self._signature(stamp, text)
        return f"{url}?{urlencode(query, quote_via=quote)}"

    def refusal(
        self, method: str, target: str, headers: Mapping[str, str], now: datetime
    ) -> Refusal | None:
        """Why a request is not allowed; None if it is.

        Args:
            method: What is asked for.
            target: Of what, with its query.
            headers: All that came with it, under names in small letters.
            now: The time.
        """
        path, _, text = target.partition("?")
        pairs = parse_qsl(text, keep_blank_values=True)
        query = dict(pairs)
        given = query.get("X-Amz-Signature")
        if query.get("X-Amz-Algorithm") != _ALGORITHM or given is None:
            return Refusal(403, "AccessDenied", "Access Denied.")
        try:
            key, *scope = query["X-Amz-Credential"].split("/")
            stamp = query["X-Amz-Date"]
            begin = datetime.strptime(stamp, _STAMP).replace(tzinfo=timezone.utc)
            seconds = int(query["X-Amz-Expires"])
            names = query["X-Amz-SignedHeaders"].split(";")
        except (KeyError, ValueError):
            return _SENSELESS
        if "/".join(scope) != self._scope(stamp) or not 0 <= seconds <= _MOST_SECONDS:
            return _SENSELESS
        age = (now - begin).total_seconds()
        if key != self.access_key:
            message = "The Access Key Id you provided does not exist in our records."
            return Refusal(403, "InvalidAccessKeyId", message)
        if age < -_SKEW:
            return Refusal(403, "AccessDenied", "Request is not valid yet")
        if age >= seconds:
            return Refusal(403, "AccessDenied", "Request has expired")
        unsigned = {name for name in headers if name.startswith("x-amz-")} - {*names}
        if unsigned or "host" not in names or not {*names} <= headers.keys():
            message = "There were headers present in the request which were not signed"
            return Refusal(400, "AccessDenied", message)
        signed = {name: headers[name] for name in names}
        rest = [pair for pair in pairs if pair[0] != "X-Amz-Signature"]
        to_sign = self._string_to_sign(method, path, rest, signed, stamp)
        if hmac.compare_digest(self._signature(stamp, to_sign).encode(), given.encode()):
            return None
        message = (
            "The request signature we calculated does not match the signature you provided. Check"
            " your key and signing method."
        )
        return Refusal(403, "SignatureDoesNotMatch", message, to_sign)

    def _scope(self, stamp: str) -> str:
        return f"{stamp[:8]}/{self.region}/s3/aws4_request"

    def _string_to_sign(
        self,
        method: str,
        path: str,
        query: Iterable[tuple[str, str]],
        headers: Mapping[str, str],
        stamp: str,
    ) -> str:
        request = "\n".join(
            (
                method,
                quote(unquote(path), safe="/~"),
                "&".join(sorted(f"{_quoted(name)}={_quoted(value)}" for name, value in query)),
                *(f"{name}:{' '.join(headers[name].split())}" for name in sorted(headers)),
                "",
                ";".join(sorted(headers)),
                "UNSIGNED-PAYLOAD",
            )
        )
        digest = hashlib.sha256(request.encode()).hexdigest()
        return "\n".join((_ALGORITHM, stamp, self._scope(stamp), digest))

    def _signature(self, stamp: str, text: str) -> str:
        key = f"AWS4{self.secret_key}".encode()
        for part in self._scope(stamp).split("/"):
            key = _hmac(key, part)
        return _hmac(key, text).hex()


def _quoted(text: str) -> str:
    return quote(text, safe="~")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
