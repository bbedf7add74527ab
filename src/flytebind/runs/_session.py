"""What all operations of a remote for Flyte 2 share."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from flytebind.remote import auth
from flytebind.remote._calls import Caller, CallPolicy
from flytebind.remote._clients import async_client
from flytebind.remote._connection import Connection
from flytebind.remote._io import Io
from flytebind.remote._io.turns import Turns
from flytebind.remote._sessions import SessionBase
from flytebind.remote.config import Config
from flytebind.remote.errors import FlyteConfigError, FlyteDataError
from flytebind.runs._actions import Remote
from flytebind.v2.models.cluster.payload import SelectClusterRequest
from flytebind.v2.models.common.identifier import (
    ActionIdentifier,
    ProjectIdentifier,
    RunIdentifier,
)
from flytebind.v2.services.cluster_service import ClusterServiceAsyncClient
from flytebind.v2.services.run_service import RunServiceAsyncClient

if TYPE_CHECKING:
    import grpc
    from grpc import aio

    from flytebind.v2.services.dataproxy_service import DataProxyServiceAsyncClient
    from flytebind.v2.services.project_service import ProjectServiceAsyncClient
    from flytebind.v2.services.task_service import TaskServiceAsyncClient
    from flytebind.v2.services.trigger_service import TriggerServiceAsyncClient

Operation = SelectClusterRequest.Operation

#: To how many clusters a remote connects beside its server.
_MOST_CLUSTERS = 64
#: For how many runs and projects it is remembered where they are.
_MOST_CHOSEN = 10_000


class Session(SessionBase):
    """The clients of one server, and of the clusters that it names.

    Args:
        remote: The face that results are attached to.
        config: Where the server is; None where there is a channel alone.
        channel: The caller's own channel.
        token: A token or what has one, instead of what the config says.
        interceptors: What calls go through, outermost first.
        io: What coroutines wait through.
        turns: How many calls may be in flight.
        policy: Deadlines and retries.
        project: The project of calls that name none.
        domain: The domain of calls that name none.
        org: The organization of all calls; empty for a server that has none.
    """

    def __init__(
        self,
        remote: Remote,
        config: Config | None,
        channel: grpc.Channel | aio.Channel | None,
        token: auth.AnyToken | None,
        interceptors: Sequence[grpc.UnaryUnaryClientInterceptor],
        io: Io,
        turns: Turns,
        policy: CallPolicy,
        *,
        project: str | None,
        domain: str | None,
        org: str,
    ) -> None:
        super().__init__(io, turns, policy, project, domain)
        self.remote = remote
        self.config = config
        self._token = token
        self._interceptors = interceptors
        self.org = org
        self.connection: Connection = Connection(config, channel, token, interceptors)
        self.caller: Caller = Caller(self.connection, io, policy)
        self._clusters: dict[str, Caller] = {}
        self._connections: list[Connection] = [self.connection]
        self._chosen: dict[Hashable, Caller] = {}
        self._lock = threading.Lock()

    @cached_property
    def runs(self) -> RunServiceAsyncClient:
        """``flyteidl2.workflow.RunService``."""
        return async_client(RunServiceAsyncClient, self.caller)

    @cached_property
    def tasks(self) -> TaskServiceAsyncClient:
        """``flyteidl2.task.TaskService``."""
        from flytebind.v2.services.task_service import TaskServiceAsyncClient

        return async_client(TaskServiceAsyncClient, self.caller)

    @cached_property
    def projects(self) -> ProjectServiceAsyncClient:
        """``flyteidl2.project.ProjectService``."""
        from flytebind.v2.services.project_service import ProjectServiceAsyncClient

        return async_client(ProjectServiceAsyncClient, self.caller)

    @cached_property
    def triggers(self) -> TriggerServiceAsyncClient:
        """``flyteidl2.trigger.TriggerService``."""
        from flytebind.v2.services.trigger_service import TriggerServiceAsyncClient

        return async_client(TriggerServiceAsyncClient, self.caller)

    async def data_proxy(
        self, operation: Operation, about: ActionIdentifier | ProjectIdentifier
    ) -> DataProxyServiceAsyncClient:
        """``flyteidl2.dataproxy.DataProxyService``, where it serves something."""
        from flytebind.v2.services.dataproxy_service import DataProxyServiceAsyncClient

        return async_client(DataProxyServiceAsyncClient, await self.at(operation, about))

    async def at(
        self, operation: Operation, about: ActionIdentifier | ProjectIdentifier | None
    ) -> Caller:
        """What calls the cluster that serves something: data, logs and secrets live in clusters.

        It is asked for once for each run, and each project. None is about no project.
        """
        key = (operation, about.run if isinstance(about, ActionIdentifier) else about)
        caller = self._chosen.get(key)
        if caller is None:
            request = SelectClusterRequest(operation=operation)
            if isinstance(about, ActionIdentifier):
                request = request.replace(action_id=about)
            elif about is not None:
                request = request.replace(project_id=about)
            clusters = async_client(ClusterServiceAsyncClient, self.caller)
            endpoint = (await clusters.select_cluster(request)).cluster_endpoint
            if len(self._chosen) >= _MOST_CHOSEN:
                self._chosen.clear()
            caller = self._chosen[key] = self._cluster(endpoint)
        return caller

    def project_id(self, project: str | None, domain: str | None) -> ProjectIdentifier:
        """The identifier of the project and the domain of a call.

        Raises:
            FlyteAssertion: If one is neither given nor configured.
            FlyteValueError: If one is nothing but space.
        """
        name, domain = self.place(project, domain)
        return ProjectIdentifier(organization=self.org or None, domain=domain, name=name)

    def run_id(self, name: str, project: str | None, domain: str | None) -> RunIdentifier:
        """The identifier of a run."""
        project, domain = self.place(project, domain)
        return RunIdentifier(org=self.org or None, project=project, domain=domain, name=name)

    def close(self) -> None:
        """End all calls and close the connections. Twice does no harm."""
        with self._lock:
            connections = list(self._connections)
        for each in connections:
            each.close()

    def _cluster(self, endpoint: str) -> Caller:
        """What calls an endpoint that the server has named.

        Raises:
            FlyteDataError: If it is none, or one that tokens must not go to.
        """
        if self.config is None or not endpoint:
            return self.caller  # whoever makes a channel has made it for all of a server
        try:
            says_how = endpoint.startswith(("http://", "https://"))
            insecure = self.config.insecure and not says_how
            config = replace(self.config, endpoint=endpoint, insecure=insecure)
        except FlyteConfigError as error:
            raise FlyteDataError(f"the server names a cluster that is none: {error}") from None
        if config.endpoint == self.config.endpoint:
            return self.caller
        if config.endpoint.startswith("unix:"):
            raise FlyteDataError(f"the server names a socket of this machine: {endpoint!r}")
        if config.insecure and not self.config.insecure:
            raise FlyteDataError(
                f"the server names the cluster {endpoint!r}, which has no TLS; nothing is sent"
            )
        with self._lock:
            caller = self._clusters.get(config.endpoint)
            if caller is None:
                if len(self._clusters) >= _MOST_CLUSTERS:
                    raise FlyteDataError(
                        f"the server names more than {_MOST_CLUSTERS} clusters, too many to"
                        " connect to"
                    )
                connection = Connection(config, None, self._token, self._interceptors)
                self._connections.append(connection)
                caller = Caller(connection, self.io, self.policy)
                self._clusters[config.endpoint] = caller
            return caller
