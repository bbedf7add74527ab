"""Copy a message into a model, and out of it again."""

from __future__ import annotations

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure

from benchmarks.benchmark import FLYTEBIND, RAW
from benchmarks.contest import Contest, Job
from benchmarks.samples import compiled_workflow_closure, execution

WORKFLOW = compiled_workflow_closure()
EXECUTION = execution()


def raw_workflow() -> Job:
    from flyteidl.core.compiler_pb2 import CompiledWorkflowClosure

    def job() -> CompiledWorkflowClosure:
        first = CompiledWorkflowClosure()
        first.CopyFrom(WORKFLOW)
        second = CompiledWorkflowClosure()
        second.CopyFrom(first)
        return second

    return job


def raw_execution() -> Job:
    from flyteidl.admin.execution_pb2 import Execution

    def job() -> Execution:
        first = Execution()
        first.CopyFrom(EXECUTION)
        second = Execution()
        second.CopyFrom(first)
        return second

    return job


def flytebind_workflow() -> Job:
    from flytebind.models.core.compiler import CompiledWorkflowClosure

    return lambda: CompiledWorkflowClosure.from_flyte_idl(WORKFLOW).to_flyte_idl()


def flytebind_execution() -> Job:
    from flytebind.models.execution import Execution

    return lambda: Execution.from_flyte_idl(EXECUTION).to_flyte_idl()


def flytekit_workflow() -> Job:
    from flytekit.models.core.compiler import CompiledWorkflowClosure

    return lambda: CompiledWorkflowClosure.from_flyte_idl(WORKFLOW).to_flyte_idl()


def flytekit_execution() -> Job:
    from flytekit.models.execution import Execution

    return lambda: Execution.from_flyte_idl(EXECUTION).to_flyte_idl()


# betterproto2 and proto-plus do not take protobuf's own messages.
COMPILED_WORKFLOW = Contest(
    {RAW: raw_workflow, FLYTEBIND: flytebind_workflow, "flytekit": flytekit_workflow},
    faults={"flytekit": "loses the downstream connections and the nodes' overrides"},
)
EXECUTION_COPY = Contest(
    {RAW: raw_execution, FLYTEBIND: flytebind_execution, "flytekit": flytekit_execution},
    faults={"flytekit": "loses the 100 inputs and the workflow's id"},
)
