"""Python values as literals and back, and what nodes make of them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, get_args, get_origin

from flyteidl.core.condition_pb2 import BooleanExpression, ComparisonExpression, Operand
from flyteidl.core.literals_pb2 import (
    Binding,
    BindingData,
    Literal,
    LiteralCollection,
    LiteralMap,
    Primitive,
    Scalar,
)
from flyteidl.core.types_pb2 import LiteralType, SimpleType

Literals: TypeAlias = Mapping[str, Literal]

_SIMPLE: dict[object, SimpleType.ValueType] = {
    bool: SimpleType.BOOLEAN,
    int: SimpleType.INTEGER,
    float: SimpleType.FLOAT,
    str: SimpleType.STRING,
}
_COMPARE: dict[int, Callable[[Any, Any], Any]] = {
    ComparisonExpression.EQ: operator.eq,
    ComparisonExpression.NEQ: operator.ne,
    ComparisonExpression.GT: operator.gt,
    ComparisonExpression.GTE: operator.ge,
    ComparisonExpression.LT: operator.lt,
    ComparisonExpression.LTE: operator.le,
}


def literal_type(hint: object) -> LiteralType:
    """The type of literals for a Python type: a bool, int, float, str, or a list of one.

    Raises:
        TypeError: For any other.
    """
    if hint in _SIMPLE:
        return LiteralType(simple=_SIMPLE[hint])
    if get_origin(hint) is list:
        return LiteralType(collection_type=literal_type(get_args(hint)[0]))
    raise TypeError(f"scripts have no literals for {hint}")


def to_literal(value: object) -> Literal:
    """A value as a literal.

    Raises:
        TypeError: If it is of a type that ``literal_type`` does not know.
    """
    match value:
        case list():
            items = [to_literal(item) for item in value]
            return Literal(collection=LiteralCollection(literals=items))
        case bool():
            primitive = Primitive(boolean=value)
        case int():
            primitive = Primitive(integer=value)
        case float():
            primitive = Primitive(float_value=value)
        case str():
            primitive = Primitive(string_value=value)
        case _:
            raise TypeError(f"scripts have no literals for {type(value)}")
    return Literal(scalar=Scalar(primitive=primitive))


def to_literals(values: Mapping[str, object]) -> dict[str, Literal]:
    """Values by name as literals; raises as ``to_literal`` does."""
    return {name: to_literal(value) for name, value in values.items()}


def type_of(value: object) -> LiteralType:
    """The type of the literal of a value; lists have one item at least.

    Raises:
        TypeError: As ``literal_type`` does.
    """
    if isinstance(value, list):
        return LiteralType(collection_type=type_of(value[0]))
    return literal_type(type(value))


def to_native(literal: Literal) -> object:
    """A literal as a Python value; None for what ``to_literal`` does not make."""
    if literal.HasField("collection"):
        return [to_native(item) for item in literal.collection.literals]
    return _primitive(literal.scalar.primitive)


def literal_map(literals: Literals) -> LiteralMap:
    """The message that holds literals."""
    return LiteralMap(literals=literals)


def bind(bindings: Iterable[Binding], outputs: Mapping[str, Literals]) -> dict[str, Literal]:
    """The inputs of a node.

    Args:
        bindings: Where they come from.
        outputs: By node, what has been given so far.
    """
    return {binding.var: _bound(binding.binding, outputs) for binding in bindings}


def holds(condition: BooleanExpression, inputs: Literals) -> bool:
    """Whether a comparison of a branch is true."""
    comparison = condition.comparison
    left, right = (
        _operand(operand, inputs) for operand in (comparison.left_value, comparison.right_value)
    )
    return bool(_COMPARE[comparison.operator](left, right))


def _bound(data: BindingData, outputs: Mapping[str, Literals]) -> Literal:
    match data.WhichOneof("value"):
        case "promise":
            return outputs[data.promise.node_id][data.promise.var]
        case "collection":
            items = [_bound(item, outputs) for item in data.collection.bindings]
            return Literal(collection=LiteralCollection(literals=items))
        case _:
            return Literal(scalar=data.scalar)


def _operand(operand: Operand, inputs: Literals) -> object:
    return to_native(inputs[operand.var]) if operand.var else _primitive(operand.primitive)


def _primitive(primitive: Primitive) -> object:
    kind = primitive.WhichOneof("value")
    return None if kind is None else getattr(primitive, kind)
