"""The messages that the benchmarks work on, as raw protobuf: fixed, and of a realistic size."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

from flyteidl.admin import execution_pb2, node_execution_pb2
from flyteidl.core import (
    catalog_pb2,
    compiler_pb2,
    execution_pb2 as core_execution_pb2,
    identifier_pb2,
    interface_pb2,
    literals_pb2,
    tasks_pb2,
    types_pb2,
    workflow_pb2,
)

START = datetime(2024, 5, 6, 7, 8, 9, 123456, tzinfo=timezone.utc)
PROJECT, DOMAIN, NAME = "flytesnacks", "development", "f3a9c1d27be54d0a8c61"
BUCKET = "s3://flyte-data/metadata/propeller/flytesnacks-development-f3a9c1d27be54d0a8c61"

#: 100 inputs by kind. Dates are left out on purpose: raw protobuf converts them so slowly that
#: they would hide what a wrapper costs.
INTEGERS = {f"epochs_{n}": n * 1000 for n in range(25)}
FLOATS = {f"rate_{n}": n / 8 for n in range(25)}
STRINGS = {f"dataset_{n}": f"s3://flyte-data/datasets/part-{n:05}.parquet" for n in range(25)}
BOOLEANS = {f"shuffle_{n}": n % 2 == 0 for n in range(25)}


def node_execution_list(count: int) -> node_execution_pb2.NodeExecutionList:
    """A page of node executions that have all started."""
    return node_execution_pb2.NodeExecutionList(
        node_executions=[node_execution(n) for n in range(count)], token=str(count)
    )


def node_execution(n: int) -> node_execution_pb2.NodeExecution:
    """A node that ran a task."""
    phases = core_execution_pb2.NodeExecution
    message = node_execution_pb2.NodeExecution(
        id=identifier_pb2.NodeExecutionIdentifier(
            node_id=f"n{n}", execution_id=workflow_execution_id()
        ),
        input_uri=f"{BUCKET}/n{n}/data/inputs.pb",
        closure=node_execution_pb2.NodeExecutionClosure(
            phase=(phases.RUNNING, phases.SUCCEEDED, phases.FAILED)[n % 3],
            output_uri=f"{BUCKET}/n{n}/data/0/outputs.pb",
            deck_uri=f"{BUCKET}/n{n}/data/0/deck.html",
            task_node_metadata=node_execution_pb2.TaskNodeMetadata(
                cache_status=catalog_pb2.CACHE_POPULATED,
                catalog_key=catalog_pb2.CatalogMetadata(
                    dataset_id=identifier(identifier_pb2.DATASET, f"flyte_task-train_{n % 20}"),
                    artifact_tag=catalog_pb2.CatalogArtifactTag(
                        artifact_id=f"artifact-{n:08}", name="flyte_cached-Bq5u8vLhkJzX"
                    ),
                    source_task_execution=identifier_pb2.TaskExecutionIdentifier(
                        task_id=identifier(identifier_pb2.TASK, f"workflows.train_{n % 20}"),
                        node_execution_id=identifier_pb2.NodeExecutionIdentifier(
                            node_id=f"n{n}", execution_id=workflow_execution_id()
                        ),
                        retry_attempt=n % 2,
                    ),
                ),
            ),
        ),
        metadata=node_execution_pb2.NodeExecutionMetaData(
            retry_group="0", spec_node_id=f"n{n}", is_parent_node=n % 10 == 0
        ),
    )
    closure = message.closure
    closure.created_at.FromDatetime(START + timedelta(seconds=n))
    closure.started_at.FromDatetime(START + timedelta(seconds=n + 2))
    closure.updated_at.FromDatetime(START + timedelta(seconds=n + 60))
    closure.duration.FromTimedelta(timedelta(seconds=58, microseconds=n))
    return message


def execution() -> execution_pb2.Execution:
    """A finished execution whose spec carries 100 inputs, as older servers send them."""
    message = execution_pb2.Execution(
        id=workflow_execution_id(),
        spec=execution_pb2.ExecutionSpec(
            launch_plan=identifier(identifier_pb2.LAUNCH_PLAN, "workflows.pipeline"),
            inputs=literal_map(),
            metadata=execution_pb2.ExecutionMetadata(
                mode=execution_pb2.ExecutionMetadata.SCHEDULED, principal="jo@example.com"
            ),
            max_parallelism=25,
            tags=["nightly", "training"],
        ),
        closure=execution_pb2.ExecutionClosure(
            outputs=execution_pb2.LiteralMapBlob(uri=f"{BUCKET}/end-node/data/0/outputs.pb"),
            phase=core_execution_pb2.WorkflowExecution.SUCCEEDED,
            workflow_id=identifier(identifier_pb2.WORKFLOW, "workflows.pipeline"),
        ),
    )
    message.spec.labels.values.update({"team": "forecast", "cost-centre": "4711"})
    message.spec.raw_output_data_config.output_location_prefix = "s3://flyte-data/raw"
    message.closure.created_at.FromDatetime(START)
    message.closure.started_at.FromDatetime(START + timedelta(seconds=1))
    message.closure.updated_at.FromDatetime(START + timedelta(minutes=90))
    message.closure.duration.FromTimedelta(timedelta(minutes=89))
    return message


def literal_map() -> literals_pb2.LiteralMap:
    """The 100 inputs."""
    message = literals_pb2.LiteralMap()
    for field, values in (
        ("integer", INTEGERS),
        ("float_value", FLOATS),
        ("string_value", STRINGS),
        ("boolean", BOOLEANS),
    ):
        for name, value in values.items():
            setattr(message.literals[name].scalar.primitive, field, value)
    return message


def compiled_workflow_closure(count: int = 20) -> compiler_pb2.CompiledWorkflowClosure:
    """A chain of tasks, each fed by the one before and by an input of the workflow."""
    names = [f"n{n}" for n in range(count)]
    chain = ["start-node", *names, "end-node"]
    connections = compiler_pb2.ConnectionSet()
    for node, following in pairwise(chain):
        connections.upstream[following].ids.append(node)
        connections.downstream[node].ids.append(following)
    workflow = identifier(identifier_pb2.WORKFLOW, "workflows.pipeline")
    return compiler_pb2.CompiledWorkflowClosure(
        primary=compiler_pb2.CompiledWorkflow(
            template=workflow_pb2.WorkflowTemplate(
                id=workflow,
                metadata=workflow_pb2.WorkflowMetadata(),
                interface=_interface(),
                nodes=[
                    workflow_pb2.Node(id="start-node"),
                    workflow_pb2.Node(
                        id="end-node", inputs=[_binding("frame", names[-1], "frame")]
                    ),
                    *(
                        _task_node(n, name, upstream)
                        for n, (name, upstream) in enumerate(zip(names, chain, strict=False))
                    ),
                ],
                outputs=[_binding("frame", names[-1], "frame")],
                metadata_defaults=workflow_pb2.WorkflowMetadataDefaults(),
            ),
            connections=connections,
        ),
        tasks=[compiler_pb2.CompiledTask(template=_task(n)) for n in range(count)],
    )


def identifier(resource_type: int, name: str) -> identifier_pb2.Identifier:
    """The id of something registered."""
    return identifier_pb2.Identifier(
        resource_type=resource_type,
        project=PROJECT,
        domain=DOMAIN,
        name=name,
        version="8dYvYkq3Qm7hHk2sX1bC9g==",
    )


def workflow_execution_id() -> identifier_pb2.WorkflowExecutionIdentifier:
    """The id of the execution that all samples belong to."""
    return identifier_pb2.WorkflowExecutionIdentifier(project=PROJECT, domain=DOMAIN, name=NAME)


def _task_node(n: int, name: str, upstream: str) -> workflow_pb2.Node:
    is_first = upstream == "start-node"
    node = workflow_pb2.Node(
        id=name,
        metadata=workflow_pb2.NodeMetadata(
            name=f"train_{n}", retries=literals_pb2.RetryStrategy(retries=3), interruptible=False
        ),
        inputs=[
            _binding("frame", "" if is_first else upstream, "frame"),
            _binding("rate", "", "rate"),
        ],
        upstream_node_ids=[] if is_first else [upstream],
        task_node=workflow_pb2.TaskNode(
            reference_id=identifier(identifier_pb2.TASK, f"workflows.train_{n}"),
            overrides=workflow_pb2.TaskNodeOverrides(resources=tasks_pb2.Resources()),
        ),
    )
    node.metadata.timeout.FromTimedelta(timedelta(hours=2))
    return node


def _binding(var: str, node: str, output: str) -> literals_pb2.Binding:
    promise = types_pb2.OutputReference(node_id=node, var=output)
    return literals_pb2.Binding(var=var, binding=literals_pb2.BindingData(promise=promise))


def _interface() -> interface_pb2.TypedInterface:
    frame = interface_pb2.Variable(
        type=types_pb2.LiteralType(
            structured_dataset_type=types_pb2.StructuredDatasetType(format="parquet")
        ),
        description="Rows to work on.",
    )
    rate = interface_pb2.Variable(
        type=types_pb2.LiteralType(simple=types_pb2.FLOAT), description="Learning rate."
    )
    return interface_pb2.TypedInterface(
        inputs=interface_pb2.VariableMap(variables={"frame": frame, "rate": rate}),
        outputs=interface_pb2.VariableMap(variables={"frame": frame}),
    )


def _task(n: int) -> tasks_pb2.TaskTemplate:
    entry = tasks_pb2.Resources.ResourceEntry
    resources = [
        entry(name=tasks_pb2.Resources.CPU, value="2"),
        entry(name=tasks_pb2.Resources.MEMORY, value="4Gi"),
    ]
    arguments = (
        "pyflyte-fast-execute --additional-distribution s3://flyte-data/fast/code.tar.gz "
        "--dest-dir . -- pyflyte-execute --inputs {{.input}} --output-prefix {{.outputPrefix}} "
        "--raw-output-data-prefix {{.rawOutputDataPrefix}} --checkpoint-path "
        "{{.checkpointOutputPrefix}} --prev-checkpoint {{.prevCheckpointPrefix}} --resolver "
        "flytekit.core.python_auto_container.default_task_resolver -- task-module workflows "
    )
    task = tasks_pb2.TaskTemplate(
        id=identifier(identifier_pb2.TASK, f"workflows.train_{n}"),
        type="python-task",
        metadata=tasks_pb2.TaskMetadata(
            discoverable=True,
            discovery_version="1.0",
            runtime=tasks_pb2.RuntimeMetadata(
                type=tasks_pb2.RuntimeMetadata.FLYTE_SDK, version="1.16.0", flavor="python"
            ),
            retries=literals_pb2.RetryStrategy(retries=3),
            interruptible=False,
        ),
        interface=_interface(),
        container=tasks_pb2.Container(
            image="images.example.com/forecast:8dYvYkq3Qm7h",
            args=[*arguments.split(), "task-name", f"train_{n}"],
            resources=tasks_pb2.Resources(requests=resources, limits=resources),
            env=[
                literals_pb2.KeyValuePair(key="FLYTE_INTERNAL_IMAGE", value="images.example.com"),
                literals_pb2.KeyValuePair(key="OMP_NUM_THREADS", value="2"),
            ],
        ),
    )
    task.metadata.timeout.FromTimedelta(timedelta(hours=2))
    return task
