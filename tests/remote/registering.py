"""Tasks, workflows and launch plans that are registered here, by hand."""

from __future__ import annotations

from datetime import timedelta

from flytebind.models.admin.launch_plan import (
    LaunchPlanCreateRequest,
    LaunchPlanMetadata,
    LaunchPlanSpec,
)
from flytebind.models.admin.schedule import FixedRate, FixedRateUnit, Schedule
from flytebind.models.admin.task import TaskCreateRequest, TaskSpec
from flytebind.models.admin.workflow import WorkflowCreateRequest, WorkflowSpec
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.models.core.interface import (
    Parameter,
    ParameterMap,
    TypedInterface,
    Variable,
)
from flytebind.models.core.literals import Literal, LiteralMap, Primitive, Scalar
from flytebind.models.core.tasks import TaskTemplate
from flytebind.models.core.types import LiteralType, SimpleType
from flytebind.models.core.workflow import WorkflowTemplate
from flytebind.sandbox import Sandbox
from flytebind.services.admin import AdminServiceClient
from tests.remote.conftest import DOMAIN, PROJECT

INTEGER = LiteralType(simple=SimpleType.INTEGER)
TEXT = LiteralType(simple=SimpleType.STRING)
INTERFACE = TypedInterface(
    {"rows": Variable(INTEGER, "how many rows"), "title": Variable(TEXT, "")},
    {"o0": Variable(INTEGER, "")},
)


def text(value: str) -> Literal:
    return Literal(scalar=Scalar(primitive=Primitive(string_value=value)))


class Registrar:
    """Registers, a second apart."""

    def __init__(self, sandbox: Sandbox, client: AdminServiceClient) -> None:
        self.sandbox = sandbox
        self.client = client

    def task(self, name: str, version: str) -> None:
        id = self._id(ResourceType.TASK, name, version)
        template = TaskTemplate.from_dict(
            {
                "type": "python-task",
                "metadata": {"runtime": {"type": "FLYTE_SDK", "version": "1"}},
                "container": {"image": "image", "args": ["run"]},
            }
        ).replace(id=id, interface=INTERFACE)
        self.client.create_task(TaskCreateRequest(id=id, spec=TaskSpec(template=template)))

    def workflow(self, name: str, version: str) -> None:
        id = self._id(ResourceType.WORKFLOW, name, version)
        template = WorkflowTemplate.from_dict(
            {
                "nodes": [{"id": "n0", "taskNode": {"referenceId": self._any_task()}}],
                "outputs": [{"var": "o0", "binding": {"promise": {"nodeId": "n0", "var": "o0"}}}],
            }
        ).replace(id=id, interface=INTERFACE)
        pb = template.to_pb()
        for variable in ("rows", "title"):
            binding = pb.nodes[0].inputs.add(var=variable)
            binding.binding.promise.var = variable
        template = WorkflowTemplate.from_pb(pb)
        spec = WorkflowSpec(template, [])
        self.client.create_workflow(WorkflowCreateRequest(id=id, spec=spec))

    def launch_plan(self, name: str, version: str, schedule: Schedule | None = None) -> None:
        workflow = Identifier(ResourceType.WORKFLOW, PROJECT, DOMAIN, "wf", "v1")
        id = self._id(ResourceType.LAUNCH_PLAN, name, version)
        variable = Variable(INTEGER, "how many rows")
        three = Literal(scalar=Scalar(primitive=Primitive(integer=3)))
        rows = Parameter(variable, required=True)
        if schedule is not None:
            rows = Parameter(variable, default=three)
        spec = LaunchPlanSpec.from_dict({}).replace(
            workflow_id=workflow,
            entity_metadata=LaunchPlanMetadata(schedule or Schedule(""), []),
            default_inputs=ParameterMap({"rows": rows}),
            fixed_inputs=LiteralMap({"title": text("all of it")}),
        )
        self.client.create_launch_plan(LaunchPlanCreateRequest(id=id, spec=spec))

    def _id(self, kind: ResourceType, name: str, version: str) -> Identifier:
        self.sandbox.clock.advance(timedelta(seconds=1))
        return Identifier(kind, PROJECT, DOMAIN, name, version)

    def _any_task(self) -> dict[str, str]:
        place = {"project": PROJECT, "domain": DOMAIN}
        return {"resourceType": "TASK", **place, "name": "a", "version": "v1"}


def register_two_versions(sandbox: Sandbox) -> None:
    """Tasks a and b, workflows wf and other, launch plans plan and nightly; two versions each."""
    with sandbox.channel() as channel:
        registrar = Registrar(sandbox, AdminServiceClient(channel))
        for version in ("v1", "v2"):
            for name in ("a", "b"):
                registrar.task(name, version)
            for name in ("wf", "other"):
                registrar.workflow(name, version)
            registrar.launch_plan("plan", version)
            rate = FixedRate(3, FixedRateUnit.HOUR)
            registrar.launch_plan("nightly", version, Schedule("", rate=rate))
