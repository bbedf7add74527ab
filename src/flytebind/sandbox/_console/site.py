"""Which page is where, and who may see it."""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs, unquote

import grpc

from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._console.detail import Details
from flytebind.sandbox._console.layout import HEADERS, trouble
from flytebind.sandbox._console.listing import Listing, Wanted
from flytebind.sandbox._reply import Reply
from flytebind.sandbox._store import Store
from flytebind.sandbox.auth import Tokens
from flytebind.sandbox.auth._basic import credentials

_log = logging.getLogger("flytebind.sandbox")

_ROOT = "/console"
_LOGS = "/logs"
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z.-]+)(:[0-9]{1,5})?")
_METHODS = ("GET", "HEAD")
_SCOPE = r"/projects/(?P<project>[^/]+)/domains/(?P<domain>[^/]+)"
_LIST = re.compile(rf"({_SCOPE}(/executions)?)?/?")
_EXECUTION = re.compile(
    rf"{_SCOPE}/executions/(?P<name>[^/]+)(/nodeId/(?P<node>[^/]+)(/nodes)?)?/?"
)
_LOG = re.compile(
    r"/(?P<project>[^/]+)/(?P<domain>[^/]+)/(?P<name>[^/]+)/(?P<node>[^/]+)/(?P<attempt>[0-9]{1,9})"
)
_ENTITY = re.compile(
    rf"{_SCOPE}/(?P<kind>task|workflow|launch_plan)/(?P<name>[^/]+)/version/(?P<version>[^/]+)/?"
)


class Console:
    """Shows what a sandbox has to whoever comes with a browser.

    It looks at executions as any client does, so it shows what they would be told.

    Args:
        channel: To the server.
        endpoint: Its address.
        store: Where lists come from.
        clock: What running executions are timed by.
        host: Where the server listens.
        tokens: Knows who may see pages; None where everybody may.
    """

    def __init__(
        self,
        channel: grpc.Channel,
        endpoint: str,
        store: Store,
        clock: Clock,
        host: str,
        tokens: Tokens | None,
    ) -> None:
        self._details = Details(channel, endpoint)
        self._listing = Listing(store, clock)
        self._names = {"localhost", host.lower(), socket.gethostname().lower()}
        self._tokens = tokens

    def has(self, path: str) -> bool:
        """Whether a path is one of a page."""
        return path in ("/", _ROOT) or path.startswith((f"{_ROOT}/", f"{_LOGS}/"))

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Reply:
        """Answer a request; names of headers are in small letters."""
        host = headers.get("host", "")
        refusal = self._refusal(method, host, headers.get("authorization", ""))
        if refusal is not None:
            return refusal
        path, _, query = target.partition("?")
        try:
            return self._page(f"http://{host}", path, query)
        except StatusError as error:
            status, why = _STATUS.get(error.code, _BROKEN), error.message
        except grpc.RpcError as error:
            status, why = _STATUS.get(error.code(), _BROKEN), error.details() or ""
        except Exception:
            _log.exception("the page %s cannot be made", path)
            status, why = _BROKEN, "The page cannot be made: the log of the sandbox says why."
        return trouble(status, why, f"http://{host}{_ROOT}")

    def _refusal(self, method: str, host: str, authorization: str) -> Reply | None:
        if not self._is_ours(host):
            # A page from elsewhere may have its name lead here, to read what it may not.
            return trouble(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"This server does not go by the name {host!r}. Use localhost or an IP address.",
            )
        if self._tokens is not None:
            try:
                given = credentials(authorization)
            except ValueError:
                given = None
            if given is None or not self._tokens.is_client(*given):
                return trouble(
                    HTTPStatus.UNAUTHORIZED,
                    "Log in with the client's id and secret.",
                    headers={"WWW-Authenticate": 'Basic realm="flytebind", charset="UTF-8"'},
                )
        if method not in _METHODS:
            return trouble(
                HTTPStatus.METHOD_NOT_ALLOWED,
                "Pages can only be read.",
                headers={"Allow": ", ".join(_METHODS)},
            )
        return None

    def _is_ours(self, host: str) -> bool:
        """Whether a header of this name has an address, or a name that leads nowhere else."""
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["name"].lower()
        if name in self._names or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    def _page(self, site: str, path: str, query: str) -> Reply:
        if path == "/":
            return Reply(HTTPStatus.FOUND, {**HEADERS, "Location": _ROOT})
        if path.startswith(_LOGS):
            found = _match(_LOG, path.removeprefix(_LOGS))
            if found is not None:
                return self._details.log(_id(found), found["node"], int(found["attempt"]))
        path = path.removeprefix(_ROOT)
        if found := _match(_EXECUTION, path):
            return self._details.page(site, _id(found), found.get("node", ""))
        for pattern in (_LIST, _ENTITY):
            found = _match(pattern, path)
            if found is not None:
                number = parse_qs(query).get("page", ["1"])[0]
                if not re.fullmatch(r"[1-9][0-9]{0,8}", number):
                    raise StatusError(_INVALID, f"There is no page {number!r}.")
                return self._listing.page(site + _ROOT, Wanted(**found), int(number))
        raise StatusError(_MISSING, "There is no such page.")


_MISSING, _INVALID = grpc.StatusCode.NOT_FOUND, grpc.StatusCode.INVALID_ARGUMENT
_STATUS = {_MISSING: HTTPStatus.NOT_FOUND, _INVALID: HTTPStatus.BAD_REQUEST}
_BROKEN = HTTPStatus.INTERNAL_SERVER_ERROR


def _match(pattern: re.Pattern[str], path: str) -> dict[str, str] | None:
    """The named parts of a path, if it is as a pattern says."""
    found = pattern.fullmatch(path)
    if found is None:
        return None
    return {name: unquote(part) for name, part in found.groupdict().items() if part is not None}


def _id(found: Mapping[str, str]) -> WorkflowExecutionIdentifier:
    return WorkflowExecutionIdentifier(found["project"], found["domain"], found["name"])
