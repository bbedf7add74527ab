"""What executions run: workflows, tasks and launch plans, as the server has compiled them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from flytebind.looks._entity_card import EntityCard, timing
from flytebind.looks._labels import label
from flytebind.looks._nodes import END_NODE, START_NODE
from flytebind.looks._words import moment, readable
from flytebind.models.admin.launch_plan import LaunchPlan, LaunchPlanState
from flytebind.models.admin.schedule import Schedule
from flytebind.models.core.compiler import CompiledWorkflowClosure
from flytebind.models.core.identifier import Identifier
from flytebind.models.core.interface import Parameter, TypedInterface, Variable
from flytebind.models.core.literals import Literal
from flytebind.models.core.tasks import TaskTemplate
from flytebind.models.core.types import LiteralType
from flytebind.models.core.workflow import BranchNode, Node, WorkflowTemplate
from flytebind.remote.errors import FlyteAssertion, FlyteError
from flytebind.runtime.model import restore
from flytebind.runtime.typing import Self
from flytebind.values import to_native
from flytebind.values._brief import brief
from flytebind.values._names import type_name

_Key: TypeAlias = tuple[str, str, str, str]

_LONGEST = 200


@dataclass(frozen=True)
class Input:
    """One thing that goes into a task, a workflow or a launch plan."""

    name: str
    type: LiteralType
    """Its type, as Flyte has it."""
    description: str = ""
    is_required: bool = True
    """Whether it has to be given."""
    default_literal: Literal | None = None
    """What it is if it is not given, as it came."""

    @property
    def default(self) -> object:
        """What it is if it is not given, as a Python value; None where there is nothing.

        Raises:
            FlyteDataError: If the literal cannot be converted.
        """
        return None if self.default_literal is None else to_native(self.default_literal, self.type)

    @property
    def type_name(self) -> str:
        """Its type as Python programmers would call it: ``list[int]``."""
        return type_name(self.type)

    def __str__(self) -> str:
        """The type and the default: ``int = 3``."""
        if self.default_literal is not None:
            return f"{self.type_name} = {_worded(self.default_literal, self.type)}"
        return self.type_name if self.is_required else f"{self.type_name}, may be left out"


@dataclass(frozen=True)
class About:
    """What a server says of something that is registered, beside what it is made of."""

    created_at: datetime | None = None
    description: str = ""
    console_url: str | None = None
    is_outline: bool = False
    """Whether it comes from a list that leaves out what it is made of."""


class _Registered:
    """What tasks, workflows and launch plans have in common. Copies and pickles keep all of it."""

    _about = About()

    if TYPE_CHECKING:
        _pb: Any

        @property
        def id(self) -> Identifier: ...

    @property
    def name(self) -> str:
        """The name that it is registered by."""
        return self.id.name

    @property
    def created_at(self) -> datetime | None:
        """When it was registered; None where nobody has said, as of a task inside a workflow."""
        return self._about.created_at

    @property
    def description(self) -> str:
        """What it is for, in one line; empty where nobody has said."""
        return self._about.description

    @property
    def console_url(self) -> str | None:
        """Where people look at it; None where the remote does not know."""
        return self._about.console_url

    @property
    def inputs(self) -> Mapping[str, Input]:
        """What goes in, by name, with types and defaults."""
        raise NotImplementedError

    @property
    def outputs(self) -> Mapping[str, Variable]:
        """What comes out, by name."""
        raise NotImplementedError

    def card(self) -> EntityCard:
        """All that matters of it in one place, to be printed."""
        return EntityCard(
            self._kind,
            label(self.id),
            {
                "about": self.description,
                **self._facts(),
                "registered": moment(self.created_at),
                "console": self.console_url or "",
            },
            {name: str(each) for name, each in self.inputs.items()},
            {name: _declared(each) for name, each in self.outputs.items()},
        )

    def _repr_html_(self) -> str:
        return self.card()._repr_html_()

    def _facts(self) -> Mapping[str, str]:
        return {}

    @property
    def _kind(self) -> str:
        return self.id.resource_type.name.lower().replace("_", " ")

    def __copy__(self) -> Self:
        copied: Self = _restored(type(self), self._pb.SerializePartialToString(), self._about)
        return copied

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self.__copy__()

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (type(self), self._pb.SerializePartialToString(), self._about)


class FlyteTask(_Registered, TaskTemplate):
    """A registered task: its template, with ``id``, ``interface`` and the rest."""

    @classmethod
    def promote_from_model(cls, base_model: TaskTemplate) -> Self:
        """The same template, as this class."""
        return cls._wrap(base_model._pb)

    @property
    def inputs(self) -> Mapping[str, Input]:
        """What goes in, by name; all of it has to be given."""
        return _inputs(self.interface)

    @property
    def outputs(self) -> Mapping[str, Variable]:
        """What comes out, by name."""
        return {} if self.interface is None else _in_order(self.interface.outputs)

    def _facts(self) -> Mapping[str, str]:
        return {"type": self.type}


class FlyteWorkflow(_Registered, CompiledWorkflowClosure):
    """A registered workflow, compiled, together with the tasks and workflows in it.

    One that a list gives has ``id``, ``interface`` and what is said of it, and no nodes.
    """

    @classmethod
    def promote_from_model(cls, base_model: CompiledWorkflowClosure) -> Self:
        """The same workflow, as this class."""
        return cls._wrap(base_model._pb)

    @property
    def template(self) -> WorkflowTemplate:
        """The workflow itself.

        Raises:
            FlyteAssertion: If it comes from a list, which does not say what it is made of.
        """
        if self._about.is_outline:
            raise FlyteAssertion(
                f"a list does not say what workflow {label(self.id)} is made of; fetch it: "
                f"fetch_workflow({self.name!r}, {self.id.version!r})"
            )
        return self.primary.template

    @property
    def id(self) -> Identifier:
        """What it is registered as."""
        return self.primary.template.id

    @property
    def interface(self) -> TypedInterface:
        """What goes in, and what comes out."""
        return self.primary.template.interface

    @property
    def inputs(self) -> Mapping[str, Input]:
        """What goes in, by name. Defaults are those of the launch plan of its name and version."""
        return _inputs(self.interface)

    @property
    def outputs(self) -> Mapping[str, Variable]:
        """What comes out, by name."""
        return _in_order(self.interface.outputs)

    @property
    def flyte_nodes(self) -> list[Node]:
        """What flytekit calls the nodes of the first level, without start and end."""
        return [node for node in self.template.nodes if node.id not in (START_NODE, END_NODE)]

    def task(self, id: Identifier) -> FlyteTask | None:
        """The task of this identifier, if the workflow has it."""
        return self._tasks.get(_key(id))

    def sub_workflow(self, id: Identifier) -> WorkflowTemplate | None:
        """The workflow of this identifier, if it is part of this one."""
        return self._sub_workflows.get(_key(id))

    def node(self, id: str, workflow: WorkflowTemplate | None = None) -> Node | None:
        """The node of this id: on the first level, in a branch, or the failure node.

        Args:
            id: The node.
            workflow: Look in this part of the workflow instead.
        """
        found = self._level(workflow or self.template).get(id)
        return None if found is None else found[1]

    def place(self, id: str, workflow: WorkflowTemplate | None = None) -> int | None:
        """Where among all nodes the one of this id stands; see ``node``."""
        found = self._level(workflow or self.template).get(id)
        return None if found is None else found[0]

    def _level(self, template: WorkflowTemplate) -> dict[str, tuple[int, Node]]:
        key = _key(template.id)
        level = self._levels.get(key)
        if level is None:
            nodes = enumerate(_all_nodes(template))
            level = self._levels[key] = {node.id: (place, node) for place, node in nodes}
        return level

    # A workflow may have thousands of nodes, each of which is looked up.
    @cached_property
    def _tasks(self) -> dict[_Key, FlyteTask]:
        templates = (task.template for task in self.tasks)
        return {_key(template.id): FlyteTask.promote_from_model(template) for template in templates}

    @cached_property
    def _sub_workflows(self) -> dict[_Key, WorkflowTemplate]:
        templates = (workflow.template for workflow in self.sub_workflows)
        return {_key(template.id): template for template in templates}

    @cached_property
    def _levels(self) -> dict[_Key, dict[str, tuple[int, Node]]]:
        return {}


class FlyteLaunchPlan(_Registered, LaunchPlan):
    """A registered launch plan: a workflow with defaults, and perhaps a schedule."""

    @classmethod
    def promote_from_model(cls, base_model: LaunchPlan) -> Self:
        """The same launch plan, as this class."""
        return cls._wrap(base_model._pb)

    @property
    def workflow_id(self) -> Identifier:
        """The workflow that it starts."""
        return self.spec.workflow_id

    @property
    def is_active(self) -> bool:
        """Whether it was the active version of its name when it was fetched."""
        return self.closure is not None and self.closure.state == LaunchPlanState.ACTIVE

    @property
    def schedule(self) -> Schedule | None:
        """When it starts executions, while it is active; None if nothing but a call does."""
        metadata = self.spec.entity_metadata
        schedule = None if metadata is None else metadata.schedule
        return None if schedule is None or schedule.is_empty else schedule

    @property
    def interface(self) -> TypedInterface:
        """What may be given, which leaves out what it has fixed, and what comes out."""
        return TypedInterface(
            {name: parameter.var for name, parameter in self._parameters.items()}, self.outputs
        )

    @property
    def inputs(self) -> Mapping[str, Input]:
        """What may be given, by name, with types and defaults."""
        return {
            name: Input(
                name,
                parameter.var.type or LiteralType(),
                parameter.var.description,
                bool(parameter.required),
                parameter.default,
            )
            for name, parameter in self._parameters.items()
        }

    @property
    def outputs(self) -> Mapping[str, Variable]:
        """What comes out, by name."""
        return {} if self.closure is None else _in_order(self.closure.expected_outputs.variables)

    @property
    def created_at(self) -> datetime | None:
        """When it was registered; None for a time that Python cannot tell."""
        found: datetime | None = (
            None if self.closure is None else readable(self.closure, "created_at")
        )
        return found

    @property
    def _parameters(self) -> Mapping[str, Parameter]:
        return {} if self.closure is None else _in_order(self.closure.expected_inputs.parameters)

    def _facts(self) -> Mapping[str, str]:
        fixed = {
            f"fixed {name}": brief(literal)
            for name, literal in self.spec.fixed_inputs.literals.items()
        }
        return {
            "workflow": label(self.workflow_id),
            "state": "active" if self.is_active else "inactive",
            "schedule": "" if self.schedule is None else timing(self.schedule),
            **fixed,
        }


R = TypeVar("R", bound=_Registered)
V = TypeVar("V")


def known(entity: R, about: About) -> R:
    """The same, with what the server says of it."""
    entity._about = about
    return entity


def _restored(kind: type[Any], data: bytes, about: About) -> Any:
    made = restore(kind, data)
    made._about = about
    return made


def _inputs(interface: TypedInterface | None) -> Mapping[str, Input]:
    variables = {} if interface is None else _in_order(interface.inputs)
    return {
        name: Input(name, variable.type or LiteralType(), variable.description)
        for name, variable in variables.items()
    }


def _in_order(variables: Mapping[str, V]) -> Mapping[str, V]:
    """By name: a server keeps no order."""
    return {name: variables[name] for name in sorted(variables)}


def _declared(variable: Variable) -> str:
    return type_name(variable.type or LiteralType())


def _worded(literal: Literal, literal_type: LiteralType) -> str:
    """A literal for people, as Python writes it if it can be converted."""
    try:
        text = repr(to_native(literal, literal_type))
    except (FlyteError, ValueError):  # what is wrong with it matters where it is used
        return brief(literal)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _key(id: Identifier) -> _Key:
    """Hashes sooner than the identifier."""
    return id.project, id.domain, id.name, id.version


def _all_nodes(workflow: WorkflowTemplate) -> Iterator[Node]:
    yield from _with_branches(workflow.nodes)
    if workflow.failure_node is not None:
        yield from _with_branches([workflow.failure_node])


def _with_branches(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        if node.branch_node is not None:
            yield from _with_branches(_arms(node.branch_node))


def _arms(branch: BranchNode) -> Iterator[Node]:
    choice = branch.if_else
    for case in (choice.case, *choice.other):
        if case.then_node is not None:
            yield case.then_node
    if choice.else_node is not None:
        yield choice.else_node
