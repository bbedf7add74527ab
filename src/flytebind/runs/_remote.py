"""The two faces of a remote for Flyte 2: one for programs on asyncio, and one for all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from flytebind.remote._calls import CallPolicy
from flytebind.remote._channel import console_root
from flytebind.remote._doors import AsyncDoor, BlockingDoor, Door
from flytebind.remote._io.blocking import blocking, iterating, touching
from flytebind.remote.config import Config
from flytebind.runs import _launching as launching, _reading as reading, _watching as watching
from flytebind.runs._actions import Bringer, FlyteAction, FlyteRun
from flytebind.runs._session import Session
from flytebind.runs._verbs import Verbs
from flytebind.runtime.homes import public_in
from flytebind.v2.models.common.identifier import RunIdentifier

if TYPE_CHECKING:
    import grpc
    from grpc import aio

    from flytebind.remote import auth


class RemoteBase(Door):
    """A Flyte 2 server, as far as it does not matter how one waits for it."""

    _session: Session

    def __init__(
        self,
        config: Config | str | None = None,
        project: str | None = None,
        domain: str | None = None,
        *,
        org: str | None = None,
        channel: grpc.Channel | aio.Channel | None = None,
        token: auth.AnyToken | None = None,
        max_calls: int = 64,
        policy: CallPolicy | None = None,
        interceptors: Sequence[grpc.UnaryUnaryClientInterceptor] = (),
    ) -> None:
        """Take the settings; nothing is opened before the first call.

        A remote that is no longer needed should be closed, or used in a ``with`` block.

        Args:
            config: Where the server is, or just its ``host:port``; by default
                ``Config.auto(flyte2=True)``: a file, the environment, and ``FLYTE_API_KEY``.
            project: The project of calls that name none, if not the config's.
            domain: The domain of calls that name none, if not the config's.
            org: The organization of all calls, if not the config's. Open-source servers have none.
            channel: A channel of your own, with credentials of its own; it stays yours to close,
                and all calls go through it, whichever cluster the server names.
            token: A token, a function or a source that has one, instead of what the config says.
                A function is asked whenever its last token is out of date or was refused.
            max_calls: How many calls may be in flight at once. Streams do not count.
            policy: Deadlines and retries.
            interceptors: What each attempt at a call goes through, outermost first. They see
                tokens, and no streams.

        Raises:
            FlyteConfigError: If there is no config to be found, or it makes no sense.
            ValueError: If no call is allowed at all.
            TypeError: If the channel is one that only ``AsyncFlyte2Remote`` can use, or something
                is no interceptor.
        """
        super().__init__("Flyte2Remote", config, channel, interceptors, max_calls, flyte2=True)
        settings = self.config
        self._session = Session(
            self,
            settings,
            channel,
            token,
            interceptors,
            self._make_io(),
            self._turns,
            policy or CallPolicy(),
            project=project or (settings.project if settings else None),
            domain=domain or (settings.domain if settings else None),
            org=org or (settings.org if settings else None) or "",
        )
        self._bringer: Bringer | None = _Bringer(self._session) if self.can_load_later else None

    def console_url(self, run: FlyteRun | FlyteAction | RunIdentifier) -> str:
        """Where people look at a run in the web console.

        Args:
            run: The run or its identifier; an action is seen at its run.

        Raises:
            FlyteAssertion: If the remote has a channel alone, and does not know.
        """
        id = run if isinstance(run, RunIdentifier) else run.run_id
        steps = ("domain", id.domain, "project", id.project, "runs", id.name)
        path = "/".join(quote(each, safe="") for each in steps)
        return f"{console_root(self.config)}/v2/{path}"


@public_in("flytebind.runs")
class AsyncFlyte2Remote(AsyncDoor, RemoteBase, Verbs):
    """A Flyte 2 server, for programs on asyncio.

    Safe to share between the tasks of a loop, and even between loops. A task that is cancelled
    cancels its calls.

        >>> async with AsyncFlyte2Remote(Config.auto(flyte2=True)) as remote:
        ...     run = await remote.fetch_run("r7a9c2")
        ...     await remote.wait(run)

    What runs load when they are touched under ``Flyte2Remote``, they refuse here, and name the call
    to await: ``await remote.load(run)``.
    """


@public_in("flytebind.runs")
class Flyte2Remote(BlockingDoor, RemoteBase):
    """A Flyte 2 server.

    Safe to share between threads; works in notebooks, too. Ctrl-C ends a call at once, and leaves
    nothing running here.

        >>> with Flyte2Remote(Config.auto(flyte2=True)) as remote:
        ...     run = remote.run("train.fit", {"epochs": 3})
        ...     print(run.wait().outputs["o0"])
    """

    # Runs and actions
    @blocking(Verbs.fetch_run)
    def fetch_run(self) -> None: ...
    @iterating(Verbs.list_runs)
    def list_runs(self) -> None: ...
    @iterating(Verbs.watch_runs)
    def watch_runs(self) -> None: ...
    @blocking(Verbs.list_actions)
    def list_actions(self) -> None: ...
    @blocking(Verbs.fetch_action)
    def fetch_action(self) -> None: ...
    @blocking(Verbs.sync)
    def sync(self) -> None: ...
    @blocking(Verbs.load)
    def load(self) -> None: ...
    @blocking(Verbs.wait)
    def wait(self) -> None: ...
    @iterating(Verbs.watch)
    def watch(self) -> None: ...

    # Starting and ending them
    @blocking(Verbs.run)
    def run(self) -> None: ...
    @blocking(Verbs.rerun)
    def rerun(self) -> None: ...
    @blocking(Verbs.recover)
    def recover(self) -> None: ...
    @blocking(Verbs.abort)
    def abort(self) -> None: ...
    @blocking(Verbs.signal)
    def signal(self) -> None: ...

    # Data
    @blocking(Verbs.uris)
    def uris(self) -> None: ...
    @iterating(Verbs.logs)
    def logs(self) -> None: ...
    @iterating(Verbs.events)
    def events(self) -> None: ...
    @blocking(Verbs.upload)
    def upload(self) -> None: ...
    @blocking(Verbs.report)
    def report(self) -> None: ...
    @blocking(Verbs.download_link)
    def download_link(self) -> None: ...

    # What a server knows
    @blocking(Verbs.list_projects)
    def list_projects(self) -> None: ...
    @blocking(Verbs.create_project)
    def create_project(self) -> None: ...
    @iterating(Verbs.list_tasks)
    def list_tasks(self) -> None: ...
    @iterating(Verbs.list_versions)
    def list_versions(self) -> None: ...
    @blocking(Verbs.fetch_task)
    def fetch_task(self) -> None: ...
    @blocking(Verbs.deploy_task)
    def deploy_task(self) -> None: ...
    @blocking(Verbs.list_triggers)
    def list_triggers(self) -> None: ...
    @blocking(Verbs.fetch_trigger)
    def fetch_trigger(self) -> None: ...
    @blocking(Verbs.deploy_trigger)
    def deploy_trigger(self) -> None: ...
    @blocking(Verbs.activate_trigger)
    def activate_trigger(self) -> None: ...
    @blocking(Verbs.deactivate_trigger)
    def deactivate_trigger(self) -> None: ...
    @blocking(Verbs.delete_trigger)
    def delete_trigger(self) -> None: ...
    @blocking(Verbs.fire_trigger)
    def fire_trigger(self) -> None: ...
    @blocking(Verbs.list_secrets)
    def list_secrets(self) -> None: ...
    @blocking(Verbs.fetch_secret)
    def fetch_secret(self) -> None: ...
    @blocking(Verbs.create_secret)
    def create_secret(self) -> None: ...
    @blocking(Verbs.update_secret)
    def update_secret(self) -> None: ...
    @blocking(Verbs.delete_secret)
    def delete_secret(self) -> None: ...
    @blocking(Verbs.whoami)
    def whoami(self) -> None: ...

    @property
    def _coroutines(self) -> Verbs:
        return Verbs(self._session)


class _Bringer:
    """What runs load with, through a session."""

    def __init__(self, session: Session) -> None:
        self._coroutines = session
        self._turns = session.turns
        self._most_time = session.policy.touch_timeout

    @touching(reading.bring_details)
    def bring_details(self) -> None: ...
    @touching(reading.bring_data)
    def bring_data(self) -> None: ...
    @blocking(reading.sync)
    def sync(self) -> None: ...
    @blocking(watching.wait)
    def wait(self) -> None: ...
    @blocking(launching.abort)
    def abort(self) -> None: ...
