"""Messages that both IDLs have, from one to the other: their bytes mean the same in both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from flytebind.models.core.execution import ExecutionError
from flytebind.models.core.interface import Parameter, TypedInterface, Variable
from flytebind.models.core.literals import Literal, LiteralMap
from flytebind.models.core.types import LiteralType
from flytebind.runtime.model import Model
from flytebind.v2.models.core.interface import TypedInterface as TypedInterface2
from flytebind.v2.models.core.literals import Literal as Literal2
from flytebind.v2.models.core.types import LiteralType as LiteralType2
from flytebind.v2.models.task.common import Inputs, Outputs
from flytebind.v2.models.task.task_definition import TaskSpec
from flytebind.v2.models.workflow.run_definition import ErrorInfo

M = TypeVar("M", bound=Model[Any])


def same(kind: type[M], message: Model[Any]) -> M:
    """The same content as a message of the other IDL. Nothing is lost: not even unknown fields."""
    return kind.from_bytes(message.to_bytes())


def literals_of(values: Inputs | Outputs | None) -> LiteralMap:
    """Inputs or outputs by name, as ``flytebind.values`` reads them."""
    named = {} if values is None else values.literals
    return LiteralMap({name: same(Literal, value) for name, value in named.items()})


def inputs_of(literals: LiteralMap, order: Iterable[str]) -> Inputs:
    """Inputs as requests take them.

    Args:
        literals: Their values by name.
        order: All names, in the order that they are declared in.
    """
    values = literals.literals
    return Inputs({name: same(Literal2, values[name]) for name in order if name in values})


def interface_of(interface: TypedInterface2 | None) -> TypedInterface:
    """What goes in and comes out of a task or a trace."""
    return TypedInterface({}, {}) if interface is None else same(TypedInterface, interface)


def parameters_of(spec: TaskSpec) -> dict[str, Parameter]:
    """What a task takes, in the order that it declares: with a default, or required."""
    interface = None if spec.task_template is None else spec.task_template.interface
    if interface is None:
        return {}
    declared = interface_of(interface).inputs
    order = () if interface.inputs is None else interface.inputs.variables
    defaults = spec.default_inputs
    return {
        name: (
            same(Parameter, defaults[name])
            if name in defaults
            else Parameter(declared[name], required=True)
        )
        for name in order
    }


def variable_of(literal_type: LiteralType2) -> Variable:
    """What is declared to be of a type."""
    return Variable(same(LiteralType, literal_type), "")


def execution_error(error: ErrorInfo) -> ExecutionError:
    """An error as looks tell it."""
    kind = ExecutionError.ErrorKind.from_number(error._pb.kind)
    return ExecutionError(error.code, error.message, "", kind)
