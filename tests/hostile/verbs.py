"""What each verb of a remote is asked for, when it is tried against somebody who means harm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from flyteidl.admin.task_pb2 import TaskSpec

from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.remote import FlyteWorkflowExecution
from tests.remote.conftest import DOMAIN, PROJECT, Face


class Case(NamedTuple):
    """What verbs are about."""

    face: Face
    done: str
    """The name of an execution that has failed."""
    waiting: str
    """The name of one that waits for a signal, which is called ``number``."""
    execution: FlyteWorkflowExecution
    """The one that is done, as it was before anybody misbehaved."""
    file: Path


#: What asks by each verb. Keyword arguments are a timeout, where the verb takes one.
VERBS: Mapping[str, Callable[..., object]] = {
    "activate_launch_plan": lambda c, **k: c.face.activate_launch_plan("chain", **k),
    "activate_launchplan": lambda c, **k: c.face.activate_launchplan(_plan(), **k),
    "approve": lambda c, **k: c.face.approve("number", c.waiting, **k),
    "deactivate_launch_plan": lambda c, **k: c.face.deactivate_launch_plan("chain", "v1", **k),
    "deactivate_launchplan": lambda c, **k: c.face.deactivate_launchplan(_plan(), **k),
    "download": lambda c, **k: c.face.download("gs://bucket/x", c.file.parent / "x", **k),
    "execute": lambda c, **k: c.face.execute(_plan(), {"rows": 3}, **k),
    "fetch_active_launchplan": lambda c, **k: c.face.fetch_active_launchplan(name="chain", **k),
    "fetch_execution": lambda c, **k: c.face.fetch_execution(c.done, **k),
    "fetch_launch_plan": lambda c, **k: c.face.fetch_launch_plan("chain", **k),
    "fetch_task": lambda c, **k: c.face.fetch_task("play.square", **k),
    "fetch_workflow": lambda c, **k: c.face.fetch_workflow("chain", **k),
    "fetch_workflow_execution": lambda c, **k: c.face.fetch_workflow_execution(name=c.done, **k),
    "get": lambda c, **k: c.face.get(f"flyte://v1/{PROJECT}/{DOMAIN}/{c.done}/n0/i", **k),
    "get_domains": lambda c, **k: c.face.get_domains(**k),
    "get_execution_metrics": lambda c, **k: c.face.get_execution_metrics(c.done, **k),
    "list_domains": lambda c, **k: c.face.list_domains(**k),
    "list_executions": lambda c, **k: c.face.list_executions(**k),
    "list_launch_plan_names": lambda c, **k: c.face.list_launch_plan_names(**k),
    "list_launch_plans": lambda c, **k: c.face.list_launch_plans(**k),
    "list_projects": lambda c, **k: c.face.list_projects(**k),
    "list_signals": lambda c, **k: c.face.list_signals(c.waiting, **k),
    "list_task_names": lambda c, **k: c.face.list_task_names(**k),
    "list_tasks": lambda c, **k: c.face.list_tasks(latest=True, **k),
    "list_tasks_by_version": lambda c, **k: c.face.list_tasks_by_version("v1", limit=5, **k),
    "list_workflow_names": lambda c, **k: c.face.list_workflow_names(**k),
    "list_workflows": lambda c, **k: c.face.list_workflows(**k),
    "load": lambda c, **k: c.face.load(c.execution, **k),
    "recent_executions": lambda c, **k: c.face.recent_executions(limit=None, **k),
    "recover": lambda c, **k: c.face.recover(c.done, **k),
    "register": lambda c, **k: c.face.register([_spec()], version="v2", **k),
    "reject": lambda c, **k: c.face.reject("number", c.waiting, **k),
    "relaunch": lambda c, **k: c.face.relaunch(c.done, **k),
    "set_input": lambda c, **k: c.face.set_input("number", c.waiting, 3, **k),
    "set_signal": lambda c, **k: c.face.set_signal("number", c.waiting, 3, **k),
    "sync": lambda c, **k: c.face.sync(c.execution, sync_nodes=True, **k),
    "sync_execution": lambda c, **k: c.face.sync_execution(c.execution, sync_nodes=True, **k),
    "terminate": lambda c, **k: c.face.terminate(c.waiting, "why not", **k),
    "upload": lambda c, **k: c.face.upload(c.file, **k),
    "upload_file": lambda c, **k: c.face.upload_file(c.file, **k),
    "wait": lambda c, **k: c.face.wait(c.execution, **k),
    "watch": lambda c, **k: c.face.watch(c.execution, **k),
}


def _plan() -> Identifier:
    return Identifier(ResourceType.LAUNCH_PLAN, PROJECT, DOMAIN, "chain", "v1")


def _spec() -> TaskSpec:
    spec = TaskSpec()
    spec.template.id.resource_type = 1
    spec.template.id.name = "hostile"
    spec.template.type = "python-task"
    spec.template.container.image = "image"
    spec.template.metadata.runtime.version = "1"
    spec.template.interface.SetInParent()
    return spec
