"""Starts executions for scenes to tell of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType

from flyteidl.admin.execution_pb2 import ExecutionMetadata, ExecutionSpec

from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.runtime.typing import Self
from flytebind.sandbox import Sandbox
from flytebind.sandbox.play._launching import child_spec, create_execution
from flytebind.sandbox.play._registration import register
from flytebind.sandbox.play._values import to_literals, to_native
from flytebind.sandbox.play._workflow import Script, Task
from flytebind.services.admin import AdminServiceClient
from flytebind.services.signal import SignalServiceClient
from tests.remote.scenes.entities import TASKS
from tests.remote.scenes.scene import Node
from tests.remote.scenes.telling import Tale


class Cluster:
    """What runs executions and reports to the sandbox; a context manager."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._channel = sandbox.engine_channel()
        self.client = AdminServiceClient(self._channel)
        self.signals = SignalServiceClient(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._channel.close()

    def register(self, *scripts: Script) -> None:
        """Register what a script needs before it is launched, such as launch plans."""
        register(self.client, TASKS, scripts)

    def launch(
        self,
        script: Script,
        *,
        by: tuple[Tale, Node] | None = None,
        recovers: WorkflowExecutionIdentifier | None = None,
        labels: Mapping[str, str] | None = None,
        **inputs: object,
    ) -> Tale:
        """Register a script and create an execution, which is UNDEFINED then.

        Args:
            script: What to execute.
            by: The execution and its node that start this one.
            recovers: The execution that this one takes over from.
            labels: Of the execution.
            inputs: Instead of the script's defaults.
        """
        self.register(script)
        if by is None:
            spec = ExecutionSpec(launch_plan=script.id)
        else:
            parent, node = by
            spec = child_spec(script.id, parent.node_id(node))
        spec.labels.values.update(labels or {})
        if recovers is not None:
            spec.metadata.mode = ExecutionMetadata.RECOVERED
            spec.metadata.reference_execution.CopyFrom(recovers.to_pb())
        defaults = {name: to_native(each) for name, each in script.workflow.defaults.items()}
        tale = self._create(spec, {**defaults, **inputs}, script.offloads)
        if by is not None:
            parent.launches(node, tale)
        return tale

    def launch_task(self, task: Task, **inputs: object) -> Tale:
        """Create an execution of a single task."""
        self.register()
        return self._create(ExecutionSpec(launch_plan=task.id), inputs, offloads=False)

    def _create(self, spec: ExecutionSpec, inputs: Mapping[str, object], offloads: bool) -> Tale:
        id = create_execution(self.client, spec, to_literals(inputs))
        return Tale(self.sandbox, self.client, id, inputs, offloads=offloads)


@contextmanager
def begun(sandbox: Sandbox, script: Script, **inputs: object) -> Iterator[Tale]:
    """An execution that has begun to run; see ``Cluster.launch``."""
    with Cluster(sandbox) as cluster:
        yield cluster.launch(script, by=None, recovers=None, labels=None, **inputs).begin()
