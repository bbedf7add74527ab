"""flytekit's exceptions, and what is raised here in their place."""

from __future__ import annotations

from dataclasses import dataclass

from flytebind.runtime.homes import public_in


@public_in("flytebind.migrate")
@dataclass(frozen=True)
class ExceptionRow:
    """What is raised in place of an exception of flytekit's."""

    theirs: str
    """Below ``flytekit.exceptions``: ``user.FlyteTimeout``."""
    ours: tuple[str, ...]
    """Of ``flytebind.remote``; none for what a remote does not raise."""
    why: str = ""
    """When, or why not."""


_TASKS = "tasks raise it, and what is written with flytekit"

_ROWS = [
    ExceptionRow("base.FlyteException", ("FlyteError",), "the base of all"),
    ExceptionRow(
        "base.FlyteRecoverableException", ("FlyteError",), "where `error.retryable` is true"
    ),
    ExceptionRow("system.FlyteSystemException", ("FlyteCallError",), "`error.code` is gRPC's"),
    ExceptionRow(
        "system.FlyteSystemUnavailableException",
        ("FlyteUnavailableError",),
        "after retries; `FlyteOutageError` where the server is there, and its database is not",
    ),
    ExceptionRow("system.FlyteDownloadDataException", ("FlyteDataError",)),
    ExceptionRow("system.FlyteUploadDataException", ("FlyteDataError",)),
    ExceptionRow("user.FlyteUserException", ("FlyteError",)),
    ExceptionRow(
        "user.FlyteAssertion",
        ("FlyteAssertion",),
        "it is no base of what the server answers: these are `FlyteCallError`s",
    ),
    ExceptionRow(
        "user.FlyteAuthenticationException",
        ("FlyteAuthenticationError", "FlytePermissionError"),
        "the second where the server knows who is calling",
    ),
    ExceptionRow("user.FlyteEntityAlreadyExistsException", ("FlyteAlreadyExistsError",)),
    ExceptionRow("user.FlyteEntityNotExistException", ("FlyteNotFoundError",)),
    ExceptionRow("user.FlyteEntityNotFoundException", ("FlyteNotFoundError",)),
    ExceptionRow("user.FlyteDataNotFoundException", ("FlyteDataError",)),
    ExceptionRow("user.FlyteInvalidInputException", ("FlyteInvalidInputError",)),
    ExceptionRow(
        "user.FlyteTimeout",
        ("FlyteTimeout",),
        "a `TimeoutError`; of `wait` a `FlyteExecutionTimeout`, of a call a `FlyteCallTimeout`",
    ),
    ExceptionRow("user.FlyteValueException", ("FlyteValueError",), "a `ValueError`, too"),
    ExceptionRow("user.FlyteTypeException", ("FlyteValueError",), "or Python's `TypeError`"),
    ExceptionRow("user.FlyteValidationException", ("FlyteValueError",)),
    *(
        ExceptionRow(theirs, (), _TASKS)
        for theirs in (
            "eager.EagerException",
            "scopes.FlyteScopedException",
            "scopes.FlyteScopedSystemException",
            "scopes.FlyteScopedUserException",
            "system.FlyteAgentNotFound",
            "system.FlyteConnectorNotFound",
            "system.FlyteEntrypointNotLoadable",
            "system.FlyteNonRecoverableSystemException",
            "system.FlyteNotImplementedException",
            "system.FlyteSystemAssertion",
            "user.FlyteCompilationException",
            "user.FlyteDisapprovalException",
            "user.FlyteFailureNodeInputMismatchException",
            "user.FlyteMissingReturnValueException",
            "user.FlyteMissingTypeException",
            "user.FlytePromiseAttributeResolveException",
            "user.FlyteRecoverableException",
            "user.FlyteUserRuntimeException",
        )
    ),
]


def exceptions() -> list[ExceptionRow]:
    """The whole table."""
    return list(_ROWS)
