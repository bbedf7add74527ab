"""What can go wrong between this program and an HTTP server, in words that show no secret."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from flytebind._transfer.uris import public
from flytebind.runtime.errors import FlyteError, FlyteTimeout

_TRUST = "ca_cert_file or SSL_CERT_FILE names the certificates to trust"


class HttpError(FlyteError):
    """There is no answer, or not all of it.

    Args:
        url: What was requested. Its query and its password, which are secrets, are left out.
        reason: What went wrong.
        passing: Whether another try may help.
    """

    def __init__(self, url: str, reason: str, *, passing: bool = False) -> None:
        self.url: str = public(url, is_url=True)
        self.reason = reason
        self.passing = passing
        super().__init__(f"{self.url}: {reason}")


class HttpTimeout(HttpError, FlyteTimeout):
    """It took longer than it was given."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason, passing=True)


class HttpOversize(HttpError):
    """The answer is larger than what is read into memory."""

    def __init__(self, url: str, most: int) -> None:
        super().__init__(url, f"the answer has more than {most} bytes")
        self.most: int = most


class HttpEnded(HttpError):
    """This program ended it: the remote was closed, or nobody waits any more."""


def reason_of(error: BaseException, url: str) -> tuple[str, bool]:
    """Why there is no answer, in words, and whether another try may help.

    What libraries say may quote the address, or what was sent: only parts that cannot are used.
    """
    from http.client import HTTPException, IncompleteRead  # takes a while to import

    cause = _cause(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {cause.verify_message} ({_TRUST})", False
    if isinstance(cause, ssl.SSLEOFError):
        return "the connection broke", True
    if isinstance(cause, ssl.SSLError):
        said = (cause.reason or "").replace("_", " ").lower()
        return f"TLS fails: {said or 'no reason is known'}", False
    if isinstance(cause, socket.gaierror):
        host = urlsplit(url).hostname
        return f"the name {host} cannot be resolved: {cause.strerror}", True
    if isinstance(cause, IncompleteRead):
        return "the answer ends too early", True
    if isinstance(cause, ConnectionError):
        return (cause.strerror or "the connection was closed without an answer").lower(), True
    if isinstance(cause, TimeoutError):
        return "nobody answers at this address", True
    if isinstance(cause, OSError):
        return cause.strerror or _of_tunnel(cause), True
    if isinstance(cause, HTTPException):
        return f"the answer is no HTTP ({type(cause).__name__})", True
    return type(cause).__name__, False


def _of_tunnel(error: OSError) -> str:
    """A proxy's refusal has no number; nothing but the proxy's words is in it."""
    text = " ".join(str(error).split())
    return f"the proxy refuses: {text.rpartition('failed: ')[2][:200]}"


def _cause(error: BaseException) -> BaseException:
    """What urllib3 has wrapped into an error of its own."""
    while error.__cause__ is not None:
        error = error.__cause__
    inner = error.args[-1] if error.args else None
    return inner if isinstance(inner, Exception) else error
