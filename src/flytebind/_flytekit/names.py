"""All public names of flytekit's remote, and what becomes of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import lru_cache

from flytebind.runtime.homes import public_in


@public_in("flytebind.migrate")
class Verdict(Enum):
    """What becomes of a name of flytekit's."""

    SAME = "the same"
    """It is called and means the same."""
    ALIAS = "an alias"
    """It works, and stands for something with a name of its own."""
    DIFFERS = "differs"
    """It is called the same, and gives something else."""
    REFUSED = "refused"
    """Calls that would mean something else fail, and say what to write."""
    LEFT_OUT = "left out"
    """There is no such name; looking it up says what to write."""


@public_in("flytebind.migrate")
class Row:
    """What becomes of a name of flytekit's.

    Args:
        name: The class and its member: ``FlyteRemote.fetch_execution``.
        verdict: What becomes of it.
        write: What to write instead, or best; empty where it stays as it is.
        why: The reason, as the rest of a sentence; may be empty.
        takes: What flytekit's call takes, in order, without ``self``.
        renames: By flytekit's name of an argument, the one that it has here.
    """

    __slots__ = ("name", "renames", "takes", "verdict", "why", "write")

    name: str
    verdict: Verdict
    write: str
    why: str
    takes: tuple[str, ...]
    renames: Mapping[str, str]

    def __init__(
        self,
        name: str,
        verdict: Verdict,
        write: str = "",
        why: str = "",
        *,
        takes: str = "",
        renames: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.verdict = verdict
        self.write = write
        self.why = why
        self.takes = tuple(takes.split())
        self.renames = renames or {}

    def __repr__(self) -> str:
        return f"Row({self.name!r}, {self.verdict})"


_SAME, _ALIAS, _DIFFERS = Verdict.SAME, Verdict.ALIAS, Verdict.DIFFERS
_REFUSED, _LEFT_OUT = Verdict.REFUSED, Verdict.LEFT_OUT

_REGISTER = "`pyflyte register`, or `pyflyte package` and then `remote.register(PATH)`"
_AUTHORING = "what is written with flytekit is registered with flytekit"
_EXECUTE = "`remote.execute(entity, inputs)`"
_BY_NAME = "the name comes first, and the rest has names"
_SIGNAL = {"execution_name": "execution"}

_REMOTE = [
    Row(
        "FlyteRemote.__init__",
        _REFUSED,
        "`FlyteRemote(config, project, domain)`",
        "`default_project`, `default_domain` and `interactive_mode_enabled` are taken;"
        " `data_upload_location` is the server's to choose, and the channel's settings are"
        " `Config`'s",
        takes="config default_project default_domain data_upload_location interactive_mode_enabled",
    ),
    Row(
        "FlyteRemote.auto",
        _REFUSED,
        "`FlyteRemote.auto(config_file, default_project, default_domain)`",
        "`data_upload_location` is the server's to choose",
        takes="config_file default_project default_domain data_upload_location"
        " interactive_mode_enabled",
    ),
    Row(
        "FlyteRemote.for_endpoint",
        _REFUSED,
        "`FlyteRemote.for_endpoint(endpoint, insecure, default_project=..., default_domain=...)`",
        "a `config_file` goes to `Config.auto`; what `data_config` says of stores is read from"
        " their own variables, such as `AWS_ENDPOINT_URL`",
        takes="endpoint insecure data_config config_file default_project default_domain"
        " data_upload_location interactive_mode_enabled",
    ),
    Row(
        "FlyteRemote.for_sandbox",
        _REFUSED,
        "`FlyteRemote.for_sandbox(default_project, default_domain)`",
        "`data_upload_location` is the server's to choose",
        takes="default_project default_domain data_upload_location interactive_mode_enabled",
    ),
    Row("FlyteRemote.from_config", _ALIAS, "`FlyteRemote.auto(config_file)`", "of older flytekits"),
    Row("FlyteRemote.config", _SAME),
    Row("FlyteRemote.default_project", _SAME),
    Row("FlyteRemote.default_domain", _SAME),
    Row(
        "FlyteRemote.interactive_mode_enabled",
        _SAME,
        why="nothing depends on it, since no code is registered from notebooks",
    ),
    Row(
        "FlyteRemote.client",
        _LEFT_OUT,
        "a verb of the remote, or `remote.admin`, `remote.signals`, `remote.data_proxy`",
        "these are typed; see the table of the raw client",
    ),
    Row(
        "FlyteRemote.context",
        _LEFT_OUT,
        "nothing",
        "values and files know their remote",
    ),
    Row(
        "FlyteRemote.remote_context",
        _LEFT_OUT,
        "what is in the `with` block, without it",
        "values and files know their remote",
    ),
    Row(
        "FlyteRemote.file_access",
        _LEFT_OUT,
        "`remote.upload(path)` and `remote.download(what)`",
        "files go through links that the server signs",
    ),
    Row("FlyteRemote.get_extra_headers_for_protocol", _LEFT_OUT, "`remote.upload(path)`"),
    # Executions
    Row(
        "FlyteRemote.fetch_execution",
        _REFUSED,
        "`fetch_execution(name, project=..., domain=...)`",
        _BY_NAME,
        takes="project domain name",
    ),
    Row(
        "FlyteRemote.fetch_workflow_execution",
        _ALIAS,
        "`fetch_execution(name)`",
        "of older flytekits",
        takes="project domain name",
    ),
    Row(
        "FlyteRemote.recent_executions",
        _SAME,
        "`list_executions()`, which goes on as long as you do",
        takes="project domain limit filters",
    ),
    Row(
        "FlyteRemote.sync",
        _REFUSED,
        "`sync(execution, sync_nodes=True)`",
        "the compiled workflow is found by itself, so there is no `entity_definition`",
        takes="execution entity_definition sync_nodes",
    ),
    Row(
        "FlyteRemote.sync_execution",
        _REFUSED,
        "`sync(execution, sync_nodes=True)`",
        "there is no `entity_definition`, and `CallPolicy(timeout=60)` is for all calls",
        takes="execution entity_definition sync_nodes rpc_timeout",
    ),
    Row(
        "FlyteRemote.sync_node_execution",
        _LEFT_OUT,
        "`sync(execution, sync_nodes=True)`, and `load(node)` for all of a node",
        "nodes come with their execution",
    ),
    Row(
        "FlyteRemote.sync_task_execution",
        _LEFT_OUT,
        "`sync(execution, sync_nodes=True)`, and `load(task)` for all of an attempt",
        "attempts come with their node",
    ),
    Row("FlyteRemote.wait", _SAME, takes="execution timeout poll_interval sync_nodes"),
    Row("FlyteRemote.terminate", _SAME, takes="execution cause"),
    Row(
        "FlyteRemote.get_execution_metrics",
        _DIFFERS,
        "`get_execution_metrics(execution)`",
        "it gives the `Span` of the server, without a data frame; `id=` is `execution=`",
        takes="id depth",
        renames={"id": "execution"},
    ),
    Row(
        "FlyteRemote.execute",
        _REFUSED,
        "`execute(entity, inputs, execution_name=...)`",
        "`name`, `version`, `image_config` and `serialization_settings` are for what flytekit"
        " registers on the way; a name that is taken is an error",
        takes="entity inputs project domain name version execution_name execution_name_prefix"
        " image_config options wait type_hints overwrite_cache interruptible envs tags"
        " cluster_pool execution_cluster_label serialization_settings",
    ),
    *(
        Row(
            f"FlyteRemote.{name}",
            _LEFT_OUT,
            _EXECUTE,
            "what is registered is fetched, and then executed",
        )
        for name in (
            "execute_local_launch_plan",
            "execute_local_task",
            "execute_local_workflow",
            "execute_reference_launch_plan",
            "execute_reference_task",
            "execute_reference_workflow",
            "execute_remote_task_lp",
            "execute_remote_wf",
        )
    ),
    Row(
        "FlyteRemote.launch_backfill",
        _LEFT_OUT,
        "`execute(launch_plan, {kickoff_time_input: time})` for each time that was missed",
        "flytekit writes and registers a workflow for it",
    ),
    # What can be executed
    *(
        Row(
            f"FlyteRemote.{name}",
            _REFUSED,
            f"`{name}(name, version, project=..., domain=...)`",
            _BY_NAME,
            takes="project domain name version",
        )
        for name in ("fetch_task", "fetch_workflow", "fetch_launch_plan")
    ),
    Row(
        "FlyteRemote.fetch_active_launchplan",
        _ALIAS,
        "`fetch_launch_plan(name, active=True)`",
        "which raises `FlyteNotFoundError` where none is active",
        takes="project domain name",
    ),
    Row(
        "FlyteRemote.activate_launchplan",
        _ALIAS,
        "`activate_launch_plan(launch_plan)`",
        takes="ident",
    ),
    Row(
        "FlyteRemote.deactivate_launchplan",
        _ALIAS,
        "`deactivate_launch_plan(launch_plan)`",
        takes="ident",
    ),
    *(
        Row(
            f"FlyteRemote.{name}_lazy",
            _LEFT_OUT,
            f"`{name}(name)` where it is needed",
            "one version is fetched once",
        )
        for name in ("fetch_task", "fetch_workflow")
    ),
    *(
        Row(f"FlyteRemote.{name}", _LEFT_OUT, "`fetch_launch_plan(name)`", "sync finds them")
        for name in ("find_launch_plan", "find_launch_plan_for_node")
    ),
    Row(
        "FlyteRemote.list_tasks_by_version",
        _ALIAS,
        '`list_tasks(filters=Equal("version", version))`',
        takes="version project domain limit",
    ),
    Row(
        "FlyteRemote.list_projects",
        _REFUSED,
        "`list_projects()`",
        "it gives all of them; the RPC of `remote.admin` takes a limit, filters and an order",
        takes="limit filters sort_by",
    ),
    Row("FlyteRemote.get_domains", _ALIAS, "`list_domains()`"),
    *(
        Row(f"FlyteRemote.{name}", _LEFT_OUT, _REGISTER, _AUTHORING)
        for name in (
            "register_task",
            "register_workflow",
            "register_launch_plan",
            "register_script",
            "fast_register_workflow",
            "raw_register",
            "fast_package",
        )
    ),
    # Gates
    Row(
        "FlyteRemote.list_signals",
        _REFUSED,
        "`list_signals(execution)`",
        "it gives all of them, so there is no `limit`; `execution_name=` is `execution=`",
        takes="execution_name project domain limit filters",
        renames=_SIGNAL,
    ),
    *(
        Row(
            f"FlyteRemote.{name}",
            _REFUSED,
            f"`{name}(signal_id, execution)`",
            "`execution_name=` is `execution=`",
            takes="signal_id execution_name project domain",
            renames=_SIGNAL,
        )
        for name in ("approve", "reject")
    ),
    *(
        Row(
            f"FlyteRemote.{name}",
            _REFUSED,
            "`set_input(signal_id, execution, value)`",
            "`execution_name=` is `execution=`; the type is the signal's own, so there is neither"
            " `python_type` nor `literal_type`",
            takes="signal_id execution_name value project domain python_type literal_type",
            renames=_SIGNAL,
        )
        for name in ("set_input", "set_signal")
    ),
    # Data
    Row(
        "FlyteRemote.get",
        _DIFFERS,
        "`get(flyte_uri)`",
        "a single output comes as a Python value, and a deck as links to it",
        takes="flyte_uri",
    ),
    Row(
        "FlyteRemote.download",
        _REFUSED,
        "`download(outputs[name], to)`, or `outputs[name].download(to)`",
        "it takes one file, folder or table, or its URI",
        takes="data download_to recursive",
        renames={"data": "what", "download_to": "to"},
    ),
    Row(
        "FlyteRemote.upload_file",
        _REFUSED,
        "`upload(path)`, or the path itself as an input",
        "there is no `filename_root`: equal files have one place",
        takes="to_upload project domain filename_root",
    ),
    # The console
    Row("FlyteRemote.generate_console_url", _SAME, takes="entity"),
    Row("FlyteRemote.generate_console_http_domain", _SAME),
]

_EXECUTION = (
    "id closure inputs outputs error is_done promote_from_model from_flyte_idl to_flyte_idl"
    " serialize_to_string short_string is_empty"
)


def _same(owner: str, names: str) -> Iterator[Row]:
    """Rows of what stays as it is."""
    for name in names.split():
        yield Row(f"{owner}.{name}", _SAME)


_EXECUTIONS = [
    *_same("FlyteWorkflowExecution", _EXECUTION),
    *_same("FlyteWorkflowExecution", "spec is_successful node_executions execution_url"),
    Row("FlyteWorkflowExecution.flyte_workflow", _SAME, why="it is loaded when touched"),
    Row("FlyteWorkflowExecution.sync", _SAME, takes="sync_nodes"),
    Row("FlyteWorkflowExecution.wait", _SAME, takes="timeout poll_interval sync_nodes"),
    *_same("FlyteNodeExecution", _EXECUTION),
    *_same("FlyteNodeExecution", "metadata input_uri interface executions workflow_executions"),
    *_same("FlyteNodeExecution", "subworkflow_node_executions"),
    Row(
        "FlyteNodeExecution.task_executions",
        _DIFFERS,
        "`node.task_executions`",
        "of a dynamic node, too, it is a list of attempts, and not of lists",
    ),
    *_same("FlyteTaskExecution", _EXECUTION),
    *_same("FlyteTaskExecution", "task input_uri is_parent"),
]

_MAPPING = "it is a `Mapping`, and nothing can be put into it or taken out"

_OUTPUTS = [
    Row(
        "LiteralsResolver.get",
        _REFUSED,
        "`get(name, as_type=T)`",
        "what comes second is the default, as in every mapping; a name that is not there gives it,"
        " or None, and is an error with `as_type`",
        takes="attr as_type",
    ),
    Row("LiteralsResolver.get_literal", _SAME, why="a name that is not there is a `KeyError`"),
    *_same("LiteralsResolver", "items keys values literals native_values variable_map"),
    Row(
        "LiteralsResolver.as_python_native",
        _LEFT_OUT,
        "`outputs.as_dict()`, or `outputs.get(name, as_type=T)`",
        "there is no Python interface that would have the types",
    ),
    Row(
        "LiteralsResolver.update_type_hints",
        _LEFT_OUT,
        "`fetch_execution(name, type_hints={...})`, or `outputs.get(name, as_type=T)`",
        "values do not change once they are read",
    ),
    *(
        Row(f"LiteralsResolver.{name}", _LEFT_OUT, "`dict(outputs)`", _MAPPING)
        for name in ("clear", "copy", "fromkeys", "pop", "popitem", "setdefault", "update")
    ),
]

_SETTINGS = [
    Row("Config.auto", _SAME, takes="config_file"),
    Row(
        "Config.for_endpoint",
        _REFUSED,
        "`Config.for_endpoint(endpoint, insecure=True)`",
        "a file is read by `Config.auto`, and stores have variables of their own",
        takes="endpoint insecure data_config config_file",
    ),
    Row("Config.for_sandbox", _SAME),
    Row(
        "Config.platform",
        _SAME,
        "`Config(endpoint, ...)`, whose attributes these are",
        "`Config(platform=PlatformConfig(...))` is taken, too",
    ),
    Row(
        "Config.with_params",
        _LEFT_OUT,
        "`dataclasses.replace(config, ...)`",
        "what it replaces is left out, too",
    ),
    *(
        Row(f"Config.{name}", _LEFT_OUT, write, why)
        for name, write, why in (
            ("data_config", "their own variables", "stores are configured as elsewhere"),
            ("secrets", "nothing", "secrets are for tasks"),
            ("stats", "nothing", "nothing here counts"),
            ("local_sandbox_path", "`download(what, to)`", "there is no such folder"),
        )
    ),
    *_same("PlatformConfig", "endpoint insecure insecure_skip_verify ca_cert_file_path"),
    *_same("PlatformConfig", "console_endpoint command proxy_command client_id scopes"),
    *_same("PlatformConfig", "client_credentials_secret auth_mode audience http_proxy_url"),
    Row(
        "PlatformConfig.rpc_retries",
        _DIFFERS,
        "`FlyteRemote(config, policy=CallPolicy(max_attempts=4))`",
        "retries belong to a remote; the number is taken, and not used",
    ),
    Row("PlatformConfig.auto", _SAME, takes="config_file"),
    Row("PlatformConfig.for_endpoint", _SAME, takes="endpoint insecure"),
]

_ENTITIES = [
    Row(
        "FlyteWorkflow.flyte_nodes",
        _ALIAS,
        "`workflow.template.nodes`",
        "they are the IDL's, without start and end",
    ),
]


def rows() -> list[Row]:
    """The whole table."""
    return [*_REMOTE, *_EXECUTIONS, *_OUTPUTS, *_SETTINGS, *_ENTITIES]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Row]:
    return {row.name: row for row in rows()}


def row_of(name: str) -> Row | None:
    """The row of a name, if the table has it.

    Args:
        name: The class and its member: ``FlyteRemote.fetch_execution``.
    """
    return _by_name().get(name)
