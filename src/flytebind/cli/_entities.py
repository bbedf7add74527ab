"""The commands that show what can be run, and where."""

from __future__ import annotations

from flytebind.cli._connect import connect, place
from flytebind.cli._exits import DONE
from flytebind.cli._options import Call
from flytebind.cli._printing import print_document, print_fields, print_rows
from flytebind.cli._start import fetch
from flytebind.looks._labels import label
from flytebind.models.core.interface import Variable
from flytebind.remote import FlyteLaunchPlan
from flytebind.values import to_native, type_name


def get_launch_plan(call: Call, *, name: str, version: str | None) -> int:
    """Print a launch plan, its inputs and its outputs."""
    return _get(call, "launch-plan", name, version)


def get_workflow(call: Call, *, name: str, version: str | None) -> int:
    """Print a workflow, its inputs and its outputs."""
    return _get(call, "workflow", name, version)


def get_task(call: Call, *, name: str, version: str | None) -> int:
    """Print a task, its inputs and its outputs."""
    return _get(call, "task", name, version)


def list_projects(call: Call) -> int:
    """List projects."""
    with connect(call) as (remote, _):
        projects = remote.list_projects()
    if call.is_for_people:
        rows = [{"id": each.id, "name": each.name, "about": each.description} for each in projects]
        print_rows(call, rows, name="id")
    else:
        print_document(call, projects, name="\n".join(each.id for each in projects))
    return DONE


def list_domains(call: Call) -> int:
    """List domains."""
    with connect(call) as (remote, _):
        domains = remote.list_domains()
    if call.is_for_people:
        print_rows(call, [{"id": each.id, "name": each.name} for each in domains], name="id")
    else:
        print_document(call, domains, name="\n".join(each.id for each in domains))
    return DONE


def _get(call: Call, kind: str, name: str, version: str | None) -> int:
    with connect(call) as (remote, config):
        project, domain = place(config)
        entity = fetch(remote, kind, name, version, project, domain)
        url = remote.generate_console_url(entity) if call.is_for_people else ""
    if not call.is_for_people:
        print_document(call, entity, name=label(entity.id))
        return DONE
    if isinstance(entity, FlyteLaunchPlan):
        closure = entity.closure
        parameters = closure.expected_inputs.parameters if closure is not None else {}
        inputs = {
            each: _declared(parameter.var)
            + (
                f" = {to_native(parameter.default, parameter.var.type)!r}"
                if parameter.default is not None
                else ""
            )
            for each, parameter in parameters.items()
        }
        results = closure.expected_outputs.variables if closure is not None else {}
    else:
        interface = entity.interface
        inputs = {each: _declared(variable) for each, variable in interface.inputs.items()}
        results = interface.outputs
    print_fields({kind: label(entity.id), "console": url})
    print_fields({f"input {each}": declared for each, declared in inputs.items()})
    print_fields({f"output {each}": _declared(variable) for each, variable in results.items()})
    return DONE


def _declared(variable: Variable) -> str:
    return type_name(variable.type) if variable.type is not None else "of an unknown type"
