"""What can go wrong between a program and Flyte."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flytebind.looks._labels import label
from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.identifier import Identifier, WorkflowExecutionIdentifier
from flytebind.runtime.errors import (
    FlyteAssertion as FlyteAssertion,
    FlyteConfigError as FlyteConfigError,
    FlyteDataError as FlyteDataError,
    FlyteError as FlyteError,
    FlyteTimeout as FlyteTimeout,
    FlyteValueError as FlyteValueError,
)
from flytebind.runtime.grpcio import grpc
from flytebind.runtime.screens import excerpt, harmless_lines


class FlyteExecutionError(FlyteError):
    """An execution has ended without success.

    Args:
        message: What is wrong, in words.
        execution_id: The execution.
        error: Its error, as the server has it; None where it has none.
    """

    def __init__(
        self,
        message: str,
        execution_id: WorkflowExecutionIdentifier | None = None,
        error: ExecutionError | None = None,
    ) -> None:
        super().__init__(message)
        self.execution_id: WorkflowExecutionIdentifier | None = execution_id
        self.error: ExecutionError | None = error
        self.code: str = "" if error is None else error.code
        """The code of the error: ``USER:ValueError``; empty where there is none."""
        self.passing: bool = error is not None and error.kind is ExecutionError.ErrorKind.SYSTEM
        """Whether it was the system's fault, so that another run may succeed."""

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.execution_id, self.error)


class FlyteExecutionTimeout(FlyteTimeout):
    """An execution was not started, not done, or not all of it here, in time.

    Args:
        message: What is wrong, in words.
        execution_id: The execution; None if none was started.
    """

    passing: bool = True

    def __init__(
        self, message: str, execution_id: WorkflowExecutionIdentifier | None = None
    ) -> None:
        super().__init__(message)
        self.execution_id: WorkflowExecutionIdentifier | None = execution_id

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (str(self), self.execution_id)


class FlyteVersionConflictError(FlyteValueError):
    """Something else is registered under the same version, and versions do not change.

    Args:
        differences: By identifier, what differs, as ``diff`` shows it.
    """

    def __init__(self, differences: Mapping[Identifier, str]) -> None:
        super().__init__(differences)
        self.differences: Mapping[Identifier, str] = dict(differences)
        """By identifier, what differs, from what is registered to what was given."""

    def __str__(self) -> str:
        several = len(self.differences)
        head = f"these {several} are registered already, and differ"
        if several == 1:
            head = "this is registered already, and differs"
        shown = [
            f"{id.resource_type.name.lower().replace('_', ' ')} {label(id)}\n{difference}"
            for id, difference in self.differences.items()
        ]
        return harmless_lines(f"{head}; give another version:\n" + "\n\n".join(shown))


class FlyteCallError(FlyteError):
    """A call to the server has failed.

    Its cause is the ``grpc.RpcError``, where there was one.

    Args:
        code: The status code.
        details: What the server said.
        call: The RPC: ``GetExecution``.
        subject: What the call was about, such as the name of an execution; may be empty.
    """

    def __init__(
        self, code: grpc.StatusCode, details: str, call: str = "", subject: str = ""
    ) -> None:
        super().__init__(code, details, call, subject)
        self.code = code
        self.details = details
        self.call = call
        self.subject = subject
        self.passing: bool = code in FATAL or may_pass(code, details)
        self.attempts = 1
        """How often the call was tried. With more than one, an earlier try may have been heard."""

    def __str__(self) -> str:
        where = call_label(self.call, self.subject)
        return excerpt(": ".join(filter(None, (where, self.code.name, self.details))))


class FlyteNotFoundError(FlyteCallError):
    """There is no such thing on the server."""


class FlyteAlreadyExistsError(FlyteCallError):
    """The name is taken by something else."""


class FlyteInvalidInputError(FlyteCallError):
    """The server does not take what was sent."""


class FlyteAuthenticationError(FlyteCallError):
    """The server does not know who is calling, or no token could be had."""


class FlytePermissionError(FlyteCallError):
    """The server knows who is calling, and refuses."""


class FlyteUnavailableError(FlyteCallError):
    """The server cannot be reached, or cannot answer now."""


class FlyteOutageError(FlyteUnavailableError):
    """The server is there, but its database or its store is away.

    Whatever status code it answers with, the code here is ``UNAVAILABLE``; its own is in the cause.
    """


class FlyteCallTimeout(FlyteCallError, FlyteTimeout):
    """A call got no answer in time."""


#: Trouble with the connection as a whole, and not with the one thing that was asked for.
FATAL = frozenset(
    {
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.UNAVAILABLE,
    }
)

_BY_CODE: dict[grpc.StatusCode, type[FlyteCallError]] = {
    grpc.StatusCode.NOT_FOUND: FlyteNotFoundError,
    grpc.StatusCode.ALREADY_EXISTS: FlyteAlreadyExistsError,
    grpc.StatusCode.INVALID_ARGUMENT: FlyteInvalidInputError,
    grpc.StatusCode.UNAUTHENTICATED: FlyteAuthenticationError,
    grpc.StatusCode.PERMISSION_DENIED: FlytePermissionError,
    grpc.StatusCode.UNAVAILABLE: FlyteUnavailableError,
    grpc.StatusCode.DEADLINE_EXCEEDED: FlyteCallTimeout,
}


def call_label(call: str, subject: str) -> str:
    """A call in words: ``GetExecution of flytesnacks/development/f7a9c2``."""
    return " of ".join(filter(None, (call, subject)))


def call_error(
    code: grpc.StatusCode, details: str, call: str = "", subject: str = ""
) -> FlyteCallError:
    """The error for a status code."""
    if names_outage(code, details):
        hint = "the server's database or store is away; nothing is wrong with what was sent"
        return FlyteOutageError(grpc.StatusCode.UNAVAILABLE, f"{details}; {hint}", call, subject)
    return _BY_CODE.get(code, FlyteCallError)(code, details, call, subject)


# How flyteadmin says so when it should sign a link; what comes after "with" are the store's words.
_MISSING_OBJECT = re.compile(
    "failed to get object size for .+ with .*"
    "(NotFound|Not Found|NoSuchKey|status code: 404|object doesn't exist)",
    re.DOTALL,
)

# How flyteadmin says that it has no metrics: it looks for failure nodes among all others.
_UNKNOWN_NODE = "failed to discover workflow node"

# Where flyteadmin passes on what its database or its store says, and words of Go's network library,
# PostgreSQL and stores that mean that they are away. Others are about what was asked for.
_OUTAGE = re.compile(
    "(unexpected error type for:|failed database operation with|failed to get object size for) .*"
    "(dial (tcp|unix|error)|connection refused|connection reset|broken pipe|unexpected EOF"
    "|i/o timeout|no such host|deadline exceeded|conn closed|bad connection|TLS handshake timeout"
    "|the database system is|terminating connection due to|too many clients"
    r"|send request failed|SlowDown|status code: 5\d\d|Error 5\d\d)",
    re.DOTALL,
)
# What servers of Flyte 2 say of a request that they cannot serve at any time: data that are larger
# than they read, and what PostgreSQL or its driver do not take.
_HOPELESS = re.compile(
    r"\[LIMIT_EXCEEDED\]|SQLSTATE (22|23|42)|failed to encode args|optimistic lock failure"
    "|Marshal called with nil"
)
_MAY_HIDE_OUTAGE = frozenset(
    {
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.INVALID_ARGUMENT,  # as long as projects cannot be looked up
        grpc.StatusCode.UNKNOWN,  # what PostgreSQL itself says
    }
)

# What gRPC says of proxies that answer in a server's place, or break a call off.
_PROXY_TROUBLE = re.compile(
    r"Received http2 header with status: 5\d\d|Received RST_STREAM with error code"
)


def names_missing_object(code: grpc.StatusCode, details: str) -> bool:
    """Whether a server says that a file which it should sign a link to is not there.

    It says so by ``INTERNAL``, which otherwise means that something is wrong with the server.
    """
    return code is grpc.StatusCode.INTERNAL and _MISSING_OBJECT.search(details) is not None


def names_outage(code: grpc.StatusCode, details: str) -> bool:
    """Whether a server says, in whatever way, that its database or its store is away."""
    return code in _MAY_HIDE_OUTAGE and _OUTAGE.search(details) is not None


def is_passing(error: Exception) -> bool:
    """Whether an error is about the connection or the server, and not about what was asked for."""
    return isinstance(error, FlyteError) and error.passing


def may_pass(code: grpc.StatusCode, details: str) -> bool:
    """Whether the same question may be answered later: the trouble is not about what was asked."""
    if code is grpc.StatusCode.INTERNAL:
        return not (
            names_missing_object(code, details)
            or details.startswith(_UNKNOWN_NODE)
            or _HOPELESS.search(details) is not None
        )
    return (
        code is grpc.StatusCode.UNAVAILABLE
        or names_outage(code, details)
        or _PROXY_TROUBLE.search(details) is not None
    )
