"""What both faces of a remote have in common."""

from __future__ import annotations

from typing import TypeAlias, get_args
from urllib.parse import quote

import grpc
from grpc import aio

from flytebind._transfer.links import Links
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.remote import _operations as operations, auth
from flytebind.remote._arguments import must_be, named
from flytebind.remote._calls import CallPolicy
from flytebind.remote._connection import Connection
from flytebind.remote._io import Io
from flytebind.remote._session import Session
from flytebind.remote.config import Config
from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
from flytebind.remote.errors import FlyteAssertion
from flytebind.remote.executions import (
    FlyteNodeExecution,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
    Load,
    RemoteExecutionBase,
)

ExecutionLike: TypeAlias = FlyteWorkflowExecution | WorkflowExecutionIdentifier | str
"""An execution, its identifier, or its name in the remote's own project and domain."""

_Executed: TypeAlias = FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution
_Runnable: TypeAlias = FlyteWorkflow | FlyteTask | FlyteLaunchPlan
_AnyId: TypeAlias = (
    WorkflowExecutionIdentifier | NodeExecutionIdentifier | TaskExecutionIdentifier | Identifier
)


class RemoteBase:
    """A Flyte server, as far as it does not matter how one waits for it."""

    config: Config | None
    """The settings of the connection; None if it was made of a channel alone."""

    can_load_later: bool
    """Whether executions may load what they lack when they are touched."""

    def __init__(
        self,
        config: Config | str | None = None,
        project: str | None = None,
        domain: str | None = None,
        *,
        channel: grpc.Channel | aio.Channel | None = None,
        token: auth.AnyToken | None = None,
        max_calls: int = 64,
        policy: CallPolicy | None = None,
    ) -> None:
        """Take the settings; nothing is opened before the first call.

        A remote that is no longer needed should be closed, or used in a ``with`` block.

        Args:
            config: Where the server is, or just its ``host:port``; by default ``Config.auto()``.
            project: The project of calls that name none, if not the config's.
            domain: The domain of calls that name none, if not the config's.
            channel: A channel of your own, with credentials of its own; it stays yours to close.
            token: A token, a function or a source that has one, instead of what the config says.
            max_calls: How many calls may be in flight at once.
            policy: Deadlines and retries.

        Raises:
            FlyteConfigError: If there is no config to be found, or it makes no sense.
            ValueError: If no call is allowed at all.
            TypeError: If the channel is one that only ``AsyncFlyteRemote`` can use.
        """
        if max_calls < 1:
            raise ValueError(f"max_calls must be at least 1, not {max_calls}")
        if isinstance(config, str):
            config = Config.for_endpoint(config)
        elif config is None and channel is None:
            config = Config.auto()
        if channel is not None:
            self._check_channel(channel)
        self.config = config
        self._connection = Connection(config, channel, token)
        self._session = Session(
            self,
            self._connection,
            self._make_io(max_calls),
            policy or CallPolicy(),
            project=project or (config.project if config else None),
            domain=domain or (config.domain if config else None),
        )

    def generate_console_url(self, entity: _Executed | _Runnable | _AnyId) -> str:
        """Where people look at something in the web console.

        Args:
            entity: An execution of a workflow, a node or a task, or something that can be run, or
                the identifier of one. An attempt at a task is seen at its node.

        Raises:
            FlyteAssertion: If the remote has a channel alone, and does not know.
            TypeError: If the entity is something else.
        """
        kinds = (*get_args(_Executed), *get_args(_Runnable), *get_args(_AnyId))
        must_be(entity, kinds, "generate_console_url", "fetch it, or make its identifier")
        id = entity if isinstance(entity, _AnyId) else entity.id
        if id.is_empty:
            raise FlyteAssertion("what has no identifier is not in the console")
        return f"{self._console()}/console/{'/'.join(map(_quoted, _console_path(id)))}"

    def close(self) -> None:
        """End all calls and close the connection. Twice does no harm."""
        self._connection.close()

    def __repr__(self) -> str:
        of = repr(self.config.endpoint) if self.config is not None else "a channel"
        return f"{type(self).__name__}({of})"

    def _console(self) -> str:
        if self.config is None:
            raise FlyteAssertion(
                "a channel does not tell where the console is; give the remote a config, too"
            )
        if self.config.console_endpoint:
            given = self.config.console_endpoint.rstrip("/")
            return given if "://" in given else f"https://{given}"
        scheme = "http" if self.config.insecure else "https"
        return f"{scheme}://{self.config.endpoint}"

    def _execution_id(
        self,
        execution: ExecutionLike,
        call: str,
        project: str | None = None,
        domain: str | None = None,
    ) -> WorkflowExecutionIdentifier:
        kinds = (FlyteWorkflowExecution, WorkflowExecutionIdentifier, str)
        must_be(execution, kinds, f"execution of {call}")
        if isinstance(execution, str):
            place = self._session.place(project, domain)
            execution = WorkflowExecutionIdentifier(*place, execution)
        id = execution if isinstance(execution, WorkflowExecutionIdentifier) else execution.id
        named(id.name, f"execution of {call}")
        return id

    def _attach(self, execution: FlyteWorkflowExecution, call: str) -> None:
        hint = "fetch_execution gets one, and its nodes are brought with it"
        must_be(execution, FlyteWorkflowExecution, call, hint)
        operations.sync.attach(self._session, execution)

    async def _entity_id(
        self,
        kind: ResourceType,
        name: str,
        version: str | None,
        project: str | None,
        domain: str | None,
    ) -> Identifier:
        call = f"fetch_{kind.name.lower()}"
        named(name, f"name of {call}")
        if version is not None:
            named(version, f"version of {call}", "None stands for the newest")
        place = self._session.place(project, domain)
        return await operations.fetch.entity_id(self._session, kind, name, version, *place)

    @property
    def _links(self) -> Links:
        return operations.links.links_of(self._session)

    def _check_channel(self, channel: grpc.Channel | aio.Channel) -> None:
        """Refuse what this face cannot use."""

    def _make_io(self, max_calls: int) -> Io:
        raise NotImplementedError

    def _bring(self, what: str, execution: RemoteExecutionBase, load: Load) -> None:
        raise NotImplementedError


def _console_path(id: _AnyId) -> tuple[str, ...]:
    """The steps that lead to something in the console, below its root."""
    match id:
        case WorkflowExecutionIdentifier():
            return ("projects", id.project, "domains", id.domain, "executions", id.name)
        case NodeExecutionIdentifier():
            return (*_console_path(id.execution_id), "nodeId", id.node_id, "nodes")
        case TaskExecutionIdentifier():
            return _console_path(id.node_execution_id)
        case _:
            kinds = {ResourceType.TASK: "task", ResourceType.WORKFLOW: "workflow"}
            kind = kinds.get(id.resource_type, "launch_plan")
            where = ("projects", id.project, "domains", id.domain)
            return (*where, kind, id.name, "version", id.version)


def _quoted(step: str) -> str:
    return quote(step, safe="")
