"""What executions run: workflows, tasks and launch plans, as the server has compiled them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypeAlias

from flytebind.models.admin.launch_plan import LaunchPlan
from flytebind.models.core.compiler import CompiledWorkflowClosure
from flytebind.models.core.identifier import Identifier
from flytebind.models.core.interface import TypedInterface
from flytebind.models.core.tasks import TaskTemplate
from flytebind.models.core.workflow import BranchNode, Node, WorkflowTemplate
from flytebind.runtime.typing import Self

_Key: TypeAlias = tuple[str, str, str, str]


class FlyteTask(TaskTemplate):
    """A registered task: its template, with ``id``, ``interface`` and the rest."""

    @classmethod
    def promote_from_model(cls, base_model: TaskTemplate) -> Self:
        """The same template, as this class."""
        return cls._wrap(base_model._pb)

    @property
    def name(self) -> str:
        """The name that it is registered by."""
        return self.id.name


class FlyteWorkflow(CompiledWorkflowClosure):
    """A registered workflow, compiled, together with the tasks and workflows in it."""

    @classmethod
    def promote_from_model(cls, base_model: CompiledWorkflowClosure) -> Self:
        """The same workflow, as this class."""
        return cls._wrap(base_model._pb)

    @property
    def template(self) -> WorkflowTemplate:
        """The workflow itself."""
        return self.primary.template

    @property
    def id(self) -> Identifier:
        """What it is registered as."""
        return self.template.id

    @property
    def name(self) -> str:
        """The name that it is registered by."""
        return self.id.name

    @property
    def interface(self) -> TypedInterface:
        """What goes in, and what comes out."""
        return self.template.interface

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


class FlyteLaunchPlan(LaunchPlan):
    """A registered launch plan: a workflow with defaults."""

    @classmethod
    def promote_from_model(cls, base_model: LaunchPlan) -> Self:
        """The same launch plan, as this class."""
        return cls._wrap(base_model._pb)

    @property
    def name(self) -> str:
        """The name that it is registered by."""
        return self.id.name

    @property
    def workflow_id(self) -> Identifier:
        """The workflow that it starts."""
        return self.spec.workflow_id


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
