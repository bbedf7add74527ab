"""Plain HTTP to a token endpoint."""

from __future__ import annotations

import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from urllib.response import addinfourl

from flytebind.remote.auth.tokens import Token, away, refused, token_of
from flytebind.remote.config import Config
from flytebind.remote.errors import FlyteConfigError

_MAX_ANSWER = 1 << 20
_MAX_ERROR = 200


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the client's secret to somebody else."""

    def redirect_request(self, *_: object) -> None:
        return None


def post_form(
    url: str, form: Mapping[str, str], headers: Mapping[str, str], config: Config, timeout: float
) -> tuple[int, object]:
    """Post a form.

    Returns:
        The status, and what the answer's JSON says; None if it is no JSON.

    Raises:
        FlyteUnavailableError: If there is no answer.
    """
    handlers: list[urllib.request.BaseHandler] = [
        _NoRedirects(),
        urllib.request.HTTPSHandler(context=tls_context(config, url)),
    ]
    if config.http_proxy_url:
        proxy = config.http_proxy_url
        handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    request = urllib.request.Request(
        url,
        urllib.parse.urlencode(form).encode(),
        {"Accept": "application/json", **headers},
        method="POST",
    )
    try:
        try:
            answer: addinfourl = urllib.request.build_opener(*handlers).open(
                request, timeout=timeout
            )
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            status = answer.status or 0
            body: bytes = answer.read(_MAX_ANSWER)
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise away(f"{url} cannot be reached: {reason}") from error
    try:
        return status, json.loads(body)
    except (ValueError, RecursionError):
        return status, None


def read_token(url: str, status: int, answer: object, now: float, secret: str = "") -> Token:
    """The token in an endpoint's answer.

    Args:
        url: The endpoint.
        status: The HTTP status.
        answer: The JSON.
        now: The time.
        secret: What must not be shown, even if the endpoint does.

    Raises:
        FlyteAuthenticationError: If the endpoint refuses, or says something else.
        FlyteUnavailableError: If it is in trouble, or busy.
    """
    if status == 429 or status >= 500:
        raise away(f"{url} gives no token now: HTTP {status}{_reason(answer, secret)}")
    if not isinstance(answer, dict) or not 200 <= status < 300:
        raise refused(f"{url} gives no token: HTTP {status}{_reason(answer, secret)}")
    value = answer.get("access_token")
    if not isinstance(value, str):
        raise refused(f"{url} gives no token: there is no access_token in its answer")
    token = token_of(value)
    lifetime = answer.get("expires_in")
    try:
        return Token(value, now + float(lifetime)) if lifetime is not None else token
    except (TypeError, ValueError):
        return token


def tls_context(config: Config, url: str) -> ssl.SSLContext:
    """How to trust the server of a URL: like this system, and with the CA file, too.

    ``insecure_skip_verify`` is about the Flyte server, so it counts for that one's host alone.

    Raises:
        FlyteConfigError: If the CA file cannot be used.
    """
    context = ssl.create_default_context()
    if config.ca_cert_file:
        try:
            context.load_verify_locations(os.path.expanduser(config.ca_cert_file))
        except OSError as error:
            raise FlyteConfigError(
                f"ca_cert_file ({config.sources['ca_cert_file']}): {config.ca_cert_file} "
                f"cannot be used: {error}"
            ) from error
    if skips_verification(config, url):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def skips_verification(config: Config, url: str) -> bool:
    """Whether the certificate of a URL's server is taken as it is."""
    flyte = urllib.parse.urlsplit(f"//{config.endpoint}").hostname
    return config.insecure_skip_verify and urllib.parse.urlsplit(url).hostname == flyte


def _reason(answer: object, secret: str) -> str:
    if not isinstance(answer, dict):
        return ""
    parts = [str(answer[key]) for key in ("error", "error_description") if answer.get(key)]
    text = ": ".join(parts)
    if secret:
        text = text.replace(secret, "***")
    return f": {' '.join(text.split())[:_MAX_ERROR]}" if text else ""
