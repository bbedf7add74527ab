"""How the remote layer calls: generated clients, whose calls have deadlines, retries and tokens."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from flytebind.remote._causes import CallFailure
from flytebind.remote._channel import connection_hint
from flytebind.remote._connection import Connection, closed
from flytebind.remote._io import AwaitableCall, Future, Io, TimeIsUp
from flytebind.remote._io.interrupts import interrupts_held_back
from flytebind.remote._metadata import check as check_metadata
from flytebind.remote._reading import Unreadable
from flytebind.remote._streams import RoutedStream, headers
from flytebind.remote.errors import (
    FlyteAssertion,
    FlyteCallError,
    FlyteDataError,
    call_error,
    call_label,
    may_pass,
    names_outage,
)
from flytebind.runtime.grpcio import aio, grpc
from flytebind.runtime.homes import public_in
from flytebind.runtime.model import Model
from flytebind.runtime.rpc import AsyncClient, AsyncResponseStream, Client, Metadata, Method
from flytebind.runtime.rpc.method import Req, Res
from flytebind.runtime.screens import harmless

if TYPE_CHECKING:
    from flytebind.remote.auth import Credentials, Token

_log = logging.getLogger("flytebind.remote")

# Seconds by which gRPC may call a deadline over before this clock does.
_CLOCKS_DIFFER = 0.05
#: Who gets no answer in so many seconds, and gives up, may have lost the connection.
_LONG_ENOUGH = 0.5

# What the first one brings may be a remembered token, which the server refuses as well.
_MAX_RENEWALS = 2


@public_in("flytebind.remote")
@dataclass(frozen=True)
class CallPolicy:
    """The deadline and the retry policy of calls.

    Any call is retried after ``UNAVAILABLE``: the server was not there, or was going away. Calls
    that only read are idempotent, and are retried after ``INTERNAL`` as well, and while the
    server's database or store is away. The backoff is exponential, with jitter, so that many
    clients do not come back at the same moment.
    """

    timeout: float = 60.0
    """The deadline of a call in seconds, all its attempts together."""
    max_attempts: int = 6
    """How many attempts a call has; 1 for no retry. While the server says that its database or
    store is away, an idempotent call is otherwise retried until its deadline."""
    first_pause: float = 0.1
    """The backoff before the second attempt, in seconds; it doubles with each further one."""
    longest_pause: float = 5.0
    """The longest backoff, in seconds."""
    touch_timeout: float | None = None
    """The deadline of what an execution loads when it is touched, such as ``outputs``, with all
    calls and transfers that this takes, in seconds; None for no end. Verbs take a ``timeout``."""

    def pause_after(self, attempt: int) -> float:
        """The backoff after a failed attempt, in seconds.

        Args:
            attempt: Its number, from 1 on.
        """
        growth = 2.0 ** min(attempt - 1, 64)  # what is more would not fit a float
        pause = min(self.first_pause * growth, self.longest_pause)
        return pause * random.uniform(0.5, 1.0)


class Caller:
    """Makes the calls of one connection."""

    def __init__(self, connection: Connection, io: Io, policy: CallPolicy) -> None:
        self._connection = connection
        self._io = io
        self._policy = policy
        self._heard = 0.0
        """When the server last gave an answer, on the monotonic clock."""

    async def call(
        self,
        method: Method[Req, Res],
        request: Req,
        timeout: float | None = None,
        metadata: Metadata = (),
        wait_for_ready: bool | None = None,
    ) -> Res:
        """Call, and try again where that is safe and may help.

        Raises:
            FlyteCallError: If the call fails in the end.
            FlyteDataError: If the answer cannot be read.
            FlyteAssertion: If the connection is closed, or does not survive a fork.
        """
        method.check_request(request)
        check_metadata(metadata)
        credentials = self._connection.open()
        call = _Call(method, request, self._policy.timeout if timeout is None else timeout)
        renewals = 0
        while True:
            tokens = [await self._token(call, each) for each in credentials]

            def start(tokens: list[Token | None] = tokens) -> Future[Res] | AwaitableCall[Res]:
                # Others may have renewed them while this call was waiting for its turn.
                tokens[:] = [
                    each.fresh() or token for each, token in zip(credentials, tokens, strict=True)
                ]
                timeout = call.begin()
                # No variable holds the headers: whoever shows a traceback's would show tokens.
                return self._start(
                    method,
                    request,
                    timeout,
                    headers(metadata, credentials, tokens),
                    wait_for_ready,
                )

            failure: FlyteCallError | None = None
            try:
                answer = await self._io.call(start)
            except grpc.RpcError as error:
                call.log(error.code().name)
                self._notice_silence(call, error.code())
                error = call.main_trouble(error)
                code, details = error.code(), error.details() or ""
                if (
                    code is grpc.StatusCode.UNAUTHENTICATED
                    and credentials
                    and renewals < _MAX_RENEWALS
                ):
                    renewals += 1
                    await self._renew(call, credentials[0], tokens[0])
                    continue
                pause = self._pause(call, code, details)
                if pause is None:
                    details = self._explain(code, details)
                    failure = _error(code, details, method, request, call.attempts)
                    failure.__cause__ = CallFailure(error)
                call.trouble = error.with_traceback(None)  # which would keep all of this alive
            except grpc.FutureCancelledError as error:
                code = grpc.StatusCode.CANCELLED
                call.log(code.name)
                details = "the connection was closed during the call"
                raise _error(code, details, method, request, call.attempts) from error
            except BaseException:
                call.log("given up")
                self.notice_giving_up(call.began)
                raise
            else:
                self._heard = time.monotonic()
                call.log("OK")
                if isinstance(answer, Unreadable):
                    raise FlyteDataError(f"{call}: the answer {answer.reason()}")
                return answer
            if failure is not None:
                raise failure  # here, or gRPC's error would be its context
            assert pause is not None
            _log.info("%s: %s, trying again in %.2g s", call, code.name, pause)
            await self._io.sleep(pause)

    def start_stream(
        self, method: Method[Req, Res], request: Req, timeout: float | None, metadata: Metadata
    ) -> Any:
        """Begin the call of a stream; what comes back is the channel's own."""
        client = self._connection.client
        if client is None:
            raise closed()
        call = client._open(method)
        try:
            if not isinstance(client, Client):
                return call(request, timeout=timeout, metadata=aio.Metadata(*metadata))
            with interrupts_held_back():
                return call(request, timeout=timeout, metadata=metadata)
        except (ValueError, aio.UsageError):  # what grpcio says of closed channels
            pass
        # Not chained, and without the variable: grpcio's errors and frames may show tokens.
        del metadata
        raise FlyteAssertion(f"{method.name}: the channel is closed")

    def hear(self) -> None:
        """Know that the server is there."""
        self._heard = time.monotonic()

    def notice_end(self, code: grpc.StatusCode, silent_since: float | None) -> None:
        """What the end of a stream says of the connection.

        Args:
            code: How it has ended.
            silent_since: When it began, on the monotonic clock, if nothing has come since.
        """
        if silent_since is not None and self._heard < silent_since and code in _MUTE:
            # gRPC tries an address that was away less and less often, and a new channel at once.
            self._connection.replace(silent_since)

    def notice_giving_up(self, began: float) -> None:
        """What it says of the connection that nobody waits for an answer any longer.

        The verb's time may be over before the call's, each time anew.

        Args:
            began: When it was asked for, on the monotonic clock.
        """
        if self._heard < began < time.monotonic() - _LONG_ENOUGH:
            self._connection.replace(began)

    def failure(
        self, error: grpc.RpcError, method: Method[Any, Any], request: Model[Any]
    ) -> FlyteCallError:
        """What to raise for the error of a stream."""
        code = error.code()
        return _error(code, self._explain(code, error.details() or ""), method, request, 1)

    async def token_of_stream(
        self,
        credentials: Credentials,
        rejected: Token | None,
        timeout: float | None,
        method: Method[Any, Any],
        request: Model[Any],
    ) -> Token:
        """A token for a stream; it has the deadline of a call, or the stream's if that is sooner.

        Raises:
            FlyteCallError: If there is none to be had, or not in time.
        """
        most = self._policy.timeout if timeout is None else min(timeout, self._policy.timeout)
        return await self._renew(_Call(method, request, most), credentials, rejected)

    def _start(
        self,
        method: Method[Req, Res],
        request: Req,
        timeout: float,
        metadata: Metadata,
        wait_for_ready: bool | None,
    ) -> Future[Res] | AwaitableCall[Res]:
        """Send a request; the answer is for the ``Io`` to wait for."""
        client = self._connection.client
        if client is None:
            raise closed()
        call = client._open(method)
        try:
            started: Future[Res] | AwaitableCall[Res]
            if isinstance(client, Client):
                started = call.future(
                    request, timeout=timeout, metadata=metadata, wait_for_ready=wait_for_ready
                )
            else:
                # Old grpcios take no other sequence, and interceptors expect this type.
                started = call(
                    request,
                    timeout=timeout,
                    metadata=aio.Metadata(*metadata),
                    wait_for_ready=wait_for_ready,
                )
        except (ValueError, aio.UsageError):  # what grpcio says of closed channels
            pass
        else:
            return started
        # Not chained, and without the variable: grpcio's errors and frames may show tokens.
        del metadata
        raise FlyteAssertion(f"{method.name}: the channel is closed")

    def _pause(self, call: _Call, code: grpc.StatusCode, details: str) -> float | None:
        """Seconds until the next attempt; None if there is to be none."""
        if not call.helps_again(code, details):
            return None
        most = self._policy.max_attempts
        if call.attempts >= most and (most == 1 or not names_outage(code, details)):
            return None
        pause = self._policy.pause_after(call.attempts)
        return pause if pause < call.left() else None

    def _notice_silence(self, call: _Call, code: grpc.StatusCode) -> None:
        """Let the next call go another way if this one's deadline has passed without any answer."""
        if call.is_over(code):
            if self._heard < call.began:
                self._connection.replace(call.began)
        elif code not in (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE):
            self._heard = time.monotonic()

    async def _token(self, call: _Call, credentials: Credentials) -> Token | None:
        token = credentials.fresh()
        if token is None and credentials.due:
            return await self._renew(call, credentials, None)
        return token

    def _explain(self, code: grpc.StatusCode, details: str) -> str:
        hint = ""
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED and "larger than max" in details:
            hint = "raise Config.max_message_bytes to receive it"
        elif "Compression algorithm" in details:
            details = details.rstrip(".")
            hint = "the server packs its answers unasked, and nobody knows how large they are"
        elif code is grpc.StatusCode.UNAUTHENTICATED and not self._connection.open():
            hint = "set auth_mode (admin.authType), or give the remote a token"
        elif code is grpc.StatusCode.UNAVAILABLE:
            config = self._connection.config
            hint = connection_hint(details, config is not None and config.insecure)
        return f"{details}; {hint}" if hint else details

    async def _renew(self, call: _Call, credentials: Credentials, rejected: Token | None) -> Token:
        began = time.monotonic()
        asked = credentials.begin(rejected)
        try:
            await self._io.within(call.left(), self._io.outside(lambda: asked.soon))
            if asked.done():
                call.spend(time.monotonic() - began)
                return asked.result()
            token = await self._io.outside(lambda: asked)
        except TimeIsUp:
            raise call.too_late("no token has come in time") from None
        finally:
            asked.cancel()
        call.start_over()
        return token


_MUTE = frozenset({grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.UNAVAILABLE})


class AsyncRoute(AsyncClient):
    """What makes the calls of a generated client go through a ``Caller``."""

    __slots__ = ("_caller",)

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def _unary_unary(
        self,
        method: Method[Req, Res],
        request: Req,
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> Res:
        return await self._caller.call(method, request, timeout, metadata or (), wait_for_ready)

    def _unary_stream(
        self,
        method: Method[Req, Res],
        request: Req,
        timeout: float | None,
        metadata: Metadata | None,
        wait_for_ready: bool | None,
    ) -> AsyncResponseStream[Res]:
        return RoutedStream(self._caller, method, request, timeout, metadata or ())


class _Call:
    """The attempts of one call. Its time counts from its turn, not from when it began to queue."""

    __slots__ = (
        "_budget",
        "_deadline",
        "_method",
        "_request",
        "_timeout",
        "attempts",
        "began",
        "trouble",
    )

    def __init__(self, method: Method[Any, Any], request: Model[Any], timeout: float) -> None:
        self._method = method
        self._request = request
        self._timeout = self._budget = timeout
        self.began = 0.0
        self._deadline: float | None = None
        self.trouble: grpc.RpcError | None = None
        """What was wrong in the attempt before."""
        self.attempts = 0
        """How many have begun."""

    def begin(self) -> float:
        """One more attempt; returns the seconds that it may last."""
        self.began = time.monotonic()
        if self._deadline is None:
            self._deadline = self.began + self._budget
        self.attempts += 1
        return max(self._deadline - self.began, 0.001)

    def left(self) -> float:
        """Seconds until the deadline."""
        return self._budget if self._deadline is None else self._deadline - time.monotonic()

    def spend(self, seconds: float) -> None:
        """Let count what has passed before the first attempt."""
        self._budget -= seconds

    def start_over(self) -> None:
        """Have all the time again: a person has logged in meanwhile."""
        self._budget, self._deadline = self._timeout, None

    def too_late(self, what: str) -> FlyteCallError:
        """The error for what a call needs, and has not come by its deadline."""
        code, request = grpc.StatusCode.DEADLINE_EXCEEDED, self._request
        details = f"{what} ({self._timeout:g} s)"
        return _error(code, details, self._method, request, self.attempts)

    def helps_again(self, code: grpc.StatusCode, details: str) -> bool:
        """Whether another attempt may help, and do no harm.

        ``UNAVAILABLE`` mostly means that nobody has heard the call; what is created has a name of
        the client's, so that it is not created twice. Of other trouble nobody knows how far a call
        came.
        """
        if code is grpc.StatusCode.UNAVAILABLE:
            return not leaves_name_open(self._method.name, self._request)
        return is_read(self._method.name) and may_pass(code, details)

    def main_trouble(self, error: grpc.RpcError) -> grpc.RpcError:
        """What to tell of an attempt that has failed.

        The last one may have had hardly any time left: then what was wrong before says more than
        that its deadline has passed.
        """
        if self.trouble is None or not self.is_over(error.code()):
            return error
        last = time.monotonic() - self.began
        return self.trouble if last < self._timeout / 2 else error

    def is_over(self, code: grpc.StatusCode) -> bool:
        """Whether an attempt has ended because the deadline of the call has passed."""
        return code is grpc.StatusCode.DEADLINE_EXCEEDED and self.left() < _CLOCKS_DIFFER

    def log(self, outcome: str) -> None:
        """Tell how an attempt has ended; never what was sent or answered, which may be secret."""
        if self.attempts and _log.isEnabledFor(logging.DEBUG):
            seconds = time.monotonic() - self.began
            _log.debug("%s: %s, %.3f s, attempt %d", self, outcome, seconds, self.attempts)

    def __str__(self) -> str:
        return call_label(self._method.name, _subject(self._request))


def is_read(name: str) -> bool:
    """Whether calls of an RPC change nothing on the server. Links to data are only signed."""
    return name in _ASKING or (name.startswith(("Get", "List")) and not name.startswith("GetOr"))


_ASKING = frozenset(
    {
        "CreateDownloadLink",
        "CreateDownloadLocation",
        "CreateUploadLocation",
        "SelectCluster",
        "UploadInputs",  # to a place that follows from what they are
        "UserInfo",
    }
)


def leaves_name_open(name: str, request: object) -> bool:
    """Whether the server would make up a name, and twice would make two of it."""
    return name in _STARTS and not getattr(request, "name", "")


_STARTS = frozenset({"CreateExecution", "RelaunchExecution", "RecoverExecution"})


def _error(
    code: grpc.StatusCode, details: str, method: Method[Any, Any], request: Any, attempts: int
) -> FlyteCallError:
    error = call_error(code, details, method.name, _subject(request))
    error.attempts = attempts
    return error


_SUBJECTS: Sequence[str] = (
    "id",
    "workflow_execution_id",
    "node_execution_id",
    "flyte_url",
    # Of Flyte 2; a name may have parts there.
    "action_id",
    "run_id",
    "task_id",
    "task_name",
    "trigger_name",
    "action_attempt_id",
    "name",
)
#: What requests say of a thing that has no identifier yet.
_PLACE: Sequence[str] = ("project", "domain", "name", "filename")


def _subject(request: Any) -> str:
    """What a request is about, for people: ``flytesnacks/development/f7a9c2/n0``."""
    from flytebind.looks._labels import AnyIdentifier, label

    for name in _SUBJECTS:
        subject: Any = getattr(request, name, None)
        if isinstance(subject, get_args(AnyIdentifier)):
            return label(subject)
        if isinstance(subject, Model):
            return harmless(_joined(subject))
        if subject and name != "name":
            return str(subject)
    return _parts(request, _PLACE)


def _joined(id: Model[Any]) -> str:
    """An identifier of Flyte 2, whose first part may be another one: an action is of a run."""
    outer = (getattr(id, name, None) for name in ("action_id", "run", "name"))
    before = [_joined(each) for each in outer if isinstance(each, Model)]
    return "/".join(filter(None, (*before, _parts(id, _IDS))))


_IDS: Sequence[str] = ("project", "domain", "task_name", "name", "version")


def _parts(message: Model[Any], names: Sequence[str]) -> str:
    parts = (getattr(message, name, None) for name in names)
    return "/".join(part for part in parts if isinstance(part, str) and part)
