from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import Literal

import grpc
import pytest
from flyteidl.core.compiler_pb2 import ConnectionSet
from flyteidl.core.condition_pb2 import BooleanExpression
from flyteidl.core.literals_pb2 import (
    Binding,
    BindingData,
    BindingDataCollection,
    Primitive,
    Scalar,
)
from flyteidl.core.types_pb2 import LiteralType, OutputReference, SimpleType
from flyteidl.core.workflow_pb2 import (
    ArrayNode,
    BranchNode,
    GateNode,
    IfBlock,
    IfElseBlock,
    Node,
    SignalCondition,
    WorkflowNode,
    WorkflowTemplate,
)

from flytebind.models.admin.common import (
    NamedEntityIdentifier,
    NamedEntityIdentifierListRequest,
    ObjectGetRequest,
    ResourceListRequest,
    Sort,
)
from flytebind.models.admin.launch_plan import LaunchPlanSpec
from flytebind.models.admin.task import TaskCreateRequest, TaskSpec
from flytebind.models.admin.workflow import (
    CreateWorkflowFailureReason,
    Workflow,
    WorkflowCreateRequest,
    WorkflowSpec,
)
from flytebind.models.core.compiler import CompiledWorkflowClosure
from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.runtime.rpc import status_details
from tests.sandbox.support import (
    DOMAIN,
    PROJECT,
    Server,
    identifier,
    launch_plan_request,
    promise,
    refused,
    register,
    task_node,
    task_request,
    workflow_request,
    workflow_template,
)

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOON = datetime(2026, 1, 2, 12, 0, 0, 250_000, tzinfo=timezone.utc)
HERE = NamedEntityIdentifier(PROJECT, DOMAIN)


def integer_binding(var: str, value: int) -> Binding:
    scalar = Scalar(primitive=Primitive(integer=value))
    return Binding(var=var, binding=BindingData(scalar=scalar))


def get(server: Server, name: str) -> Workflow:
    request = ObjectGetRequest(id=identifier(ResourceType.WORKFLOW, name))
    return server.client.get_workflow(request)


def compiled(server: Server, *nodes: Node) -> CompiledWorkflowClosure:
    """What becomes of these nodes."""
    server.client.create_workflow(workflow_request("under_test", *nodes))
    closure = get(server, "under_test").closure
    assert closure is not None
    assert closure.compiled_workflow is not None
    return closure.compiled_workflow


def edges(connections: Mapping[str, ConnectionSet.IdList]) -> dict[str, list[str]]:
    return {id: list(others.ids) for id, others in connections.items()}


# Tasks


def test_a_task_comes_back_compiled_and_with_the_time_of_the_clock(server: Server) -> None:
    server.clock.freeze(NOON)
    request = task_request("square")
    server.client.create_task(request)
    assert request.id is not None
    task = server.client.get_task(ObjectGetRequest(id=request.id))
    assert task.id == request.id
    assert task.closure is not None
    assert task.closure.created_at == NOON
    assert request.spec is not None
    assert request.spec.template is not None
    template = task.closure.to_pb().compiled_task.template
    expected = request.spec.template.to_pb()
    expected.id.CopyFrom(request.id.to_pb())
    assert template == expected


@pytest.mark.parametrize("part", ["project", "domain", "name", "version"])
def test_an_id_must_have_every_part(server: Server, part: str) -> None:
    request = task_request("t").to_pb()
    setattr(request.id, part, "")
    with refused(INVALID, f"missing {part}"):
        server.client.create_task(TaskCreateRequest.from_pb(request))
    with refused(INVALID, f"missing {part}"):
        server.client.get_task(ObjectGetRequest(id=Identifier.from_pb(request.id)))


def test_an_id_must_be_of_the_right_kind_and_place(server: Server) -> None:
    request = task_request("t")
    with refused(INVALID, "resource_type", "workflow", "task"):
        server.client.create_task(request.replace(id=identifier(ResourceType.WORKFLOW, "t")))
    with refused(INVALID, "project", "ghost"):
        server.client.create_task(
            request.replace(id=identifier(ResourceType.TASK, "t", project="ghost"))
        )
    with refused(INVALID, "domain", "ghost"):
        elsewhere = identifier(ResourceType.TASK, "t").replace(domain="ghost")
        server.client.create_task(request.replace(id=elsewhere))
    with refused(INVALID, "missing id"):
        server.client.create_task(TaskCreateRequest(spec=request.spec))


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("type", "type"),
        ("metadata", "metadata"),
        ("interface", "typed interface"),
    ],
)
def test_a_task_must_be_whole(
    server: Server, field: Literal["type", "metadata", "interface"], name: str
) -> None:
    request = task_request("t").to_pb()
    request.spec.template.ClearField(field)
    with refused(INVALID, f"missing {name}"):
        server.client.create_task(TaskCreateRequest.from_pb(request))


def test_a_task_must_have_a_template_and_its_container_an_image(server: Server) -> None:
    with refused(INVALID, "missing image"):
        server.client.create_task(task_request("t", image=""))
    with refused(INVALID, "missing spec"):
        server.client.create_task(task_request("t").replace(spec=None))
    with refused(INVALID, "missing spec"):
        server.client.create_task(task_request("t").replace(spec=TaskSpec.from_dict({})))


def test_registering_a_task_again_tells_whether_it_is_the_same(server: Server) -> None:
    server.client.create_task(task_request("t"))
    server.clock.freeze(NOON)
    with refused(grpc.StatusCode.ALREADY_EXISTS, "t"):
        server.client.create_task(task_request("t"))
    with refused(INVALID, "different structure"):
        server.client.create_task(task_request("t", image="python:4"))
    server.client.create_task(task_request("t", "v2", image="python:4"))


def test_one_of_many_concurrent_registrations_wins(server: Server) -> None:
    def code(number: int) -> grpc.StatusCode:
        try:
            server.client.create_task(task_request("t", image=f"python:{number % 2}"))
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    with ThreadPoolExecutor(8) as pool:
        codes = Counter(pool.map(code, range(16)))
    assert codes == {
        grpc.StatusCode.OK: 1,
        grpc.StatusCode.ALREADY_EXISTS: 7,
        INVALID: 8,
    }


def test_an_unknown_task_is_not_found_by_its_id(server: Server) -> None:
    with refused(grpc.StatusCode.NOT_FOUND, "flytesnacks:development:ghost:v1"):
        server.client.get_task(ObjectGetRequest(id=identifier(ResourceType.TASK, "ghost")))


def test_tasks_are_listed_by_place_or_by_name_in_pages(server: Server) -> None:
    for name, version in (("a", "v1"), ("a", "v2"), ("b", "v1")):
        server.client.create_task(task_request(name, version))

    def listed(request: ResourceListRequest) -> tuple[list[str], str]:
        page = server.client.list_tasks(request)
        ids = [task.id for task in page.tasks if task.id is not None]
        return [f"{id.name}:{id.version}" for id in ids], page.token

    assert listed(ResourceListRequest(id=HERE, limit=9)) == (["a:v1", "a:v2", "b:v1"], "")
    assert listed(ResourceListRequest(id=HERE, limit=2)) == (["a:v1", "a:v2"], "2")
    assert listed(ResourceListRequest(id=HERE, limit=2, token="2")) == (["b:v1"], "")
    named = NamedEntityIdentifier(PROJECT, DOMAIN, "a")
    newest = Sort(key="version", direction=Sort.Direction.DESCENDING)
    assert listed(ResourceListRequest(id=named, limit=9, sort_by=newest)) == (["a:v2", "a:v1"], "")
    matching = ResourceListRequest(id=HERE, limit=9, filters="contains(name,b)+eq(version,v1)")
    assert listed(matching) == (["b:v1"], "")
    elsewhere = NamedEntityIdentifier(PROJECT, "staging")
    assert listed(ResourceListRequest(id=elsewhere, limit=9)) == ([], "")


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        (ResourceListRequest(limit=1), "id"),
        (ResourceListRequest(id=NamedEntityIdentifier("", DOMAIN), limit=1), "project"),
        (ResourceListRequest(id=NamedEntityIdentifier(PROJECT, ""), limit=1), "domain"),
        (ResourceListRequest(id=HERE), "limit"),
        (ResourceListRequest(id=HERE, limit=1, token="-1"), "token"),
    ],
)
def test_a_list_names_what_is_wrong_with_its_request(
    server: Server, request_: ResourceListRequest, word: str
) -> None:
    for call in (
        server.client.list_tasks,
        server.client.list_workflows,
        server.client.list_launch_plans,
    ):
        with refused(INVALID, word):
            call(request_)


def test_names_are_listed_once_whatever_their_versions(server: Server) -> None:
    for name, version in (("b", "v1"), ("a", "v1"), ("a", "v2")):
        server.client.create_task(task_request(name, version))
    request = NamedEntityIdentifierListRequest(
        project=PROJECT,
        domain=DOMAIN,
        limit=1,
        sort_by=Sort(key="name", direction=Sort.Direction.ASCENDING),
    )
    first = server.client.list_task_ids(request)
    second = server.client.list_task_ids(request.replace(token=first.token))
    assert first.entities == [NamedEntityIdentifier(PROJECT, DOMAIN, "a")]
    assert second.entities == [NamedEntityIdentifier(PROJECT, DOMAIN, "b")]
    assert server.client.list_workflow_ids(request).entities == []
    with refused(INVALID, "domain"):
        server.client.list_task_ids(request.replace(domain=""))


# Workflows


def test_a_workflow_comes_back_with_its_tasks_and_the_ends_of_its_graph(server: Server) -> None:
    server.clock.freeze(NOON)
    register(server.client)
    workflow = get(server, "flow")
    assert workflow.closure is not None
    assert workflow.closure.created_at == NOON
    closure = workflow.closure.to_pb().compiled_workflow
    template = closure.primary.template
    assert template.id == identifier(ResourceType.WORKFLOW, "flow").to_pb()
    assert [node.id for node in template.nodes] == ["start-node", "end-node", "n0"]
    assert list(template.nodes[1].inputs) == [promise("y", "n0", "y")]
    assert list(template.nodes[2].inputs) == [promise("x", "start-node", "x")]
    assert edges(closure.primary.connections.upstream) == {
        "n0": ["start-node"],
        "end-node": ["n0"],
    }
    assert edges(closure.primary.connections.downstream) == {
        "start-node": ["n0"],
        "n0": ["end-node"],
    }
    assert [task.template.id.name for task in closure.tasks] == ["square"]


def test_nodes_without_neighbours_run_between_start_and_end(server: Server) -> None:
    register(server.client)
    first = task_node("n0", "square", integer_binding("x", 1))
    second = task_node("n1", "square", promise("x", "n0", "y"))
    alone = task_node("n2", "square", integer_binding("x", 2))
    last = task_node("n3", "square", integer_binding("x", 3))
    last.upstream_node_ids.extend(["n1"])
    connections = compiled(server, first, second, alone, last).to_pb().primary.connections
    assert edges(connections.upstream) == {
        "n0": ["start-node"],
        "n1": ["n0"],
        "n2": ["start-node"],
        "n3": ["n1"],
        "end-node": ["n2", "n3"],
    }


def test_a_list_waits_for_all_of_its_promises(server: Server) -> None:
    register(server.client)
    each = Node(
        id="each",
        inputs=[
            Binding(
                var="x",
                binding=BindingData(
                    collection=BindingDataCollection(
                        bindings=[
                            BindingData(promise=OutputReference(node_id="n0", var="y")),
                            BindingData(promise=OutputReference(node_id="n1", var="y")),
                        ]
                    )
                ),
            )
        ],
        array_node=ArrayNode(node=task_node("inner", "square")),
    )
    nodes = [task_node(f"n{i}", "square", integer_binding("x", i)) for i in range(2)]
    last = task_node("last", "square", integer_binding("x", 3))
    closure = compiled(server, *nodes, each, last).to_pb()
    assert edges(closure.primary.connections.upstream)["each"] == ["n0", "n1"]


def test_the_nodes_of_a_branch_are_named_after_it(server: Server) -> None:
    register(server.client)
    branch = Node(
        id="choice",
        inputs=[promise("flag", "n0", "y")],
        branch_node=BranchNode(
            if_else=IfElseBlock(
                case=IfBlock(
                    condition=BooleanExpression(),
                    then_node=task_node("a", "square", promise("x", "n0", "y")),
                ),
                else_node=task_node("b", "square", promise("x", "", "x")),
            )
        ),
    )
    first = task_node("n0", "square", integer_binding("x", 1))
    closure = compiled(server, first, branch).to_pb().primary
    block = closure.template.nodes[3].branch_node.if_else
    assert (block.case.then_node.id, block.else_node.id) == ("choice-a", "choice-b")
    upstream = edges(closure.connections.upstream)
    assert upstream["choice"] == ["n0"]
    assert upstream["choice-a"] == ["choice", "n0"]
    assert upstream["choice-b"] == ["choice", "start-node"]
    assert edges(closure.connections.downstream) == {
        "start-node": ["n0"],
        "n0": ["choice"],
        "choice": ["end-node"],
    }


def test_a_gate_gives_the_value_of_its_signal(server: Server) -> None:
    register(server.client)
    gate = Node(
        id="gate",
        gate_node=GateNode(
            signal=SignalCondition(
                signal_id="go",
                type=LiteralType(simple=SimpleType.INTEGER),
                output_variable_name="o0",
            )
        ),
    )
    after = task_node("n0", "square", promise("x", "gate", "o0"))
    closure = compiled(server, gate, after).to_pb()
    assert edges(closure.primary.connections.upstream)["n0"] == ["gate"]


def test_subworkflows_are_compiled_with_the_workflow(server: Server) -> None:
    register(server.client)
    inner = workflow_template("inner", task_node("i0", "square", promise("x", "", "x")))
    outer = Node(
        id="n0",
        inputs=[promise("x", "", "x")],
        workflow_node=WorkflowNode(sub_workflow_ref=inner.id),
    )
    server.client.create_workflow(workflow_request("outer", outer, sub_workflows=[inner]))
    closure = get(server, "outer").to_pb().closure.compiled_workflow
    (sub_workflow,) = closure.sub_workflows
    assert sub_workflow.template.id == inner.id
    assert edges(sub_workflow.connections.upstream) == {"i0": ["start-node"], "end-node": ["i0"]}
    assert [task.template.id.name for task in closure.tasks] == ["square"]


def test_a_workflow_may_run_a_launch_plan(server: Server) -> None:
    register(server.client)
    reference = identifier(ResourceType.LAUNCH_PLAN, "flow").to_pb()
    node = Node(
        id="n0",
        inputs=[promise("x", "", "x")],
        workflow_node=WorkflowNode(launchplan_ref=reference),
    )
    closure = compiled(server, node).to_pb()
    (launch_plan,) = closure.launch_plans
    assert launch_plan.template.id == reference
    assert list(launch_plan.template.interface.inputs.variables) == ["x"]


def unknown_launch_plan() -> Node:
    reference = identifier(ResourceType.LAUNCH_PLAN, "ghost").to_pb()
    return Node(id="n0", workflow_node=WorkflowNode(launchplan_ref=reference))


def unknown_workflow() -> Node:
    reference = identifier(ResourceType.WORKFLOW, "ghost").to_pb()
    return Node(id="n0", workflow_node=WorkflowNode(sub_workflow_ref=reference))


def cycle() -> list[Node]:
    one = task_node("n0", "square", promise("x", "n1", "y"))
    return [one, task_node("n1", "square", promise("x", "n0", "y"))]


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([task_node("n0", "ghost")], ["task", "flytesnacks:development:ghost:v1"]),
        ([unknown_launch_plan()], ["launch plan", "flytesnacks:development:ghost:v1"]),
        ([unknown_workflow()], ["workflow", "flytesnacks:development:ghost:v1"]),
        ([task_node("n0", "square")], ["input x of n0 is not bound"]),
        ([task_node("n0", "square", promise("x", "n9", "y"))], ["n9"]),
        ([task_node("n0", "square", promise("x", "", "nothing"))], ["no output nothing"]),
        ([task_node("n0", "square", promise("z", "", "x"))], ["no input z", "x of n0"]),
        (
            [task_node("n0", "square", promise("x", "", "x"), promise("x", "", "x"))],
            ["input x", "twice"],
        ),
        (
            [
                task_node(
                    "n0",
                    "square",
                    Binding(
                        var="x",
                        binding=BindingData(scalar=Scalar(primitive=Primitive(string_value="two"))),
                    ),
                )
            ],
            ["input x of n0 is integer, not string"],
        ),
        ([task_node("n0", "square", Binding(var="x"))], ["bound to nothing"]),
        ([Node(id="n0")], ["n0", "nothing to run"]),
        (cycle(), ["wait for each other: n0, n1"]),
        (
            [
                task_node("n0", "square", promise("x", "", "x")),
                task_node("n0", "square", promise("x", "", "x")),
            ],
            ["two nodes", "n0"],
        ),
        ([task_node("", "square", promise("x", "", "x"))], ["no id"]),
    ],
)
def test_a_workflow_that_does_not_compile_is_refused_with_the_reason(
    server: Server, nodes: Sequence[Node], words: Sequence[str]
) -> None:
    register(server.client)
    with refused(INVALID, "broken", *words):
        server.client.create_workflow(workflow_request("broken", *nodes))
    with refused(grpc.StatusCode.NOT_FOUND):
        get(server, "broken")


def test_all_reasons_are_told_at_once(server: Server) -> None:
    nodes = [task_node("n0", "ghost"), task_node("n1", "spook")]
    with refused(INVALID, "ghost", "spook"):
        server.client.create_workflow(workflow_request("broken", *nodes))


def test_a_workflow_must_have_a_template(server: Server) -> None:
    with refused(INVALID, "missing spec"):
        server.client.create_workflow(
            workflow_request("flow").replace(spec=WorkflowSpec.from_dict({}))
        )


def test_a_workflow_without_nodes_is_refused(server: Server) -> None:
    request = workflow_request("empty", task_node("n0", "square")).to_pb()
    del request.spec.template.nodes[:]
    with refused(INVALID, "no nodes"):
        server.client.create_workflow(WorkflowCreateRequest.from_pb(request))


def test_registering_a_workflow_again_tells_the_reason_in_the_details(server: Server) -> None:
    register(server.client)

    def reason(code: grpc.StatusCode, *nodes: Node) -> CreateWorkflowFailureReason:
        with pytest.raises(grpc.RpcError) as caught:
            server.client.create_workflow(workflow_request("flow", *nodes))
        assert caught.value.code() == code
        (detail,) = status_details(caught.value)
        return detail.unpack(CreateWorkflowFailureReason)

    id = identifier(ResourceType.WORKFLOW, "flow")
    same = reason(grpc.StatusCode.ALREADY_EXISTS)
    assert same.exists_identical_structure is not None
    assert same.exists_identical_structure.id == id
    other = reason(INVALID, task_node("n9", "square", integer_binding("x", 1)))
    assert other.exists_different_structure is not None
    assert other.exists_different_structure.id == id


def test_lists_of_workflows_leave_out_all_but_interfaces(server: Server) -> None:
    register(server.client)
    (listed,) = server.client.list_workflows(ResourceListRequest(id=HERE, limit=9)).workflows
    whole = get(server, "flow").to_pb()
    outline = listed.to_pb()
    primary = outline.closure.compiled_workflow.primary
    assert outline.id == whole.id
    assert outline.closure.created_at == whole.closure.created_at
    assert primary.template.interface == whole.closure.compiled_workflow.primary.template.interface
    assert primary.template == WorkflowTemplate(interface=primary.template.interface)


def test_an_input_of_a_launch_plan_with_a_default_may_be_left_unbound(server: Server) -> None:
    register(server.client)
    spec = LaunchPlanSpec.from_dict(
        {
            "workflowId": identifier(ResourceType.WORKFLOW, "flow").to_dict(),
            "defaultInputs": {
                "parameters": {
                    "x": {
                        "var": {"type": {"simple": "INTEGER"}},
                        "default": {"scalar": {"primitive": {"integer": "7"}}},
                    }
                }
            },
        }
    )
    server.client.create_launch_plan(launch_plan_request("seven", spec=spec))
    reference = identifier(ResourceType.LAUNCH_PLAN, "seven").to_pb()
    closure = compiled(server, Node(id="n0", workflow_node=WorkflowNode(launchplan_ref=reference)))
    assert len(closure.to_pb().launch_plans) == 1
