"""Read back a serialized request that starts an execution with 100 inputs.

Everyone asks whether a field is set before using it, as flytebind's properties do by themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from flyteidl.admin import execution_pb2

from benchmarks.benchmark import FLYTEBIND, RAW
from benchmarks.contest import Contest, Job, check_wire
from benchmarks.literal_build import raw as build

if TYPE_CHECKING:
    from flyteidl.core import literals_pb2

    from flytebind.models.core.literals import Literal

DATA = build()()

#: The request's name, the launch plan's, and the inputs.
Content: TypeAlias = tuple[str, str, dict[str, object]]


def raw() -> Job:
    def value(literal: literals_pb2.Literal) -> object:
        if not literal.HasField("scalar"):
            return None
        scalar = literal.scalar
        if not scalar.HasField("primitive"):
            return None
        primitive = scalar.primitive
        which = primitive.WhichOneof("value")
        return None if which is None else getattr(primitive, which)

    def job() -> Content:
        request = execution_pb2.ExecutionCreateRequest.FromString(DATA)
        return (
            request.name,
            request.spec.launch_plan.name if request.HasField("spec") else "",
            (
                {name: value(literal) for name, literal in request.inputs.literals.items()}
                if request.HasField("inputs")
                else {}
            ),
        )

    return job


def flytebind() -> Job:
    from flytebind.models.admin.execution import ExecutionCreateRequest

    def value(literal: Literal) -> object:
        scalar = literal.scalar
        if scalar is None:
            return None
        primitive = scalar.primitive
        return None if primitive is None else primitive.value

    def job() -> Content:
        request = ExecutionCreateRequest.from_bytes(DATA)
        spec, inputs = request.spec, request.inputs
        return (
            request.name,
            "" if spec is None else spec.launch_plan.name,
            (
                {}
                if inputs is None
                else {name: value(literal) for name, literal in inputs.literals.items()}
            ),
        )

    return job


def flytekit() -> Job:
    from flytekit.models.execution import ExecutionSpec
    from flytekit.models.literals import LiteralMap

    def value(literal: Any) -> object:
        scalar = literal.scalar
        if scalar is None:
            return None
        primitive = scalar.primitive
        return None if primitive is None else primitive.value

    def job() -> Content:
        # flytekit has no model of the request, only of its parts.
        request = execution_pb2.ExecutionCreateRequest.FromString(DATA)
        spec = ExecutionSpec.from_flyte_idl(request.spec)
        inputs = LiteralMap.from_flyte_idl(request.inputs)
        return (
            request.name,
            spec.launch_plan.name,
            {name: value(literal) for name, literal in inputs.literals.items()},
        )

    return job


def betterproto2() -> Job:
    from betterproto2 import which_one_of

    from benchmarks.betterproto2_messages import ExecutionCreateRequest

    check_wire(
        execution_pb2.ExecutionCreateRequest, DATA, bytes(ExecutionCreateRequest.parse(DATA))
    )

    def value(literal: Any) -> object:
        scalar = literal.scalar
        if scalar is None:
            return None
        primitive = scalar.primitive
        return None if primitive is None else which_one_of(primitive, "value")[1]

    def job() -> Content:
        request = ExecutionCreateRequest.parse(DATA)
        spec, inputs = request.spec, request.inputs
        return (
            request.name,
            "" if spec is None else spec.launch_plan.name,
            (
                {}
                if inputs is None
                else {name: value(literal) for name, literal in inputs.literals.items()}
            ),
        )

    return job


def proto_plus() -> Job:
    from benchmarks.proto_plus_messages import ExecutionCreateRequest, Primitive

    written = ExecutionCreateRequest.serialize(ExecutionCreateRequest.deserialize(DATA))
    check_wire(execution_pb2.ExecutionCreateRequest, DATA, written)

    def value(literal: Any) -> object:
        if "scalar" not in literal:
            return None
        scalar = literal.scalar
        if "primitive" not in scalar:
            return None
        primitive = scalar.primitive
        which = Primitive.pb(primitive).WhichOneof("value")
        return None if which is None else getattr(primitive, which)

    def job() -> Content:
        request = ExecutionCreateRequest.deserialize(DATA)
        return (
            request.name,
            request.spec.launch_plan.name if "spec" in request else "",
            (
                {name: value(literal) for name, literal in request.inputs.literals.items()}
                if "inputs" in request
                else {}
            ),
        )

    return job


LITERAL_READ = Contest(
    {
        RAW: raw,
        FLYTEBIND: flytebind,
        "flytekit": flytekit,
        "betterproto2": betterproto2,
        "proto-plus": proto_plus,
    }
)
