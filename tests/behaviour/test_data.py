"""The answers to the three GetData calls."""

from __future__ import annotations

from flytebind.behaviour.data import GetDataResponse
from flytebind.models import execution
from flytebind.models.admin.common import UrlBlob
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar

LITERALS = LiteralMap({"o0": Literal(scalar=Scalar(primitive=Primitive(integer=3)))})
NOTHING = LiteralMap({})
LINK = UrlBlob.from_dict({"url": "s3://bucket/outputs.pb"})


def names_of_outputs(response: GetDataResponse) -> list[str]:
    """What a caller may write who does not care which of the three it has."""
    return list(response.full_outputs.literals)


def test_code_for_one_of_them_takes_all_three() -> None:
    responses: list[GetDataResponse] = [
        execution.WorkflowExecutionGetDataResponse(LINK, LINK, NOTHING, LITERALS),
        execution.NodeExecutionGetDataResponse(LINK, LINK, NOTHING, LITERALS),
        execution.TaskExecutionGetDataResponse(LINK, LINK, NOTHING, LITERALS),
    ]
    assert all(isinstance(response, GetDataResponse) for response in responses)
    assert [names_of_outputs(response) for response in responses] == [["o0"]] * 3
    assert {response.outputs.url for response in responses} == {"s3://bucket/outputs.pb"}


def test_the_base_adds_no_room_for_attributes() -> None:
    response = execution.TaskExecutionGetDataResponse(LINK, LINK, NOTHING, NOTHING)
    assert not hasattr(response, "__dict__")
