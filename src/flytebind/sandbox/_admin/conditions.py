"""The conditions of branches: complete, over inputs of the branch, and between values alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flyteidl.core.condition_pb2 import BooleanExpression, Operand
from flyteidl.core.literals_pb2 import Scalar
from flyteidl.core.types_pb2 import LiteralType
from flyteidl.core.workflow_pb2 import IfElseBlock

from flytebind.sandbox._literal_types import castable, type_name, type_of_scalar


def problems_of_branch(
    block: IfElseBlock, inputs: Mapping[str, LiteralType | None]
) -> Iterator[str]:
    """What is wrong with the cases of a branch.

    Args:
        block: Its cases.
        inputs: What is bound to the branch, with types as far as they are known.
    """
    if block.WhichOneof("default") is None:
        yield "has neither an else case nor an error"
    for case in (block.case, *block.other):
        if case.HasField("condition"):
            yield from _problems(case.condition, inputs)
        else:
            yield "has a case without a condition"


def _problems(
    expression: BooleanExpression, inputs: Mapping[str, LiteralType | None]
) -> Iterator[str]:
    match expression.WhichOneof("expr"):
        case "comparison":
            operands = (expression.comparison.left_value, expression.comparison.right_value)
            unknown = [
                operand.var
                for operand in operands
                if operand.WhichOneof("val") == "var" and operand.var not in inputs
            ]
            yield from (f"has no input {name} to compare" for name in unknown)
            left, right = (_type(operand, inputs) for operand in operands)
            if left is not None and right is not None and not _comparable(left, right):
                yield f"compares {type_name(left)} with {type_name(right)}"
        case "conjunction":
            for side in ("left_expression", "right_expression"):
                yield from _problems(getattr(expression.conjunction, side), inputs)
        case _:
            yield "has an empty condition"


def _comparable(left: LiteralType, right: LiteralType) -> bool:
    return castable(left, right) or castable(right, left)


def _type(operand: Operand, inputs: Mapping[str, LiteralType | None]) -> LiteralType | None:
    match operand.WhichOneof("val"):
        case "var":
            return inputs.get(operand.var)
        case "primitive":
            return type_of_scalar(Scalar(primitive=operand.primitive))
        case "scalar":
            return type_of_scalar(operand.scalar)
        case _:
            return None
