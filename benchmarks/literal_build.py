"""Build a request that starts an execution with 100 inputs, and serialize it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flyteidl.admin import execution_pb2

from benchmarks.benchmark import FLYTEBIND, RAW
from benchmarks.contest import Contest
from benchmarks.samples import BOOLEANS, DOMAIN, FLOATS, INTEGERS, NAME, PROJECT, STRINGS

WORKFLOW, VERSION, PRINCIPAL = "workflows.pipeline", "8dYvYkq3Qm7hHk2sX1bC9g==", "jo@example.com"

L = TypeVar("L")


def make_literals(
    literal: Callable[..., L], scalar: Callable[..., object], primitive: Callable[..., object]
) -> dict[str, L]:
    """The 100 inputs by a contestant's own classes; all of them take the same keywords."""
    literals = {
        name: literal(scalar=scalar(primitive=primitive(integer=value)))
        for name, value in INTEGERS.items()
    }
    for name, rate in FLOATS.items():
        literals[name] = literal(scalar=scalar(primitive=primitive(float_value=rate)))
    for name, text in STRINGS.items():
        literals[name] = literal(scalar=scalar(primitive=primitive(string_value=text)))
    for name, flag in BOOLEANS.items():
        literals[name] = literal(scalar=scalar(primitive=primitive(boolean=flag)))
    return literals


def raw() -> Callable[[], bytes]:
    from flyteidl.core import identifier_pb2, literals_pb2

    def job() -> bytes:
        literals = make_literals(literals_pb2.Literal, literals_pb2.Scalar, literals_pb2.Primitive)
        return execution_pb2.ExecutionCreateRequest(
            project=PROJECT,
            domain=DOMAIN,
            name=NAME,
            spec=execution_pb2.ExecutionSpec(
                launch_plan=identifier_pb2.Identifier(
                    resource_type=identifier_pb2.LAUNCH_PLAN,
                    project=PROJECT,
                    domain=DOMAIN,
                    name=WORKFLOW,
                    version=VERSION,
                ),
                metadata=execution_pb2.ExecutionMetadata(
                    mode=execution_pb2.ExecutionMetadata.MANUAL, principal=PRINCIPAL
                ),
            ),
            inputs=literals_pb2.LiteralMap(literals=literals),
        ).SerializeToString()

    return job


def flytebind() -> Callable[[], bytes]:
    from flytebind.models.admin import execution
    from flytebind.models.core import identifier, literals as models

    def job() -> bytes:
        literals = make_literals(models.Literal, models.Scalar, models.Primitive)
        return execution.ExecutionCreateRequest(
            project=PROJECT,
            domain=DOMAIN,
            name=NAME,
            spec=execution.ExecutionSpec(
                launch_plan=identifier.Identifier(
                    resource_type=identifier.ResourceType.LAUNCH_PLAN,
                    project=PROJECT,
                    domain=DOMAIN,
                    name=WORKFLOW,
                    version=VERSION,
                ),
                metadata=execution.ExecutionMetadata(
                    mode=execution.ExecutionMetadata.ExecutionMode.MANUAL,
                    principal=PRINCIPAL,
                    nesting=0,
                ),
                labels=None,  # Like flytekit, it makes empty ones unless told not to.
                annotations=None,
                auth_role=None,
            ),
            inputs=models.LiteralMap(literals=literals),
        ).serialize_to_string()

    return job


def flytekit() -> Callable[[], bytes]:
    from flytekit.models import execution, literals as models
    from flytekit.models.core import identifier

    def job() -> bytes:
        literals = make_literals(models.Literal, models.Scalar, models.Primitive)
        spec = execution.ExecutionSpec(
            launch_plan=identifier.Identifier(
                resource_type=identifier.ResourceType.LAUNCH_PLAN,
                project=PROJECT,
                domain=DOMAIN,
                name=WORKFLOW,
                version=VERSION,
            ),
            metadata=execution.ExecutionMetadata(
                mode=execution.ExecutionMetadata.ExecutionMode.MANUAL,
                principal=PRINCIPAL,
                nesting=0,
            ),
        )
        # flytekit has no model of the request; its client does this.
        return execution_pb2.ExecutionCreateRequest(
            project=PROJECT,
            domain=DOMAIN,
            name=NAME,
            spec=spec.to_flyte_idl(),
            inputs=models.LiteralMap(literals=literals).to_flyte_idl(),
        ).SerializeToString()

    return job


def betterproto2() -> Callable[[], bytes]:
    from benchmarks import betterproto2_messages as pb

    # Without betterproto2 at hand, mypy takes the members for plain numbers.
    launch_plan = pb.ResourceType(pb.ResourceType.LAUNCH_PLAN)
    manual = pb.ExecutionMode(pb.ExecutionMode.MANUAL)

    def job() -> bytes:
        literals = make_literals(pb.Literal, pb.Scalar, pb.Primitive)
        return bytes(
            pb.ExecutionCreateRequest(
                project=PROJECT,
                domain=DOMAIN,
                name=NAME,
                spec=pb.ExecutionSpec(
                    launch_plan=pb.Identifier(
                        resource_type=launch_plan,
                        project=PROJECT,
                        domain=DOMAIN,
                        name=WORKFLOW,
                        version=VERSION,
                    ),
                    metadata=pb.ExecutionMetadata(mode=manual, principal=PRINCIPAL),
                ),
                inputs=pb.LiteralMap(literals=literals),
            )
        )

    return job


def proto_plus() -> Callable[[], bytes]:
    from benchmarks import proto_plus_messages as pb

    def job() -> bytes:
        literals = make_literals(pb.Literal, pb.Scalar, pb.Primitive)
        request = pb.ExecutionCreateRequest(
            project=PROJECT,
            domain=DOMAIN,
            name=NAME,
            spec=pb.ExecutionSpec(
                launch_plan=pb.Identifier(
                    resource_type=pb.ResourceType.LAUNCH_PLAN,
                    project=PROJECT,
                    domain=DOMAIN,
                    name=WORKFLOW,
                    version=VERSION,
                ),
                metadata=pb.ExecutionMetadata(mode=pb.ExecutionMode.MANUAL, principal=PRINCIPAL),
            ),
            inputs=pb.LiteralMap(literals=literals),
        )
        serialized: bytes = pb.ExecutionCreateRequest.serialize(request)
        return serialized

    return job


LITERAL_BUILD = Contest(
    {
        RAW: raw,
        FLYTEBIND: flytebind,
        "flytekit": flytekit,
        "betterproto2": betterproto2,
        "proto-plus": proto_plus,
    },
    faults={"flytekit": "adds labels, annotations and an auth role that nobody gave"},
    # Each orders the map as it likes.
    comparable=execution_pb2.ExecutionCreateRequest.FromString,
)
