"""Finding out which member of a oneof is set: the pairs narrow, and their cases exhaust."""

from datetime import datetime, timedelta

from typing_extensions import assert_never, assert_type

from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.execution_envs import ExecutionEnv
from flytebind.models.core.identifier import Identifier
from flytebind.models.core.types import Error, LiteralType, SimpleType
from flytebind.models.core.workflow import WorkflowNode
from flytebind.models.datacatalog.datacatalog import DatasetPropertyFilter, GetArtifactRequest
from flytebind.models.execution import AbortMetadata, ExecutionClosure, LiteralMapBlob
from flytebind.models.literals import (
    Binary,
    Blob,
    Literal,
    LiteralCollection,
    LiteralMap,
    LiteralOffloadedMetadata,
    Primitive,
    Scalar,
    Schema,
    StructuredDataset,
    Union,
    Void,
)
from flytebind.runtime.typing import JsonObject


def the_value_of_a_literal(literal: Literal) -> str:
    assert_type(
        literal.value, Scalar | LiteralCollection | LiteralMap | LiteralOffloadedMetadata | None
    )
    match literal.which_value:
        case ("scalar", scalar):
            assert_type(scalar, Scalar)
            return "scalar"
        case ("collection", collection):
            assert_type(collection, LiteralCollection)
            return "collection"
        case ("map", literal_map):
            assert_type(literal_map, LiteralMap)
            return "map"
        case ("offloaded_metadata", offloaded):
            assert_type(offloaded, LiteralOffloadedMetadata)
            return "offloaded"
        case None:
            return "nothing"


def the_value_of_a_scalar(scalar: Scalar) -> object:
    which = scalar.which_value
    match which:
        case ("primitive", value):
            return assert_type(value, Primitive)
        case ("blob", value):
            return assert_type(value, Blob)
        case ("binary", value):
            return assert_type(value, Binary)
        case ("schema", value):
            return assert_type(value, Schema)
        case ("none_type", value):
            return assert_type(value, Void)
        case ("error", value):
            return assert_type(value, Error)
        case ("generic", value):
            return assert_type(value, JsonObject)
        case ("structured_dataset", value):
            return assert_type(value, StructuredDataset)
        case ("union", value):
            return assert_type(value, Union)
        case None:
            return None
        case _:
            assert_never(which)


def the_value_of_a_primitive(primitive: Primitive) -> str:
    assert_type(primitive.value, int | float | str | bool | datetime | timedelta | None)
    match primitive.value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "float"
        case str():
            return "text"
        case datetime():
            return "time"
        case timedelta():
            return "duration"
        case None:
            return "nothing"


def narrowing_without_match(closure: ExecutionClosure) -> str:
    which = closure.which_output_result
    if which is None:
        return "running"
    elif which[0] == "outputs":
        return assert_type(which[1], LiteralMapBlob).uri or ""
    elif which[0] == "error":
        return assert_type(which[1], ExecutionError).message
    elif which[0] == "abort_metadata":
        return assert_type(which[1], AbortMetadata).cause
    elif which[0] == "abort_cause":
        return assert_type(which[1], str)
    elif which[0] == "output_data":
        return str(assert_type(which[1], LiteralMap))
    else:
        assert_never(which)


def members_of_one_message_type(node: WorkflowNode) -> str:
    assert_type(node.reference, Identifier | None)
    which = node.which_reference
    match which:
        case ("launchplan_ref", launch_plan):
            return assert_type(launch_plan, Identifier).name
        case ("sub_workflow_ref", workflow):
            return assert_type(workflow, Identifier).name
        case None:
            return ""
        case _:
            assert_never(which)


def members_of_one_scalar_type(dataset: DatasetPropertyFilter) -> str:
    which = dataset.which_property
    match which:
        case ("project" | "name" | "domain", value):
            return assert_type(value, str)
        case ("version", value):
            return assert_type(value, str)
        case ("org", value):
            return assert_type(value, str)
        case None:
            return ""
        case _:
            assert_never(which)


def members_of_one_type_without_match(request: GetArtifactRequest) -> str:
    which = request.which_query_handle
    if which is None:
        return ""
    elif which[0] == "artifact_id" or which[0] == "tag_name":
        return assert_type(which[1], str)
    else:
        assert_never(which)


def members_of_one_native_type(env: ExecutionEnv) -> JsonObject | None:
    match env.which_environment:
        case ("extant", struct):
            return assert_type(struct, JsonObject)
        case ("spec", struct):
            return assert_type(struct, JsonObject)
        case None:
            return None


def a_recursive_type(of: LiteralType) -> str:
    match of.which_type:
        case ("simple", simple):
            return assert_type(simple, SimpleType).name
        case ("collection_type" | "map_value_type", inner):
            return a_recursive_type(assert_type(inner, LiteralType))
        case _:
            return ""


def classes_match_by_attribute(literal: Literal) -> int:
    match literal:
        case Literal(scalar=Scalar(primitive=Primitive(integer=int(number)))):
            return assert_type(number, int)
        case Literal(collection=LiteralCollection(literals=items)):
            return len(items)
        case _:
            return 0
