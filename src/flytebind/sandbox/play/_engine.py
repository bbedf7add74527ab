"""Runs the executions of scripts, as a cluster would."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Iterable
from contextlib import suppress

import grpc
from flyteidl.admin.execution_pb2 import Execution, ExecutionSpec
from flyteidl.core.execution_pb2 import ExecutionError, WorkflowExecution

from flytebind.models.admin.common import NamedEntityIdentifier, ResourceListRequest
from flytebind.models.admin.project import ProjectListRequest
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.runtime.homes import public_in
from flytebind.sandbox._admin import Admin
from flytebind.sandbox._admin.phases import TERMINAL_WORKFLOW
from flytebind.sandbox._clock import Clock
from flytebind.sandbox._signals import Signals
from flytebind.sandbox.play._ending import ALL
from flytebind.sandbox.play._events import LOGS_URL
from flytebind.sandbox.play._launching import create_execution
from flytebind.sandbox.play._perform import end, is_scripted, perform, system_error
from flytebind.sandbox.play._registration import register
from flytebind.sandbox.play._run import Run
from flytebind.sandbox.play._scripts import SCRIPTS
from flytebind.sandbox.play._stage import Stage, key_of
from flytebind.sandbox.play._tasks import TASKS

_ENDED = ";".join(map(WorkflowExecution.Phase.Name, TERMINAL_WORKFLOW))
# Archived executions go on as well; lists leave them out unless they are asked for.
_UNFINISHED = f"value_not_in(phase,{_ENDED})+value_in(state,0;1)"


@public_in("flytebind.sandbox.play")
class Engine:
    """Plays the executions of scripts, each in a thread of its own, whoever creates them.

    It sends events over gRPC, as a cluster does. Pauses take real time; the events' times are the
    sandbox's. What scripts are made of is registered in ``flytesnacks``, domain ``development``,
    version ``v1``, unless it is there. Executions of scripts that a former process left unfinished
    fail.

    Args:
        channel: To the server, as ``sandbox.engine_channel()`` gives it; stays open.
        admin: Whose executions it plays. ``sandbox.engine()`` has an engine, and stops it in time.
        signals: What gates wait for.
        clock: Says when what happens in executions happens.
        speed: How many times faster than written; ``math.inf`` never pauses.
        logs_url: Where logs of what runs are said to be.

    Raises:
        ValueError: If the speed is not above zero.
        grpc.RpcError: If the sandbox does not take what is registered: it may lack the project.
    """

    def __init__(
        self,
        channel: grpc.Channel,
        admin: Admin,
        signals: Signals,
        clock: Clock,
        *,
        speed: float = 1.0,
        logs_url: str = LOGS_URL,
    ) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above zero, not {speed}")
        self._admin = admin
        self._signals = signals
        self._stage = Stage(channel, clock, admin.blobs, speed, logs_url)
        self._threads: set[threading.Thread] = set()
        try:
            register(self._stage.client, TASKS.values(), SCRIPTS.values())
            signals.set_listeners.append(self._stage.signal_set)
            admin.terminated_listeners.append(self._abort)
            admin.created_listeners.append(self._play)
            self._end_interrupted()
        except BaseException:
            self.stop()
            raise

    def launch(self, script: str) -> WorkflowExecutionIdentifier:
        """Start an execution with the script's default inputs.

        Raises:
            LookupError: If there is no such script.
            grpc.RpcError: If the sandbox does not take the execution.
        """
        if script not in SCRIPTS:
            close = difflib.get_close_matches(script, SCRIPTS, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(SCRIPTS)}"
            raise LookupError(f"there is no script {script!r}: {hint}")
        spec = ExecutionSpec(launch_plan=SCRIPTS[script].id)
        return create_execution(self._stage.client, spec, {})

    def wait_idle(self, timeout: float) -> bool:
        """Wait until all executions have been played to their end.

        Args:
            timeout: In seconds.

        Returns:
            False if some go on, like gates whose signals nobody sets.
        """
        return self._stage.wait(lambda: not self._stage.runs, timeout)

    def stop(self) -> None:
        """Stop playing, at once: executions stay as they are. Stopping twice does no harm."""
        with suppress(ValueError):
            self._admin.created_listeners.remove(self._play)
        with suppress(ValueError):
            self._admin.terminated_listeners.remove(self._abort)
        with suppress(ValueError):
            self._signals.set_listeners.remove(self._stage.signal_set)
        self._stage.stop()
        with self._stage.changed:
            threads = list(self._threads)
        for thread in threads:
            thread.join()

    def _play(self, id: WorkflowExecutionIdentifier) -> None:
        """Begin to play a new execution; called before its creator gets an answer."""
        run = Run(self._stage, id.to_pb())
        with self._stage.changed:
            if self._stage.stopping:
                return
            self._stage.runs[key_of(run.id)] = run.abort
            self._stage.changed.notify_all()
            self._start(
                threading.Thread(target=self._perform, args=(run,), name=f"sandbox-{id.name}")
            )

    def _start(self, thread: threading.Thread) -> None:
        thread.daemon = True
        with self._stage.changed:
            self._threads.add(thread)
            thread.start()

    def _perform(self, run: Run) -> None:
        try:
            perform(run)
        finally:
            self._stage.leave(run.id)
            with self._stage.changed:
                self._threads.discard(threading.current_thread())

    def _abort(self, id: WorkflowExecutionIdentifier) -> None:
        """Call off what somebody has asked to end."""
        with self._stage.changed:
            abort = self._stage.runs.get(key_of(id.to_pb()))
        if abort is not None:
            abort()

    def _end_interrupted(self) -> None:
        """End what a former process has left unfinished."""
        error = system_error("SYSTEM:Interrupted", "the execution was interrupted by a restart")
        for project in self._stage.client.list_projects(ProjectListRequest(limit=ALL)).projects:
            for domain in project.domains:
                for execution in self._list(project.id, domain.id, _UNFINISHED):
                    self._interrupt(execution, error)

    def _interrupt(self, execution: Execution, error: ExecutionError) -> None:
        if not is_scripted(execution.spec.launch_plan) or key_of(execution.id) in self._stage.runs:
            return
        run = Run(self._stage, execution.id)
        if execution.closure.phase == WorkflowExecution.ABORTING:
            end(run, WorkflowExecution.ABORTED)
        else:
            end(run, WorkflowExecution.FAILED, error)

    def _list(self, project: str, domain: str, filters: str) -> Iterable[Execution]:
        id = NamedEntityIdentifier(project=project, domain=domain)
        request = ResourceListRequest(id=id, limit=ALL, filters=filters)
        return self._stage.client.list_executions(request).to_pb().executions
