"""Executions that behave, and the remotes that they come from. Needs the extra ``remote``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.lazy import lazy_module as _lazy_module

__all__ = [
    "ArrayItem",
    "AsyncFlyteRemote",
    "CallPolicy",
    "Change",
    "Config",
    "FlyteAlreadyExistsError",
    "FlyteAssertion",
    "FlyteAuthenticationError",
    "FlyteCallError",
    "FlyteCallTimeout",
    "FlyteConfigError",
    "FlyteDataError",
    "FlyteError",
    "FlyteExecutionError",
    "FlyteInvalidInputError",
    "FlyteLaunchPlan",
    "FlyteNodeExecution",
    "FlyteNotFoundError",
    "FlyteOutageError",
    "FlytePermissionError",
    "FlyteRemote",
    "FlyteTask",
    "FlyteTaskExecution",
    "FlyteTimeout",
    "FlyteUnavailableError",
    "FlyteValueError",
    "FlyteWorkflow",
    "FlyteWorkflowExecution",
    "LaunchOptions",
    "LiteralsResolver",
    "RemoteExecutionBase",
]

if TYPE_CHECKING:
    from flytebind.remote.async_remote import AsyncFlyteRemote
    from flytebind.remote.calls import CallPolicy
    from flytebind.remote.config import Config
    from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
    from flytebind.remote.errors import (
        FlyteAlreadyExistsError,
        FlyteAssertion,
        FlyteAuthenticationError,
        FlyteCallError,
        FlyteCallTimeout,
        FlyteConfigError,
        FlyteDataError,
        FlyteError,
        FlyteExecutionError,
        FlyteInvalidInputError,
        FlyteNotFoundError,
        FlyteOutageError,
        FlytePermissionError,
        FlyteTimeout,
        FlyteUnavailableError,
        FlyteValueError,
    )
    from flytebind.remote.executions import (
        FlyteNodeExecution,
        FlyteTaskExecution,
        FlyteWorkflowExecution,
        RemoteExecutionBase,
    )
    from flytebind.remote.items import ArrayItem
    from flytebind.remote.operations.launch import LaunchOptions
    from flytebind.remote.operations.wait import Change
    from flytebind.remote.remote import FlyteRemote
    from flytebind.remote.values import LiteralsResolver
else:
    _HOMES = {
        "async_remote": ["AsyncFlyteRemote"],
        "calls": ["CallPolicy"],
        "config": ["Config"],
        "entities": ["FlyteLaunchPlan", "FlyteTask", "FlyteWorkflow"],
        "errors": [name for name in __all__ if name.endswith(("Error", "Assertion", "Timeout"))],
        "executions": [
            "FlyteNodeExecution",
            "FlyteTaskExecution",
            "FlyteWorkflowExecution",
            "RemoteExecutionBase",
        ],
        "items": ["ArrayItem"],
        "operations.launch": ["LaunchOptions"],
        "operations.wait": ["Change"],
        "remote": ["FlyteRemote"],
        "values": ["LiteralsResolver"],
    }
    __getattr__, __dir__ = _lazy_module(
        __name__,
        names={
            name: f"{__name__}.{module}:{name}"
            for module, names in _HOMES.items()
            for name in names
        },
    )
