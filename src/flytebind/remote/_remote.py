"""The two faces of a remote: one for programs on asyncio, and one for all others."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import cached_property, update_wrapper
from types import FunctionType
from typing import TYPE_CHECKING, TypeAlias, TypeVar, get_args
from urllib.parse import quote

from flytebind._transfer.links import Links
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flytebind.remote import _operations as operations, auth
from flytebind.remote._advice import advised
from flytebind.remote._arguments import must_be
from flytebind.remote._calls import CallPolicy
from flytebind.remote._channel import console_root
from flytebind.remote._clients import async_client, blocking_client
from flytebind.remote._connection import Connection
from flytebind.remote._doors import AsyncDoor, BlockingDoor, Door
from flytebind.remote._flytekit import FlytekitNames, FlytekitVerbs
from flytebind.remote._io.blocking import blocking, iterating, touching
from flytebind.remote._session import Session
from flytebind.remote._verbs import Verbs
from flytebind.remote.config import Config
from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask, FlyteWorkflow
from flytebind.remote.errors import FlyteAssertion, FlyteValueError
from flytebind.remote.executions import (
    Bringer,
    FlyteNodeExecution,
    FlyteTaskExecution,
    FlyteWorkflowExecution,
)
from flytebind.runtime.grpcio import aio, grpc

if TYPE_CHECKING:  # imported when touched
    from flytebind.services.admin import AdminServiceAsyncClient, AdminServiceClient
    from flytebind.services.auth import AuthMetadataServiceAsyncClient, AuthMetadataServiceClient
    from flytebind.services.dataproxy import DataProxyServiceAsyncClient, DataProxyServiceClient
    from flytebind.services.identity import IdentityServiceAsyncClient, IdentityServiceClient
    from flytebind.services.signal import SignalServiceAsyncClient, SignalServiceClient

_Executed: TypeAlias = FlyteWorkflowExecution | FlyteNodeExecution | FlyteTaskExecution
_Runnable: TypeAlias = FlyteWorkflow | FlyteTask | FlyteLaunchPlan
_AnyId: TypeAlias = (
    WorkflowExecutionIdentifier | NodeExecutionIdentifier | TaskExecutionIdentifier | Identifier
)


class RemoteBase(Door, FlytekitNames):
    """A Flyte server, as far as it does not matter how one waits for it."""

    _session: Session

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
        interceptors: Sequence[grpc.UnaryUnaryClientInterceptor] = (),
        default_project: str | None = None,
        default_domain: str | None = None,
        interactive_mode_enabled: bool = False,
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
            interceptors: What each attempt at a call goes through, outermost first; of
                ``AsyncFlyteRemote``, too, in the thread of the loop. They see tokens.
            default_project: What flytekit calls ``project``.
            default_domain: What flytekit calls ``domain``.
            interactive_mode_enabled: Of flytekit, where it decides how code is registered from
                notebooks. Nothing depends on it here.

        Raises:
            FlyteConfigError: If there is no config to be found, or it makes no sense.
            ValueError: If no call is allowed at all, or a project or domain is given twice.
            TypeError: If the channel is one that only ``AsyncFlyteRemote`` can use, or something
                is no interceptor of it.
        """
        super().__init__("FlyteRemote", config, channel, interceptors, max_calls)
        project = _one("project", project, default_project)
        domain = _one("domain", domain, default_domain)
        self.interactive_mode_enabled: bool = interactive_mode_enabled
        settings = self.config
        self._session = Session(
            self,
            Connection(settings, channel, token, interceptors),
            self._make_io(),
            self._turns,
            policy or CallPolicy(),
            project=project or (settings.project if settings else None),
            domain=domain or (settings.domain if settings else None),
        )
        self._bringer: Bringer | None = None
        if self.can_load_later:
            self._bringer = _Bringer(self._session)

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

    def _console(self) -> str:
        return console_root(self.config)

    @property
    def _links(self) -> Links:
        return operations.links.links_of(self._session)


_F = TypeVar("_F", bound=RemoteBase)


def _speaking_for_itself(face: type[_F]) -> type[_F]:
    """Let all that a face can do say, in errors and to who looks it up, whose it is."""
    for name, verb in inspect.getmembers(face, inspect.isfunction):
        if name.startswith("_") and name != "__init__":
            continue
        is_inherited = name not in vars(face)
        verb = _twin(verb) if is_inherited else verb
        verb.__qualname__, verb.__module__ = f"{face.__qualname__}.{name}", face.__module__
        if is_inherited:
            setattr(face, name, advised(verb))
    for name in ("auto", "for_endpoint", "for_sandbox", "from_config"):
        maker = _twin(vars(FlytekitNames)[name].__func__)
        maker.__qualname__, maker.__module__ = f"{face.__qualname__}.{name}", face.__module__
        setattr(face, name, classmethod(advised(maker)))
    return face


def _twin(function: FunctionType) -> FunctionType:
    """A function with the same code, and a name of its own."""
    twin = FunctionType(
        function.__code__,
        function.__globals__,
        argdefs=function.__defaults__,
        closure=function.__closure__,
    )
    twin.__kwdefaults__ = function.__kwdefaults__
    update_wrapper(twin, function)
    vars(twin).pop("__wrapped__")  # it has no other signature than its own
    return twin


@_speaking_for_itself
class AsyncFlyteRemote(AsyncDoor, RemoteBase, FlytekitVerbs):
    """A Flyte server, for programs on asyncio.

    Safe to share between the tasks of a loop, and even between loops. A task that is cancelled
    cancels its calls.

        >>> async with AsyncFlyteRemote(Config.auto()) as remote:
        ...     execution = await remote.fetch_execution("f7a9c2")
        ...     await remote.wait(execution)

    What executions load when they are touched under ``FlyteRemote``, they refuse here, and name
    the call to await: ``await remote.load(execution)``.
    """

    __module__ = "flytebind.remote"

    @cached_property
    def admin(self) -> AdminServiceAsyncClient:
        """The control plane, RPC by RPC: what the other verbs of a remote are made of.

        Its calls have the token, the deadline and the retries of this remote; ``timeout`` is in
        seconds for all attempts together. A call that fails raises ``FlyteCallError``, whose cause
        is gRPC's error.

        Service: ``flyteidl.service.AdminService``
        """
        from flytebind.services.admin import AdminServiceAsyncClient

        return async_client(AdminServiceAsyncClient, self._session.caller)

    @cached_property
    def signals(self) -> SignalServiceAsyncClient:
        """What gates wait for, RPC by RPC. See ``admin``.

        Service: ``flyteidl.service.SignalService``
        """
        from flytebind.services.signal import SignalServiceAsyncClient

        return async_client(SignalServiceAsyncClient, self._session.caller)

    @cached_property
    def data_proxy(self) -> DataProxyServiceAsyncClient:
        """Links that the server signs, and data, RPC by RPC. See ``admin``.

        Service: ``flyteidl.service.DataProxyService``
        """
        from flytebind.services.dataproxy import DataProxyServiceAsyncClient

        return async_client(DataProxyServiceAsyncClient, self._session.caller)

    @cached_property
    def auth_metadata(self) -> AuthMetadataServiceAsyncClient:
        """How to log in to this server, RPC by RPC. See ``admin``.

        Service: ``flyteidl.service.AuthMetadataService``
        """
        from flytebind.services.auth import AuthMetadataServiceAsyncClient

        return async_client(AuthMetadataServiceAsyncClient, self._session.caller)

    @cached_property
    def identity(self) -> IdentityServiceAsyncClient:
        """Who the server takes the caller for, RPC by RPC. See ``admin``.

        Service: ``flyteidl.service.IdentityService``
        """
        from flytebind.services.identity import IdentityServiceAsyncClient

        return async_client(IdentityServiceAsyncClient, self._session.caller)


@_speaking_for_itself
class FlyteRemote(BlockingDoor, RemoteBase):
    """A Flyte server.

    Safe to share between threads; works in notebooks, too. Ctrl-C ends a call at once, and leaves
    nothing running here.

        >>> with FlyteRemote(Config.auto()) as remote:
        ...     execution = remote.fetch_execution("f7a9c2")
        ...     print(execution.wait().outputs["o0"])
    """

    __module__ = "flytebind.remote"

    # Executions
    @blocking(Verbs.fetch_execution)
    def fetch_execution(self) -> None: ...
    @iterating(Verbs.list_executions)
    def list_executions(self) -> None: ...
    @blocking(Verbs.recent_executions)
    def recent_executions(self) -> None: ...
    @blocking(Verbs.sync)
    def sync(self) -> None: ...
    @blocking(Verbs.load)
    def load(self) -> None: ...
    @blocking(Verbs.wait)
    def wait(self) -> None: ...
    @iterating(Verbs.watch)
    def watch(self) -> None: ...
    @blocking(Verbs.get_execution_metrics)
    def get_execution_metrics(self) -> None: ...

    # Starting and ending them
    @blocking(Verbs.execute)
    def execute(self) -> None: ...
    @blocking(Verbs.terminate)
    def terminate(self) -> None: ...
    @blocking(Verbs.relaunch)
    def relaunch(self) -> None: ...
    @blocking(Verbs.recover)
    def recover(self) -> None: ...

    # What can be executed
    @blocking(Verbs.fetch_task)
    def fetch_task(self) -> None: ...
    @blocking(Verbs.fetch_workflow)
    def fetch_workflow(self) -> None: ...
    @blocking(Verbs.fetch_launch_plan)
    def fetch_launch_plan(self) -> None: ...
    @iterating(Verbs.list_tasks)
    def list_tasks(self) -> None: ...
    @iterating(Verbs.list_task_names)
    def list_task_names(self) -> None: ...
    @iterating(Verbs.list_workflows)
    def list_workflows(self) -> None: ...
    @iterating(Verbs.list_workflow_names)
    def list_workflow_names(self) -> None: ...
    @iterating(Verbs.list_launch_plans)
    def list_launch_plans(self) -> None: ...
    @iterating(Verbs.list_launch_plan_names)
    def list_launch_plan_names(self) -> None: ...
    @blocking(Verbs.register)
    def register(self) -> None: ...
    @blocking(Verbs.activate_launch_plan)
    def activate_launch_plan(self) -> None: ...
    @blocking(Verbs.deactivate_launch_plan)
    def deactivate_launch_plan(self) -> None: ...
    @blocking(Verbs.list_projects)
    def list_projects(self) -> None: ...
    @blocking(Verbs.list_domains)
    def list_domains(self) -> None: ...

    # Gates
    @blocking(Verbs.list_signals)
    def list_signals(self) -> None: ...
    @blocking(Verbs.approve)
    def approve(self) -> None: ...
    @blocking(Verbs.reject)
    def reject(self) -> None: ...
    @blocking(Verbs.set_input)
    def set_input(self) -> None: ...

    # Data
    @blocking(Verbs.get)
    def get(self) -> None: ...
    @blocking(Verbs.upload)
    def upload(self) -> None: ...
    @blocking(Verbs.download)
    def download(self) -> None: ...

    # Under flytekit's names
    @blocking(FlytekitVerbs.fetch_workflow_execution)
    def fetch_workflow_execution(self) -> None: ...
    @blocking(FlytekitVerbs.sync_execution)
    def sync_execution(self) -> None: ...
    @blocking(FlytekitVerbs.fetch_active_launchplan)
    def fetch_active_launchplan(self) -> None: ...
    @blocking(FlytekitVerbs.activate_launchplan)
    def activate_launchplan(self) -> None: ...
    @blocking(FlytekitVerbs.deactivate_launchplan)
    def deactivate_launchplan(self) -> None: ...
    @blocking(FlytekitVerbs.list_tasks_by_version)
    def list_tasks_by_version(self) -> None: ...
    @blocking(FlytekitVerbs.get_domains)
    def get_domains(self) -> None: ...
    @blocking(FlytekitVerbs.set_signal)
    def set_signal(self) -> None: ...
    @blocking(FlytekitVerbs.upload_file)
    def upload_file(self) -> None: ...

    @cached_property
    def admin(self) -> AdminServiceClient:
        """The control plane, RPC by RPC: what the other verbs of a remote are made of.

        Its calls have the token, the deadline and the retries of this remote; ``timeout`` is in
        seconds for all attempts together. A call that fails raises ``FlyteCallError``, whose cause
        is gRPC's error.

        Service: ``flyteidl.service.AdminService``
        """
        from flytebind.services.admin import AdminServiceClient

        return blocking_client(AdminServiceClient, self._session.caller, self._turns)

    @cached_property
    def signals(self) -> SignalServiceClient:
        """What gates wait for, RPC by RPC. See ``admin``.

        Service: ``flyteidl.service.SignalService``
        """
        from flytebind.services.signal import SignalServiceClient

        return blocking_client(SignalServiceClient, self._session.caller, self._turns)

    @cached_property
    def data_proxy(self) -> DataProxyServiceClient:
        """Links that the server signs, and data, RPC by RPC. See ``admin``.

        Service: ``flyteidl.service.DataProxyService``
        """
        from flytebind.services.dataproxy import DataProxyServiceClient

        return blocking_client(DataProxyServiceClient, self._session.caller, self._turns)

    @cached_property
    def auth_metadata(self) -> AuthMetadataServiceClient:
        """How to log in to this server, RPC by RPC. See ``admin``.

        Service: ``flyteidl.service.AuthMetadataService``
        """
        from flytebind.services.auth import AuthMetadataServiceClient

        return blocking_client(AuthMetadataServiceClient, self._session.caller, self._turns)

    @cached_property
    def identity(self) -> IdentityServiceClient:
        """Who the server takes the caller for, RPC by RPC. See ``admin``.

        Service: ``flyteidl.service.IdentityService``
        """
        from flytebind.services.identity import IdentityServiceClient

        return blocking_client(IdentityServiceClient, self._session.caller, self._turns)

    @property
    def _coroutines(self) -> FlytekitVerbs:
        return FlytekitVerbs(self._session)


def _one(name: str, ours: str | None, flytekits: str | None) -> str | None:
    if ours and flytekits and ours != flytekits:
        raise FlyteValueError(f"{name} {ours!r} or default_{name} {flytekits!r}? Give one of them")
    return ours or flytekits


class _Bringer:
    """What executions load with, through a session."""

    def __init__(self, session: Session) -> None:
        self._coroutines = session
        self._turns = session.turns
        self._most_time = session.policy.touch_timeout

    @touching(operations.sync.bring_whole)
    def bring_whole(self) -> None: ...
    @touching(operations.sync.bring_tasks)
    def bring_tasks(self) -> None: ...
    @touching(operations.data.bring_interface)
    def bring_interface(self) -> None: ...
    @touching(operations.data.bring_side)
    def bring_side(self) -> None: ...
    @touching(operations.data.bring_literal)
    def bring_literal(self) -> None: ...
    @touching(operations.metrics.bring_measured)
    def bring_measured(self) -> None: ...
    @blocking(operations.sync.sync_within)
    def sync(self) -> None: ...
    @blocking(operations.wait.wait)
    def wait(self) -> None: ...
    @blocking(operations.launch.terminate)
    def terminate(self) -> None: ...


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
