"""flytekit's names for what a remote does, so that programs which come from there go on.

They mean the same as what they stand for, and stand here alone; the verbs have their own names.
``flytebind.migrate`` has the table of all names of flytekit's: what is here, what is refused, and
what to write instead.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flytebind._flytekit import no_attribute
from flytebind.behaviour.filters import Equal
from flytebind.models.admin.common import (
    Annotations,
    Labels,
    Notification,
    RawOutputDataConfig,
    Sort,
)
from flytebind.models.admin.project import Domain
from flytebind.models.core.identifier import Identifier
from flytebind.models.core.security import Identity, SecurityContext
from flytebind.remote._operations.launch import LaunchOptions
from flytebind.remote._session import Session
from flytebind.remote._verbs import ExecutionLike, Verbs
from flytebind.remote.config import Config
from flytebind.remote.entities import FlyteLaunchPlan, FlyteTask
from flytebind.remote.errors import FlyteNotFoundError
from flytebind.remote.executions import FlyteWorkflowExecution
from flytebind.runtime.homes import public_in
from flytebind.runtime.typing import Self

MOST_RECENT_FIRST: Final = Sort(key="created_at", direction=Sort.Direction.DESCENDING)
"""flytekit's name of the order in which the newest come first: ``-created_at``."""


@public_in("flytebind.remote")
@dataclass(frozen=True, init=False)
class Options(LaunchOptions):
    """``LaunchOptions`` with flytekit's parameters, in flytekit's order.

    Args:
        labels: Labels of the resources that are made for it.
        annotations: Annotations of the resources that are made for it.
        raw_output_data_config: Where tasks put their large data.
        security_context: Whom tasks run as.
        max_parallelism: How many tasks may run at once.
        notifications: Whom to tell of which phases.
        disable_notifications: Whether to tell nobody.
        overwrite_cache: Whether to run tasks whose results are cached.
    """

    def __init__(
        self,
        labels: Labels | None = None,
        annotations: Annotations | None = None,
        raw_output_data_config: RawOutputDataConfig | None = None,
        security_context: SecurityContext | None = None,
        max_parallelism: int | None = None,
        notifications: Sequence[Notification] | None = None,
        disable_notifications: bool | None = None,
        overwrite_cache: bool | None = None,
    ) -> None:
        prefix = raw_output_data_config
        super().__init__(
            labels=Labels({}) if labels is None else labels,
            annotations=Annotations({}) if annotations is None else annotations,
            raw_output_prefix="" if prefix is None else prefix.output_location_prefix,
            security_context=security_context,
            max_parallelism=max_parallelism or 0,
            notifications=notifications or (),
            disable_notifications=bool(disable_notifications),
            overwrite_cache=bool(overwrite_cache),
        )

    @classmethod
    def default_from(
        cls, k8s_service_account: str | None = None, raw_data_prefix: str | None = None
    ) -> Options:
        """The options for a service account and a place for large data.

        Args:
            k8s_service_account: The Kubernetes service account that tasks run as.
            raw_data_prefix: Where tasks put their large data: ``s3://bucket/folder``.
        """
        account, prefix = k8s_service_account, raw_data_prefix
        return cls(
            raw_output_data_config=RawOutputDataConfig(prefix) if prefix else None,
            security_context=(
                SecurityContext(run_as=Identity(k8s_service_account=account)) if account else None
            ),
        )


class FlytekitNames:
    """What both faces have under flytekit's names without asking the server."""

    config: Config | None
    _session: Session

    if TYPE_CHECKING:

        def __init__(
            self,
            config: Config | str | None = None,
            project: str | None = None,
            domain: str | None = None,
            *,
            interactive_mode_enabled: bool = False,
        ) -> None: ...

        def _console(self) -> str: ...

    @classmethod
    def auto(
        cls,
        config_file: str | os.PathLike[str] | None = None,
        default_project: str | None = None,
        default_domain: str | None = None,
        *,
        interactive_mode_enabled: bool = False,
    ) -> Self:
        """A remote with the settings of ``Config.auto``.

        Args:
            config_file: The file with settings; see ``Config.auto``.
            default_project: The project of calls that name none.
            default_domain: The domain of calls that name none.
            interactive_mode_enabled: See ``FlyteRemote``.

        Raises:
            FlyteConfigError: If there are no settings to be found, or they make no sense.
        """
        config = Config.auto(config_file)
        return cls._of(config, default_project, default_domain, interactive_mode_enabled)

    @classmethod
    def for_endpoint(
        cls,
        endpoint: str,
        insecure: bool = False,
        *,
        default_project: str | None = None,
        default_domain: str | None = None,
        interactive_mode_enabled: bool = False,
    ) -> Self:
        """A remote for a server whose address is known.

        Args:
            endpoint: ``host:port``.
            insecure: Whether to talk without TLS.
            default_project: The project of calls that name none.
            default_domain: The domain of calls that name none.
            interactive_mode_enabled: See ``FlyteRemote``.

        Raises:
            FlyteConfigError: If the address is none.
        """
        config = Config.for_endpoint(endpoint, insecure=insecure)
        return cls._of(config, default_project, default_domain, interactive_mode_enabled)

    @classmethod
    def for_sandbox(
        cls,
        default_project: str | None = None,
        default_domain: str | None = None,
        *,
        interactive_mode_enabled: bool = False,
    ) -> Self:
        """A remote for the sandbox that ``flytectl demo start`` runs on this machine.

        Args:
            default_project: The project of calls that name none.
            default_domain: The domain of calls that name none.
            interactive_mode_enabled: See ``FlyteRemote``.
        """
        config = Config.for_sandbox()
        return cls._of(config, default_project, default_domain, interactive_mode_enabled)

    @classmethod
    def from_config(
        cls,
        default_project: str | None = None,
        default_domain: str | None = None,
        config_file_path: str | os.PathLike[str] | None = None,
    ) -> Self:
        """What ``auto`` was called in older flytekits, whose first argument is the last one here.

        Args:
            default_project: The project of calls that name none.
            default_domain: The domain of calls that name none.
            config_file_path: The file with settings; see ``Config.auto``.

        Raises:
            FlyteConfigError: If there are no settings to be found, or they make no sense.
        """
        return cls.auto(config_file_path, default_project, default_domain)

    @classmethod
    def _of(cls, config: Config, project: str | None, domain: str | None, mode: bool) -> Self:
        return cls(config, project, domain, interactive_mode_enabled=mode)

    @property
    def default_project(self) -> str | None:
        """The project of calls that name none."""
        return self._session.project

    @property
    def default_domain(self) -> str | None:
        """The domain of calls that name none."""
        return self._session.domain

    def generate_console_http_domain(self) -> str:
        """Where the web console is: ``https://flyte.example.org``.

        Raises:
            FlyteAssertion: If the remote has a channel alone, and does not know.
        """
        return self._console()

    if not TYPE_CHECKING:  # or no name would be wrong

        def __getattr__(self, name: str) -> object:
            raise no_attribute(self, "FlyteRemote", name)


class FlytekitVerbs(Verbs):
    """The verbs of a remote, under flytekit's names, too."""

    async def fetch_workflow_execution(
        self,
        project: str | None = None,
        domain: str | None = None,
        name: str | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> FlyteWorkflowExecution:
        """What older flytekits call ``fetch_execution``, with their order of arguments.

        Args:
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            name: Its name.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteNotFoundError: If there is none.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        return await self.fetch_execution(
            name or "", project=project, domain=domain, timeout=timeout
        )

    async def sync_execution(
        self,
        execution: FlyteWorkflowExecution,
        *,
        sync_nodes: bool = False,
        timeout: timedelta | float | None = None,
    ) -> FlyteWorkflowExecution:
        """What flytekit has beside ``sync``.

        Args:
            execution: The execution, which is changed.
            sync_nodes: Whether to bring its nodes, too.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            The same execution.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        return await self.sync(execution, sync_nodes=sync_nodes, timeout=timeout)

    async def fetch_active_launchplan(
        self,
        project: str | None = None,
        domain: str | None = None,
        name: str | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> FlyteLaunchPlan | None:
        """What flytekit calls ``fetch_launch_plan(name, active=True)``; None if none is active.

        Args:
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            name: Its name.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        try:
            return await self.fetch_launch_plan(
                name or "", active=True, project=project, domain=domain, timeout=timeout
            )
        except FlyteNotFoundError:
            return None

    async def activate_launchplan(
        self, ident: Identifier, *, timeout: timedelta | float | None = None
    ) -> None:
        """What flytekit calls ``activate_launch_plan``.

        Args:
            ident: The version of the launch plan.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteTimeout: If it takes longer.
        """
        await self.activate_launch_plan(ident, timeout=timeout)

    async def deactivate_launchplan(
        self, ident: Identifier, *, timeout: timedelta | float | None = None
    ) -> None:
        """What flytekit calls ``deactivate_launch_plan``.

        Args:
            ident: The version of the launch plan.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked, or refuses.
            FlyteTimeout: If it takes longer.
        """
        await self.deactivate_launch_plan(ident, timeout=timeout)

    async def list_tasks_by_version(
        self,
        version: str,
        project: str | None = None,
        domain: str | None = None,
        limit: int | None = 100,
        *,
        timeout: timedelta | float | None = None,
    ) -> list[FlyteTask]:
        """What flytekit calls ``list_tasks(filters=Equal("version", version))``.

        Args:
            version: The version.
            project: Their project, if not the remote's.
            domain: Their domain, if not the remote's.
            limit: How many at most; None for all.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        filters = Equal("version", version)
        found = self.list_tasks(
            project=project, domain=domain, filters=filters, limit=limit, timeout=timeout
        )
        return [task async for task in found]

    async def get_domains(self, *, timeout: timedelta | float | None = None) -> list[Domain]:
        """What flytekit calls ``list_domains``.

        Args:
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        return await self.list_domains(timeout=timeout)

    async def set_signal(
        self,
        signal_id: str,
        execution: ExecutionLike,
        value: object,
        project: str | None = None,
        domain: str | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> None:
        """What older flytekits call ``set_input``.

        Args:
            signal_id: The name of the signal.
            execution: The execution, its identifier or its name.
            value: A Python value of the signal's type, or a ``Literal``.
            project: Its project, of a name, if not the remote's.
            domain: Its domain, of a name, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Raises:
            FlyteAssertion: If nothing waits for it.
            FlyteValueError: If it is not of the signal's type.
            FlyteCallError: If the server cannot be asked.
            FlyteTimeout: If it takes longer.
        """
        await self.set_input(signal_id, execution, value, project, domain, timeout=timeout)

    async def upload_file(
        self,
        to_upload: str | Path,
        project: str | None = None,
        domain: str | None = None,
        *,
        timeout: timedelta | float | None = None,
    ) -> tuple[bytes, str]:
        """What flytekit has beside ``upload``.

        Args:
            to_upload: The file.
            project: Its project, if not the remote's.
            domain: Its domain, if not the remote's.
            timeout: How long all of it may take, in seconds or as a timedelta; None for no end.

        Returns:
            The MD5 digest of its bytes, and its URI.

        Raises:
            FlyteDataError: If the store does not take it.
            FlyteCallError: If the server gives no place for it.
            FlyteTimeout: If it takes longer.
        """
        uri = await self.upload(to_upload, project=project, domain=domain, timeout=timeout)
        return await self._session.io.in_thread(partial(_md5, Path(to_upload))), uri


def _md5(path: Path) -> bytes:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.digest()
