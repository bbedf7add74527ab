"""Large executions, made fast. Nothing here needs pytest, so that benchmarks can use it too.

One node is told of as a cluster does; all others are copies of its rows in the sandbox's store, so
they are what events would have left there. To fill a file for a sandbox in another process::

    with Sandbox(db=path) as sandbox:
        scene = wide(sandbox, 500)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flyteidl.admin.node_execution_pb2 import NodeExecution
from flyteidl.admin.task_execution_pb2 import TaskExecution

from flytebind.sandbox import Sandbox
from flytebind.sandbox._store import Row, Value, tables
from flytebind.sandbox.play._events import node_id
from flytebind.sandbox.play._values import literal_map, to_literals
from flytebind.sandbox.play._workflow import OUTPUT, Script, Workflow
from tests.remote.scenes.cluster import Cluster, begun
from tests.remote.scenes.entities import step
from tests.remote.scenes.scene import Kind, Node, NodePhase, Scene
from tests.remote.scenes.telling import Tale


def wide(sandbox: Sandbox, nodes: int = 500) -> Scene:
    """Done; that many task nodes side by side, each with inputs, outputs and one attempt."""

    def write(w: Workflow) -> None:
        for x in range(nodes):
            last = w.task(step, x=x)
        w.output(OUTPUT, last)

    sandbox.admin.settings = replace(sandbox.admin.settings, max_workflow_nodes=0)
    with begun(sandbox, Script(f"scenes.wide_{nodes}", True, write)) as tale:
        inputs, outputs = _data(Kind.TASK, 0)
        first = tale.task("n0", inputs=inputs, outputs=outputs)
        copier = _Copier(sandbox, tale)
        with sandbox.admin.store.transaction():
            for x in range(1, nodes):
                copier.copy(first, f"n{x}", x)
        return tale.succeed(o0=nodes)


def nested(sandbox: Sandbox, parents: int = 50, children: int = 100) -> Scene:
    """Done; subworkflow nodes side by side, each with that many task nodes below it.

    Below each parent there are a start and an end node besides.
    """

    def write_inner(w: Workflow) -> None:
        given = w.input("x", 0)
        for _ in range(children):
            last = w.task(step, x=given)
        w.output(OUTPUT, last)

    inner = Script(f"scenes.nested_{children}", False, write_inner).workflow

    def write(w: Workflow) -> None:
        for x in range(parents):
            last = w.subworkflow(inner, x=x)
        w.output(OUTPUT, last)

    with Cluster(sandbox) as cluster:
        script = Script(f"scenes.nested_{parents}_{children}", True, write)
        tale = cluster.launch(script).begin()
        inputs, outputs = _data(Kind.TASK, 0)
        first = tale.queue("n0", Kind.SUBWORKFLOW, inputs=inputs)
        tale.run(first)
        tale.start_node(first)
        child = tale.task("n0", parent=first, inputs=inputs, outputs=outputs)
        copier = _Copier(sandbox, tale)
        with sandbox.admin.store.transaction():
            for number in range(1, children):
                copier.copy(child, f"n{number}", 0, first)
        tale.end_node(outputs, first)
        tale.tell(first, NodePhase.SUCCEEDED, outputs=outputs)
        with sandbox.admin.store.transaction():
            for x in range(1, parents):
                parent = copier.copy(first, f"n{x}", x)
                for each in first.children.values():
                    copier.copy(each, each.spec_id, x, parent)
        return tale.succeed(o0=parents)


def _data(kind: Kind, x: int) -> tuple[dict[str, object], dict[str, object]]:
    """Inputs and outputs of a node for a value of ``x``."""
    given: dict[str, object] = {"x": x}
    results: dict[str, object] = {OUTPUT: x + 1}
    if kind is Kind.START:
        return {}, given
    return (results if kind is Kind.END else given), results


class _Copier:
    """Copies nodes, with their task executions, in the store and in the tale."""

    def __init__(self, sandbox: Sandbox, tale: Tale) -> None:
        self._store = sandbox.admin.store
        self._tale = tale
        self._rows: dict[str, tuple[Row, list[Row]]] = {}
        """Those of originals, which have ended, by node id."""
        self._row_ids: dict[str, int] = {}
        """Of nodes, by node id."""

    def copy(self, original: Node, spec_id: str, x: int, parent: Node | None = None) -> Node:
        """Make another node of a node that has ended, without its children.

        Args:
            original: The node.
            spec_id: Of the other one.
            x: What its data follow from.
            parent: The node that it is a part of.
        """
        inputs, outputs = _data(original.kind, x)
        id = node_id(spec_id, "" if parent is None else parent.id)
        copy = replace(
            original, id=id, spec_id=spec_id, inputs=inputs, outputs=outputs, children={}
        )
        self._insert(original, copy, parent)
        (self._tale.nodes if parent is None else parent.children)[id] = copy
        return copy

    def _insert(self, original: Node, copy: Node, parent: Node | None) -> None:
        row, attempts = self._find(original.id)
        data: dict[str, Value] = {"outputs": _literals(copy.outputs)}
        if copy.inputs:
            data["inputs"] = _literals(copy.inputs)
        node = NodeExecution.FromString(row["model"])
        node.id.node_id = copy.id
        node.metadata.spec_node_id = copy.spec_id
        common = {"node_id": copy.id, **data, **_move_files(node, original, copy)}
        values = {**_values(row), **common, "model": node.SerializeToString()}
        if parent is not None:
            values["parent_id"] = self._row_id(parent.id)
        node_row = self._row_ids[copy.id] = self._store.insert(tables.NODE_EXECUTIONS, values)
        for attempt in attempts:
            task = TaskExecution.FromString(attempt["model"])
            task.id.node_execution_id.node_id = copy.id
            _move_files(task, original, copy)
            pod = f"{self._tale.id.name}-{copy.id}-{task.id.retry_attempt}"
            task.closure.metadata.generated_name = pod
            for log in task.closure.logs:
                log.uri = f"https://logs.example/{pod}"
            values = {**_values(attempt), **common, "model": task.SerializeToString()}
            values["node_execution_id"] = node_row
            self._store.insert(tables.TASK_EXECUTIONS, values)

    def _row_id(self, id: str) -> int:
        if id not in self._row_ids:
            row = self._store.find(
                tables.NODE_EXECUTIONS, "id", execution_name=self._tale.id.name, node_id=id
            )
            assert row is not None
            self._row_ids[id] = row["id"]
        return self._row_ids[id]

    def _find(self, id: str) -> tuple[Row, list[Row]]:
        if id not in self._rows:
            where = {"execution_name": self._tale.id.name, "node_id": id}
            row = self._store.find(tables.NODE_EXECUTIONS, **where)
            assert row is not None
            self._rows[id] = row, self._store.rows(tables.TASK_EXECUTIONS, **where)
        return self._rows[id]


def _move_files(
    model: NodeExecution | TaskExecution, original: Node, copy: Node
) -> dict[str, Value]:
    """Name the files of a copy's data, which its rows hold; answers the columns that follow."""
    old, new = f"/{original.id}/", f"/{copy.id}/"
    model.input_uri = model.input_uri.replace(old, new)
    model.closure.output_uri = model.closure.output_uri.replace(old, new)
    return {"input_uri": model.input_uri, "output_uri": model.closure.output_uri}


def _values(row: Row) -> dict[str, Value]:
    """What a row holds, less what the store gives each row by itself."""
    values: dict[str, Value] = dict(row)
    for name in ("id", "created_at", "updated_at"):
        del values[name]
    return values


def _literals(values: Mapping[str, object]) -> bytes:
    return literal_map(to_literals(values)).SerializeToString()
