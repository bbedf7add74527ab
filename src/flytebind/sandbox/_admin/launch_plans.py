"""Launch plans: workflows with inputs, a schedule and at most one active version."""

from __future__ import annotations

from collections.abc import Mapping

import grpc
from flyteidl.admin.launch_plan_pb2 import LaunchPlan as LaunchPlanMessage, LaunchPlanSpec
from flyteidl.admin.workflow_pb2 import Workflow as WorkflowMessage
from flyteidl.core.interface_pb2 import Parameter, TypedInterface, Variable
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import SimpleType

from flytebind.models.admin.common import (
    NamedEntityIdentifierList,
    NamedEntityIdentifierListRequest,
    ObjectGetRequest,
    ResourceListRequest,
)
from flytebind.models.admin.launch_plan import (
    ActiveLaunchPlanListRequest,
    ActiveLaunchPlanRequest,
    LaunchPlan,
    LaunchPlanCreateRequest,
    LaunchPlanCreateResponse,
    LaunchPlanList,
    LaunchPlanState,
    LaunchPlanUpdateRequest,
    LaunchPlanUpdateResponse,
)
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._admin.checks import (
    check_identifier,
    check_labels,
    check_name,
    check_notifications,
    filled,
    invalid,
    moment,
    of_kind,
    required,
    show,
)
from flytebind.sandbox._admin.cron import is_cron
from flytebind.sandbox._admin.named_entities import add_name
from flytebind.sandbox._admin.part import Part
from flytebind.sandbox._admin.projects import check_project_domain
from flytebind.sandbox._admin.resources import (
    digest,
    get_version,
    key,
    list_names,
    list_versions,
)
from flytebind.sandbox._literal_types import castable, type_name, type_of
from flytebind.sandbox._store import Row
from flytebind.sandbox._store.tables import LAUNCH_PLANS, WORKFLOWS

_ACTIVE = int(LaunchPlanState.ACTIVE)


class LaunchPlans(Part):
    """Registers, activates and shows launch plans. Schedules are kept, and start nothing."""

    def create_launch_plan(
        self, request: LaunchPlanCreateRequest, context: grpc.ServicerContext
    ) -> LaunchPlanCreateResponse:
        """Register a version of a launch plan, which is inactive at first.

        Raises:
            StatusError: INVALID_ARGUMENT for inputs that the workflow does not take, for a schedule
                that leaves a required input open, and for an id that has another content already;
                NOT_FOUND when the workflow does not exist; ALREADY_EXISTS for an id that has this
                content.
        """
        spec = required(request.spec, "spec")
        given = spec.to_pb()
        if not given.HasField("workflow_id"):
            invalid("missing id")
        workflow_id = check_identifier(spec.workflow_id, ResourceType.WORKFLOW)
        with self.store.transaction():
            workflow_row = get_version(self.store, WORKFLOWS, workflow_id)
            id = check_identifier(request.id, ResourceType.LAUNCH_PLAN)
            check_project_domain(self.store, self.settings, id.project, id.domain)
            check_labels(spec.labels.values)
            check_notifications(given.entity_metadata.notifications)
            launch_plan = _complete(id, given, _interface(workflow_row))
            content = digest(launch_plan)
            if (row := self.store.find(LAUNCH_PLANS, **key(id))) is not None:
                if row["digest"] == content:
                    raise StatusError(
                        grpc.StatusCode.ALREADY_EXISTS,
                        f"{show(id)} already exists, with the same structure",
                    )
                invalid(f"{show(id)} already exists, with a different structure")
            now = self.clock.now()
            launch_plan.closure.created_at.FromDatetime(now)
            launch_plan.closure.updated_at.FromDatetime(now)
            self.store.insert(
                LAUNCH_PLANS,
                {
                    **key(id),
                    "workflow_id": workflow_row["id"],
                    "state": int(LaunchPlanState.INACTIVE),
                    "schedule_type": _schedule_type(launch_plan.spec),
                    "digest": content,
                    "model": launch_plan.SerializeToString(),
                },
            )
            add_name(self.store, id)
        return LaunchPlanCreateResponse()

    def update_launch_plan(
        self, request: LaunchPlanUpdateRequest, context: grpc.ServicerContext
    ) -> LaunchPlanUpdateResponse:
        """Make a version active, which ends the state of the version that was, or inactive.

        Raises:
            StatusError: INVALID_ARGUMENT; NOT_FOUND; INTERNAL for a schedule with the deprecated
                ``cron_expression``, which the scheduler does not know.
        """
        id = of_kind(required(request.id, "id"), ResourceType.LAUNCH_PLAN)
        if not request.state.is_recognized:
            invalid(f"state {int(request.state)} is not known")
        with self.store.transaction():
            row = get_version(self.store, LAUNCH_PLANS, id)
            if request.state == LaunchPlanState.ACTIVE:
                _check_activation(LaunchPlanMessage.FromString(row["model"]).spec)
                former = self._active(id.project, id.domain, id.name)
                if former is not None and former["id"] != row["id"]:
                    self._set_state(former, LaunchPlanState.INACTIVE)
            self._set_state(row, request.state)
        return LaunchPlanUpdateResponse()

    def get_launch_plan(
        self, request: ObjectGetRequest, context: grpc.ServicerContext
    ) -> LaunchPlan:
        """Show a version of a launch plan."""
        id = filled(request.id, ResourceType.LAUNCH_PLAN)
        return LaunchPlan.from_bytes(get_version(self.store, LAUNCH_PLANS, id)["model"])

    def get_active_launch_plan(
        self, request: ActiveLaunchPlanRequest, context: grpc.ServicerContext
    ) -> LaunchPlan:
        """Show the active version of a name."""
        id = check_name(request.id)
        row = self._active(id.project, id.domain, id.name)
        if row is None:
            raise StatusError(
                grpc.StatusCode.NOT_FOUND,
                f"launch plan {id.project}:{id.domain}:{id.name} has no active version",
            )
        return LaunchPlan.from_bytes(row["model"])

    def list_launch_plans(
        self, request: ResourceListRequest, context: grpc.ServicerContext
    ) -> LaunchPlanList:
        """Show versions of one launch plan, or of all in a project and domain."""
        page = list_versions(self.store, LAUNCH_PLANS, request)
        return _show(page.rows, page.token)

    def list_active_launch_plans(
        self, request: ActiveLaunchPlanListRequest, context: grpc.ServicerContext
    ) -> LaunchPlanList:
        """Show the active version of each name in a project and domain."""
        page = self.store.page(
            LAUNCH_PLANS,
            limit=request.limit,
            token=request.token,
            sort_by=request.sort_by,
            project=required(request.project, "project"),
            domain=required(request.domain, "domain"),
            state=_ACTIVE,
        )
        return _show(page.rows, page.token)

    def list_launch_plan_ids(
        self, request: NamedEntityIdentifierListRequest, context: grpc.ServicerContext
    ) -> NamedEntityIdentifierList:
        """Show the names of launch plans."""
        return list_names(self.store, LAUNCH_PLANS, request)

    def _active(self, project: str, domain: str, name: str) -> Row | None:
        return self.store.find(
            LAUNCH_PLANS, project=project, domain=domain, name=name, state=_ACTIVE
        )

    def _set_state(self, row: Row, state: LaunchPlanState) -> None:
        launch_plan = LaunchPlanMessage.FromString(row["model"])
        launch_plan.closure.state = state
        launch_plan.closure.updated_at.FromDatetime(self.clock.now())
        self.store.update(
            LAUNCH_PLANS,
            row["id"],
            # The row's own time does not move with the state.
            {
                "state": int(state),
                "model": launch_plan.SerializeToString(),
                "updated_at": row["updated_at"],
            },
        )


def _show(rows: list[Row], token: str) -> LaunchPlanList:
    return LaunchPlanList(
        launch_plans=[LaunchPlan.from_bytes(row["model"]) for row in rows], token=token
    )


def _interface(workflow_row: Row) -> TypedInterface:
    workflow = WorkflowMessage.FromString(workflow_row["model"])
    return workflow.closure.compiled_workflow.primary.template.interface


def _complete(id: Identifier, spec: LaunchPlanSpec, interface: TypedInterface) -> LaunchPlanMessage:
    """The launch plan with its closure, and the workflow's open inputs among its defaults."""
    launch_plan = LaunchPlanMessage(id=id.replace(org="").to_pb(), spec=spec)
    expected = _expected_inputs(spec, interface.inputs.variables)
    _check_schedule(spec, expected)
    # An empty map says that no input is open; an absent one would say nothing.
    for inputs in (launch_plan.spec.default_inputs, launch_plan.closure.expected_inputs):
        inputs.Clear()
        inputs.SetInParent()
        for name, parameter in expected.items():
            inputs.parameters[name].CopyFrom(parameter)
    launch_plan.closure.expected_outputs.CopyFrom(interface.outputs)
    return launch_plan


def _expected_inputs(
    spec: LaunchPlanSpec, variables: Mapping[str, Variable]
) -> dict[str, Parameter]:
    """The inputs that are not fixed: with the launch plan's default, or required."""
    fixed = spec.fixed_inputs.literals
    defaults = spec.default_inputs.parameters
    for name, literal in fixed.items():
        given = type_of(literal)
        if name not in variables:
            invalid(f"fixed_inputs: the workflow has no input {name!r}")
        if given is None:
            invalid(f"fixed_inputs: {name} has no value")
        _check_time(f"fixed_inputs: {name}", literal)
        if not castable(given, variables[name].type):
            expected = type_name(variables[name].type)
            invalid(f"fixed_inputs: {name} is {expected}, not {type_name(given)}")
    for name, parameter in defaults.items():
        if name not in variables:
            invalid(f"default_inputs: the workflow has no input {name!r}")
        _check_parameter(name, parameter, variables[name])
    return {
        name: defaults[name] if name in defaults else Parameter(var=variable, required=True)
        for name, variable in variables.items()
        if name in defaults or name not in fixed
    }


def _check_parameter(name: str, parameter: Parameter, variable: Variable) -> None:
    declared = parameter.var.type
    if declared.WhichOneof("type") is None:
        invalid(f"default_inputs: {name} has no type")
    if not castable(declared, variable.type):
        expected = type_name(variable.type)
        invalid(f"default_inputs: {name} is {expected}, not {type_name(declared)}")
    match parameter.WhichOneof("behavior"):
        case "default":
            _check_time(f"default_inputs: {name}", parameter.default)
            given = type_of(parameter.default)
            if given is None:
                invalid(f"default_inputs: the default of {name} has no value")
            if not castable(given, declared):
                invalid(f"default_inputs: {name} is {type_name(declared)}, not {type_name(given)}")
        case "required" if parameter.required:
            pass
        case _:  # artifacts, too, which this server has none of
            invalid(f"default_inputs: {name} has no default, and is not required")


def _check_schedule(spec: LaunchPlanSpec, expected: Mapping[str, Parameter]) -> None:
    """A schedule must know all required inputs, but the one that takes the time of the start."""
    if _schedule_type(spec) == "NONE":
        return
    schedule = spec.entity_metadata.schedule
    if schedule.HasField("cron_schedule") and not is_cron(schedule.cron_schedule.schedule):
        invalid(f"schedule: {schedule.cron_schedule.schedule!r} is not a cron expression")
    kickoff = spec.entity_metadata.schedule.kickoff_time_input_arg
    for name, parameter in expected.items():
        if parameter.required and name != kickoff:
            invalid(f"schedule: the required input {name!r} is not bound")
    if not kickoff:
        return
    if kickoff not in expected:
        invalid(f"schedule: kickoff_time_input_arg {kickoff!r} is not an open input")
    if expected[kickoff].var.type.simple != SimpleType.DATETIME:
        invalid(f"schedule: kickoff_time_input_arg {kickoff!r} is not a datetime")


def _check_activation(spec: LaunchPlanSpec) -> None:
    if spec.entity_metadata.schedule.cron_expression:  # which was once called so
        message = "failed adding schedule for unknown schedule expression type"
        raise StatusError(grpc.StatusCode.INTERNAL, message)


def _check_time(where: str, literal: Literal) -> None:
    try:
        moment(literal.scalar.primitive.datetime)
    except (OverflowError, ValueError):
        invalid(f"{where} is no time")


def _schedule_type(spec: LaunchPlanSpec) -> str:
    schedule = spec.entity_metadata.schedule
    match schedule.WhichOneof("ScheduleExpression"):
        case "cron_expression" if not schedule.cron_expression:
            return "NONE"
        case "cron_expression" | "cron_schedule":
            return "CRON"
        case "rate":
            return "RATE"
        case _:
            return "NONE"
