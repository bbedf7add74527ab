"""What is to be registered beside what a server has under its version."""

from __future__ import annotations

from difflib import unified_diff
from typing import TypeAlias

from flyteidl.admin import launch_plan_pb2, workflow_pb2 as admin_workflow_pb2
from flyteidl.core import tasks_pb2, types_pb2, workflow_pb2

from flytebind.looks._words import harmless
from flytebind.remote._registration.walk import walk

Stored: TypeAlias = (
    tasks_pb2.TaskTemplate | admin_workflow_pb2.WorkflowSpec | launch_plan_pb2.LaunchPlanSpec
)
"""What a server keeps of a version, of a workflow without its description."""

#: What the compiler adds to each workflow.
_START, _END = "start-node", "end-node"

_MOST_LINES = 40


def is_same(ours: Stored, theirs: Stored) -> bool:
    """Whether a server has what is to be registered, but for what it adds itself."""
    return bool(_plain(ours) == _plain(theirs))


def difference(ours: Stored, theirs: Stored) -> str:
    """What differs, as ``diff`` shows it: from what is registered to what is given."""
    lines = unified_diff(_lines(theirs), _lines(ours), "registered", "given", lineterm="", n=1)
    shown = [harmless(line) for line in lines]
    more = len(shown) - _MOST_LINES
    return "\n".join([*shown[:_MOST_LINES], *([f"... {more} more lines"] if more > 0 else [])])


def _lines(stored: Stored) -> list[str]:
    from google.protobuf.text_format import MessageToString

    return MessageToString(_plain(stored), as_utf8=True).splitlines()


def _name_arms(node: workflow_pb2.Node, id: str) -> None:
    """Call the nodes in the arms of a branch as they were called before it was compiled."""
    choice = node.branch_node.if_else
    arms = [choice.case.then_node, *(case.then_node for case in choice.other), choice.else_node]
    for arm in arms:
        own = arm.id
        if own:  # an arm that is not there must not come to be
            arm.id = own.removeprefix(f"{id}-")
            _name_arms(arm, own)


def _plain(stored: Stored) -> Stored:
    """A workflow as it was before a server compiled it; anything else as it is."""
    if not isinstance(stored, admin_workflow_pb2.WorkflowSpec):
        return stored
    plain = admin_workflow_pb2.WorkflowSpec(template=stored.template)
    # The compiler keeps no order here.
    plain.sub_workflows.extend(sorted(stored.sub_workflows, key=lambda each: each.id.name))
    for workflow in (plain.template, *plain.sub_workflows):
        nodes = [node for node in workflow.nodes if node.id not in (_START, _END)]
        nodes.sort(key=lambda node: node.id)
        del workflow.nodes[:]
        workflow.nodes.extend(nodes)
        for node in workflow.nodes:
            _name_arms(node, node.id)
    for message in walk(plain):
        if isinstance(message, workflow_pb2.Node):
            message.upstream_node_ids[:] = sorted({*message.upstream_node_ids} - {_START})
        elif isinstance(message, types_pb2.OutputReference) and message.node_id == _START:
            message.node_id = ""
    return plain
