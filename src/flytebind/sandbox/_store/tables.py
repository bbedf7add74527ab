"""The tables of the store: columns as admin names them, and how they hang together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    TIME = "time"
    """UTC as text of fixed width, which sorts as the times do: ``2026-01-02T03:04:05.123456Z``."""
    DURATION = "duration"
    """Whole nanoseconds."""
    BLOB = "blob"

    @property
    def sql(self) -> str:
        """The type that SQLite knows it by."""
        return _SQL_TYPES.get(self, self.name)


_PRIVATE = frozenset(("model", "inputs", "outputs", "output_uri"))
_SQL_TYPES = {Kind.TIME: "TEXT", Kind.DURATION: "INTEGER"}


@dataclass(frozen=True)
class Join:
    """How rows of another table are found from those of a table."""

    table: Table
    on: Mapping[str, str]
    """Columns of the other table, and the own ones that they equal."""


@dataclass(frozen=True, eq=False)  # each table is itself alone, so that it can be a dictionary key
class Table:
    """A table of the store. ``id``, ``created_at`` and ``updated_at`` come by themselves.

    Args:
        name: In SQL.
        entity: What filters call one row of it, as in ``execution.phase``.
        unique: Columns that no two rows share all of; none of them may be None.
        columns: The kind of every column.
        indexes: Beyond the unique key; a condition may follow the columns.
        joins: Other tables whose columns filters may name, by prefix.
        defaults: What columns hold that nobody has set; others are NULL.
        shown: Columns of admin's tables that are kept otherwise here, as SQL over the own ones.
        private: Own columns that admin's tables have not: nobody may filter or sort by them.
    """

    name: str
    entity: str
    unique: tuple[str, ...]
    columns: Mapping[str, Kind]
    indexes: tuple[str, ...] = ()
    joins: Mapping[str, Join] = field(default_factory=dict)
    defaults: Mapping[str, str | int] = field(default_factory=dict)
    shown: Mapping[str, tuple[str, Kind]] = field(default_factory=dict)
    private: frozenset[str] = _PRIVATE

    def __post_init__(self) -> None:
        columns = {"id": Kind.INTEGER, **self.columns, "created_at": Kind.TIME}
        columns["updated_at"] = Kind.TIME
        # Blobs last: SQLite walks a row from its start, and need not walk past them this way.
        ordered = sorted(columns.items(), key=lambda column: column[1] is Kind.BLOB)
        object.__setattr__(self, "columns", dict(ordered))

    @property
    def required(self) -> frozenset[str]:
        """The columns that are never NULL."""
        return frozenset(("id", "created_at", "updated_at", *self.unique, *self.defaults))

    def visible(self, name: str) -> tuple[str, Kind] | None:
        """A column as admin's table has it: the SQL of it, and its kind. None where it has none."""
        if name in self.shown:
            return self.shown[name]
        if name in self.columns and name not in self.private:
            return f'"{name}"', self.columns[name]
        return None

    def schema(self) -> Iterator[str]:
        """The statements that create it."""
        columns = ['"id" INTEGER PRIMARY KEY']
        for name, kind in self.columns.items():
            if name != "id":
                default = f" DEFAULT {self.defaults[name]!r}" if name in self.defaults else ""
                columns.append(
                    f'"{name}" {kind.sql}{" NOT NULL" * (name in self.required)}{default}'
                )
        if self.unique:
            columns.append(f"UNIQUE ({', '.join(self.unique)})")
        yield f'CREATE TABLE "{self.name}" ({", ".join(columns)})'
        for number, index in enumerate(self.indexes):
            names, _, condition = index.partition(" WHERE ")
            yield (
                f'CREATE INDEX "{self.name}_{number}" ON "{self.name}" ({names})'
                + (f" WHERE {condition}" if condition else "")
            )


_TEXT, _INTEGER, _TIME, _DURATION, _BLOB = (
    Kind.TEXT,
    Kind.INTEGER,
    Kind.TIME,
    Kind.DURATION,
    Kind.BLOB,
)
_ENTITY = ("project", "domain", "name", "version")
_EXECUTION = ("execution_project", "execution_domain", "execution_name")
#: Nobody deletes anything that these tables hold.
_DELETED_AT = {"deleted_at": ("NULL", Kind.TIME)}
_CLOSURE = {"closure": ('"model"', Kind.BLOB)}
_NEWEST_VERSIONS = ("project, domain, name, created_at",)

PROJECTS = Table(
    "projects",
    "project",
    unique=("identifier",),
    columns={
        "identifier": _TEXT,
        "name": _TEXT,
        "description": _TEXT,
        "labels": _TEXT,
        "state": _INTEGER,
        "model": _BLOB,
    },
    shown=_DELETED_AT,
)

TASKS = Table(
    "tasks",
    "task",
    unique=_ENTITY,
    columns={
        **dict.fromkeys(_ENTITY, _TEXT),
        "type": _TEXT,
        "short_description": _TEXT,
        "digest": _BLOB,
        "model": _BLOB,
    },
    indexes=_NEWEST_VERSIONS,
    shown={**_DELETED_AT, **_CLOSURE},
)

WORKFLOWS = Table(
    "workflows",
    "workflow",
    unique=_ENTITY,
    columns={
        **dict.fromkeys(_ENTITY, _TEXT),
        "short_description": _TEXT,
        "digest": _BLOB,
        "model": _BLOB,
    },
    indexes=_NEWEST_VERSIONS,
    shown={
        **_DELETED_AT,
        "typed_interface": ('"model"', Kind.BLOB),
        "remote_closure_identifier": ("'s3://'", Kind.TEXT),
    },
)

LAUNCH_PLANS = Table(
    "launch_plans",
    "launch_plan",
    unique=_ENTITY,
    columns={
        **dict.fromkeys(_ENTITY, _TEXT),
        "workflow_id": _INTEGER,
        "state": _INTEGER,
        "schedule_type": _TEXT,
        "digest": _BLOB,
        "model": _BLOB,
    },
    indexes=(*_NEWEST_VERSIONS, "workflow_id"),
    joins={"workflow": Join(WORKFLOWS, {"id": "workflow_id"})},
    shown={
        **_DELETED_AT,
        **_CLOSURE,
        "spec": ('"model"', Kind.BLOB),
        "launch_condition_type": ("NULL", Kind.TEXT),
    },
)

NAMED_ENTITIES = Table(
    "named_entity_metadata",
    "named_entity_metadata",
    unique=("resource_type", "project", "domain", "name"),
    columns={
        "resource_type": _INTEGER,
        "project": _TEXT,
        "domain": _TEXT,
        "name": _TEXT,
        "description": _TEXT,
        "state": _INTEGER,
    },
    defaults={"state": 0},
    private=frozenset(("id", "created_at", "updated_at", "resource_type")),
)

DESCRIPTION_ENTITIES = Table(
    "description_entities",
    "description_entity",
    unique=("resource_type", *_ENTITY),
    columns={
        "resource_type": _INTEGER,
        **dict.fromkeys(_ENTITY, _TEXT),
        "short_description": _TEXT,
        "model": _BLOB,
    },
)

ATTRIBUTES = Table(
    "resources",
    "resource",
    unique=("resource_type", "project", "domain", "workflow", "launch_plan"),
    columns={
        "resource_type": _INTEGER,
        "project": _TEXT,
        "domain": _TEXT,
        "workflow": _TEXT,
        "launch_plan": _TEXT,
        "model": _BLOB,
    },
)

EXECUTION_TAGS = Table(
    "execution_tags",
    "execution_tag",
    unique=(*_EXECUTION, "key"),
    columns={**dict.fromkeys(_EXECUTION, _TEXT), "key": _TEXT, "value": _TEXT},
    shown={"name": ('"key"', Kind.TEXT)},
)

EXECUTIONS = Table(
    "executions",
    "execution",
    unique=_EXECUTION,
    columns={
        **dict.fromkeys(_EXECUTION, _TEXT),
        "launch_plan_id": _INTEGER,
        "workflow_id": _INTEGER,
        "task_id": _INTEGER,
        "phase": _TEXT,
        "started_at": _TIME,
        "execution_created_at": _TIME,
        "execution_updated_at": _TIME,
        "duration": _DURATION,
        "abort_cause": _TEXT,
        "mode": _INTEGER,
        "source_execution_id": _INTEGER,
        "parent_node_execution_id": _INTEGER,
        "cluster": _TEXT,
        "user": _TEXT,
        "error_kind": _TEXT,
        "error_code": _TEXT,
        "state": _INTEGER,
        "output_uri": _TEXT,
        "inputs": _BLOB,
        "outputs": _BLOB,
        "model": _BLOB,
    },
    indexes=(
        "execution_project, execution_domain, created_at",
        "parent_node_execution_id WHERE parent_node_execution_id > 0",
        "launch_plan_id",
        "workflow_id",
    ),
    joins={
        "workflow": Join(WORKFLOWS, {"id": "workflow_id"}),
        "launch_plan": Join(LAUNCH_PLANS, {"id": "launch_plan_id"}),
        "task": Join(TASKS, {"id": "task_id"}),
        # An execution is there once for each of its tags that is met.
        "execution_tag": Join(EXECUTION_TAGS, {column: column for column in _EXECUTION}),
        "admin_tag": Join(EXECUTION_TAGS, {column: column for column in _EXECUTION}),
    },
    defaults={
        **dict.fromkeys(("launch_plan_id", "task_id", "duration", "mode"), 0),
        **dict.fromkeys(("source_execution_id", "parent_node_execution_id"), 0),
        **dict.fromkeys(("abort_cause", "cluster", "user"), ""),
    },
    shown={
        **_DELETED_AT,
        **_CLOSURE,
        "spec": ('"model"', Kind.BLOB),
        "inputs_uri": ("'s3://'", Kind.TEXT),
        "launch_entity": ("'s3://'", Kind.TEXT),
    },
)


_OF_EXECUTION = Join(EXECUTIONS, {column: column for column in _EXECUTION})

NODE_EXECUTIONS = Table(
    "node_executions",
    "node_execution",
    unique=(*_EXECUTION, "node_id"),
    columns={
        **dict.fromkeys(_EXECUTION, _TEXT),
        "node_id": _TEXT,
        "phase": _TEXT,
        "started_at": _TIME,
        "node_execution_created_at": _TIME,
        "node_execution_updated_at": _TIME,
        "duration": _DURATION,
        "parent_id": _INTEGER,
        "parent_task_execution_id": _INTEGER,
        "error_kind": _TEXT,
        "error_code": _TEXT,
        "cache_status": _TEXT,
        "input_uri": _TEXT,
        "output_uri": _TEXT,
        "inputs": _BLOB,
        "outputs": _BLOB,
        "dynamic_workflow": _BLOB,
        "model": _BLOB,
    },
    indexes=(
        # One level of one execution, by id and by time: any page is found in the index alone.
        f"{', '.join(_EXECUTION)}, parent_id, parent_task_execution_id",
        f"{', '.join(_EXECUTION)}, parent_id, parent_task_execution_id, created_at",
        "parent_id WHERE parent_id IS NOT NULL",
        "parent_task_execution_id WHERE parent_task_execution_id IS NOT NULL",
    ),
    joins={"execution": _OF_EXECUTION},
    defaults={"duration": 0, "input_uri": ""},
    shown={
        **_DELETED_AT,
        **_CLOSURE,
        "node_execution_metadata": ('"model"', Kind.BLOB),
        "dynamic_workflow_remote_closure_reference": ("''", Kind.TEXT),
        "internal_data": ('"model"', Kind.BLOB),
    },
    private=_PRIVATE | {"dynamic_workflow"},
)

TASK_EXECUTIONS = Table(
    "task_executions",
    "task_execution",
    unique=(*_ENTITY, *_EXECUTION, "node_id", "retry_attempt"),
    columns={
        **dict.fromkeys((*_ENTITY, *_EXECUTION), _TEXT),
        "node_id": _TEXT,
        "retry_attempt": _INTEGER,
        "phase": _TEXT,
        "phase_version": _INTEGER,
        "started_at": _TIME,
        "task_execution_created_at": _TIME,
        "task_execution_updated_at": _TIME,
        "duration": _DURATION,
        "node_execution_id": _INTEGER,
        "input_uri": _TEXT,
        "output_uri": _TEXT,
        "inputs": _BLOB,
        "outputs": _BLOB,
        "model": _BLOB,
    },
    indexes=(f"{', '.join(_EXECUTION)}, node_id, created_at", "node_execution_id"),
    joins={
        "execution": _OF_EXECUTION,
        "node_execution": Join(NODE_EXECUTIONS, {"id": "node_execution_id"}),
        "task": Join(TASKS, {column: column for column in _ENTITY}),
    },
    defaults={"duration": 0, "input_uri": ""},
    shown={
        **_DELETED_AT,
        **_CLOSURE,
        # Of the ids that a row has, filters mean the execution's; the version is the task's.
        **{name: (f'"execution_{name}"', Kind.TEXT) for name in ("project", "domain", "name")},
    },
    private=_PRIVATE | {"node_execution_id"},
)

SIGNALS = Table(
    "signals",
    "signal",
    unique=(*_EXECUTION, "signal_id"),
    columns={
        **dict.fromkeys(_EXECUTION, _TEXT),
        "signal_id": _TEXT,
        "type": _BLOB,
        "value": _BLOB,
        "model": _BLOB,
    },
)

EVENTS = Table(
    "events",
    "event",
    unique=(),
    columns={
        "kind": _TEXT,
        **dict.fromkeys(_EXECUTION, _TEXT),
        "node_id": _TEXT,
        "model": _BLOB,
    },
    indexes=(", ".join(_EXECUTION),),
)

TABLES = (
    PROJECTS,
    TASKS,
    WORKFLOWS,
    LAUNCH_PLANS,
    NAMED_ENTITIES,
    DESCRIPTION_ENTITIES,
    ATTRIBUTES,
    EXECUTIONS,
    EXECUTION_TAGS,
    NODE_EXECUTIONS,
    TASK_EXECUTIONS,
    SIGNALS,
    EVENTS,
)
