"""What the settings mean for a client."""

from __future__ import annotations

from dataclasses import replace

import grpc
import pytest
from flyteidl.core.tasks_pb2 import Resources

from flytebind.models.admin.task import TaskCreateRequest
from flytebind.sandbox import Sandbox
from flytebind.sandbox._settings import MIB, Settings
from flytebind.services import AdminServiceClient
from tests.sandbox.support import (
    promise,
    refused,
    task_node,
    task_request,
    workflow_request,
)

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def test_the_defaults_are_those_of_a_real_flyteadmin() -> None:
    assert Settings() == Settings.flyteadmin()


@pytest.mark.parametrize(("most", "is_taken"), [(100, False), (0, True)])
def test_a_workflow_has_as_many_nodes_as_the_settings_allow(most: int, is_taken: bool) -> None:
    settings = replace(Settings.flyteadmin(), max_workflow_nodes=most)
    with Sandbox(settings=settings) as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        client.create_task(task_request("square"))
        nodes = [task_node(f"n{i}", "square", promise("x", "", "x")) for i in range(99)]
        client.create_workflow(workflow_request("fits", *nodes[:98]))
        if is_taken:
            client.create_workflow(workflow_request("large", *nodes))
        else:
            with refused(INVALID, "101 nodes"):
                client.create_workflow(workflow_request("large", *nodes))


def test_a_message_is_as_large_as_the_settings_allow() -> None:
    with Sandbox(settings=Settings.flyteadmin()) as sandbox, sandbox.channel() as channel:
        client = AdminServiceClient(channel)
        large = task_request("large", image="x" * (4 * MIB))
        with refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "larger than max"):
            client.create_task(large)
    settings = replace(Settings.flyteadmin(), max_message_bytes=8 * MIB)
    with Sandbox(settings=settings) as sandbox, sandbox.channel() as channel:
        AdminServiceClient(channel).create_task(large)


def test_limits_of_tasks_can_be_others() -> None:
    settings = replace(Settings.flyteadmin(), task_limits={"CPU": "16"})
    request = task_request("busy").to_pb()
    request.spec.template.container.resources.requests.add(name=Resources.CPU, value="8")
    busy = TaskCreateRequest.from_pb(request)
    with Sandbox() as sandbox, sandbox.channel() as channel, refused(INVALID, "CPU"):
        AdminServiceClient(channel).create_task(busy)
    with Sandbox(settings=settings) as sandbox, sandbox.channel() as channel:
        AdminServiceClient(channel).create_task(busy)
