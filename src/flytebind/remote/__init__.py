"""Executions that behave, and the remotes that they come from. Needs the extra ``remote``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.extras import explained as _explained
from flytebind.runtime.lazy import lazy_module as _lazy_module

__all__ = [
    "MOST_RECENT_FIRST",
    "ArrayItem",
    "AsyncFlyteRemote",
    "CallPolicy",
    "Change",
    "Config",
    "ExecutionList",
    "FlyteAlreadyExistsError",
    "FlyteAssertion",
    "FlyteAuthenticationError",
    "FlyteCallError",
    "FlyteCallTimeout",
    "FlyteConfigError",
    "FlyteDataError",
    "FlyteError",
    "FlyteExecutionError",
    "FlyteExecutionTimeout",
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
    "FlyteVersionConflictError",
    "FlyteWorkflow",
    "FlyteWorkflowExecution",
    "Input",
    "LaunchOptions",
    "LiteralsResolver",
    "NodeMapping",
    "Options",
    "PlatformConfig",
    "RegisteredEntity",
    "Registration",
    "RemoteExecutionBase",
]

if TYPE_CHECKING:
    from flytebind.looks import ArrayItem, ExecutionList, NodeMapping
    from flytebind.remote._calls import CallPolicy
    from flytebind.remote._flytekit import MOST_RECENT_FIRST, Options
    from flytebind.remote._operations.launch import LaunchOptions
    from flytebind.remote._operations.register import RegisteredEntity, Registration
    from flytebind.remote._operations.wait import Change
    from flytebind.remote._remote import AsyncFlyteRemote, FlyteRemote
    from flytebind.remote.config import Config, PlatformConfig
    from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow, Input
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
        FlyteExecutionTimeout,
        FlyteInvalidInputError,
        FlyteNotFoundError,
        FlyteOutageError,
        FlytePermissionError,
        FlyteTimeout,
        FlyteUnavailableError,
        FlyteValueError,
        FlyteVersionConflictError,
    )
    from flytebind.remote.executions import (
        FlyteNodeExecution,
        FlyteTaskExecution,
        FlyteWorkflowExecution,
        RemoteExecutionBase,
    )
    from flytebind.values import LiteralsResolver
else:
    _get, __dir__ = _lazy_module(
        __name__,
        names={
            name: f"flytebind.looks:{name}"
            for name in ("ArrayItem", "ExecutionList", "NodeMapping")
        },
        homes={
            "_remote": ["AsyncFlyteRemote", "FlyteRemote"],
            "_calls": ["CallPolicy"],
            "_flytekit": ["MOST_RECENT_FIRST", "Options"],
            "config": ["Config", "PlatformConfig"],
            "entities": ["FlyteLaunchPlan", "FlyteTask", "FlyteWorkflow", "Input"],
            "errors": [
                name for name in __all__ if name.endswith(("Error", "Assertion", "Timeout"))
            ],
            "executions": [
                "FlyteNodeExecution",
                "FlyteTaskExecution",
                "FlyteWorkflowExecution",
                "RemoteExecutionBase",
            ],
            "_operations.launch": ["LaunchOptions"],
            "_operations.register": ["RegisteredEntity", "Registration"],
            "_operations.wait": ["Change"],
            "values": ["LiteralsResolver"],
        },
    )

    def __getattr__(name: str) -> object:
        with _explained("flytebind.remote"):
            return _get(name)
