"""The commands, their arguments and options. What they do is loaded when one is run."""

from __future__ import annotations

import click

from flytebind.cli import _parameters as parameters
from flytebind.cli._options import Argument, Command, Group
from flytebind.cli._run_commands import RUN_COMMANDS

#: What a shell sets when it asks for words to complete.
COMPLETE = "_FLYTEBIND_COMPLETE"

_EXECUTION_COMMANDS = [
    Command(
        "get",
        "print what an execution has come to",
        "_executions:get",
        [parameters.execution(), parameters.web()],
        examples="""
flytebind execution get flytesnacks/development/f7a9c2
flytebind execution get f7a9c2 -p flytesnacks -d development --json
flytebind execution get f7a9c2 --web""",
    ),
    Command(
        "list",
        "list executions",
        "_executions:list_",
        [
            parameters.limit(),
            parameters.phases(),
            parameters.filter(),
            parameters.sort("started_at"),
            parameters.columns(
                "name, phase, created, started, duration, workflow, launch-plan, version, user"
            ),
        ],
        examples="""
flytebind execution list -p flytesnacks -d development
flytebind execution list --phase failed --phase aborted --limit 5
flytebind execution list --columns name,phase,user
flytebind execution list --filter 'gte(created_at,2026-01-01T00:00:00Z)' \\
    --sort=-started_at""",
    ),
    Command(
        "tree",
        "print an execution and its nodes as a tree",
        "_executions:tree",
        [parameters.execution(), parameters.whole()],
        examples="""
flytebind execution tree flytesnacks/development/f7a9c2
flytebind execution tree f7a9c2 --all""",
    ),
    Command(
        "timeline",
        "draw where the time of an execution went",
        "_executions:timeline",
        [parameters.execution(), *parameters.drawing()],
        examples="""
flytebind execution timeline flytesnacks/development/f7a9c2
flytebind execution timeline f7a9c2 --svg f7a9c2.svg --html f7a9c2.html""",
    ),
    Command(
        "wait",
        "wait until an execution is done; the exit code tells how",
        "_executions:wait",
        [parameters.execution(), parameters.timeout()],
        examples="""
flytebind execution wait flytesnacks/development/f7a9c2 && echo succeeded
flytebind execution wait f7a9c2 --timeout 600 -q""",
    ),
    Command(
        "watch",
        "show an execution until it is done: live, or in a pipe each change of phase",
        "_executions:watch",
        [parameters.execution(), parameters.timeout()],
        examples="""
flytebind execution watch flytesnacks/development/f7a9c2
flytebind execution watch f7a9c2 --json | jq -r .phase""",
    ),
    Command(
        "inputs",
        "print what went into an execution",
        "_executions:inputs",
        [parameters.execution()],
        examples="""
flytebind execution inputs flytesnacks/development/f7a9c2
flytebind execution inputs f7a9c2 --json > inputs.json""",
    ),
    Command(
        "outputs",
        "print what came out of an execution",
        "_executions:outputs",
        [parameters.execution()],
        examples="""
flytebind execution outputs flytesnacks/development/f7a9c2
flytebind execution outputs f7a9c2 --json | jq .o0""",
    ),
    Command(
        "logs",
        "print the links to the logs of an execution's tasks",
        "_executions:logs",
        [
            parameters.execution(),
            click.Option(["--node"], metavar="NODE", help="only those of this node"),
        ],
        examples="""
flytebind execution logs flytesnacks/development/f7a9c2
flytebind execution logs f7a9c2 --node n0""",
    ),
    Command(
        "start",
        "start an execution, with inputs by name",
        "_start:start",
        [
            parameters.name(),
            click.Option(
                ["--kind"],
                type=click.Choice(["launch-plan", "workflow", "task"]),
                default="launch-plan",
                show_default=True,
                help="what the name is the name of",
            ),
            parameters.version(),
            parameters.new_name(),
            click.Option(
                ["--inputs", "inputs_file"],
                type=click.Path(allow_dash=True),
                metavar="FILE",
                help="inputs, as a JSON or YAML object; - for standard input",
            ),
            *parameters.wait(),
            Argument(
                "inputs",
                "the inputs, by name",
                nargs=-1,
                type=click.UNPROCESSED,
                metavar="[--INPUT VALUE]...",
            ),
        ],
        settings={"ignore_unknown_options": True},
        examples="""
flytebind execution start core.hello --name Ada
flytebind execution start ml.train --epochs 3 --rates '[0.1, 0.01]' --wait
flytebind execution start ml.train --version v7 --inputs inputs.yaml""",
        note="""\
An input is read as its type wants it: text, files (paths, which are uploaded, or URIs) and times
as they are, the rest as JSON. One that is called like an option goes into --inputs.""",
    ),
    Command(
        "relaunch",
        "run the same again, with the same inputs",
        "_start:relaunch",
        [
            parameters.execution(),
            parameters.new_name(),
            click.Option(
                ["--overwrite-cache"], is_flag=True, help="run tasks whose results are cached"
            ),
            *parameters.wait(),
        ],
        examples="""
flytebind execution relaunch f7a9c2 --wait --timeout 600""",
    ),
    Command(
        "recover",
        "run a failed execution again, without the nodes that have succeeded",
        "_start:recover",
        [parameters.execution(), parameters.new_name(), *parameters.wait()],
        examples="""
flytebind execution recover flytesnacks/development/f7a9c2 --wait""",
    ),
    Command(
        "terminate",
        "ask for an execution to end",
        "_executions:terminate",
        [
            parameters.execution(),
            click.Option(
                ["--cause"],
                default="ended with `flytebind execution terminate`",
                show_default=True,
                metavar="TEXT",
                help="why, for people to read",
            ),
        ],
        examples="""
flytebind execution terminate f7a9c2 --cause 'wrong inputs'""",
    ),
]


def _signal() -> click.Parameter:
    return Argument("signal", "the name of the signal")


_SIGNAL_COMMANDS = [
    Command(
        "list",
        "list what the gates of an execution wait for",
        "_signals:list_",
        [parameters.execution()],
        examples="flytebind signal list flytesnacks/development/f7a9c2",
    ),
    Command(
        "approve",
        "let a gate go on",
        "_signals:approve",
        [parameters.execution(), _signal()],
        examples="flytebind signal approve flytesnacks/development/f7a9c2 review",
    ),
    Command(
        "reject",
        "let a gate fail",
        "_signals:reject",
        [parameters.execution(), _signal()],
        examples="flytebind signal reject flytesnacks/development/f7a9c2 review",
    ),
    Command(
        "set",
        "give a gate the value that it waits for",
        "_signals:set_",
        [
            parameters.execution(),
            _signal(),
            Argument("value", "text as it is, anything else as JSON"),
        ],
        examples="""
flytebind signal set flytesnacks/development/f7a9c2 threshold 0.5
flytebind signal set f7a9c2 title 'Second try'""",
    ),
]


def _listing(kind: str, what: str, columns: str, *more: click.Parameter) -> Command:
    return Command(
        "list",
        f"list {what}s, each once, or all versions",
        f"_entities:list_{kind.replace('-', '_')}s",
        [
            Argument("name", "only versions of this one", required=False),
            click.Option(
                ["--versions"],
                is_flag=True,
                help=f"all versions, the newest first, not each {what} once",
            ),
            *more,
            parameters.filter(),
            click.Option(
                ["--sort"],
                metavar="COLUMN",
                help="all versions by a column such as version, or --sort=-version for descending",
            ),
            parameters.limit(),
            parameters.columns(columns),
        ],
        examples=f"""
flytebind {kind} list -p flytesnacks -d development
flytebind {kind} list core.hello --limit 5
flytebind {kind} list --filter 'contains(name,train)'
flytebind {kind} list --versions --filter 'eq(version,v7)' -o name""",
    )


def _get(kind: str, what: str, *more: click.Parameter) -> Command:
    return Command(
        "get",
        f"print a {what}, its inputs and its outputs",
        f"_entities:get_{kind.replace('-', '_')}",
        [_entity(), parameters.version(), *more, parameters.web()],
        examples=f"""
flytebind {kind} get core.hello -p flytesnacks -d development
flytebind {kind} get core.hello --version v7 --json
flytebind {kind} get flytesnacks/development/core.hello/v7""",
    )


def _entity() -> click.Parameter:
    return Argument("name", "its name, or PROJECT/DOMAIN/NAME/VERSION")


_LAUNCH_PLAN_COMMANDS = [
    _listing(
        "launch-plan",
        "launch plan",
        "name, version, registered, state, schedule, workflow, inputs, about",
        click.Option(["--active"], is_flag=True, help="only versions that are active"),
    ),
    _get(
        "launch-plan",
        "launch plan",
        click.Option(["--active"], is_flag=True, help="the version that is active"),
    ),
    Command(
        "activate",
        "make a version of a launch plan the active one, whose schedule runs",
        "_entities:activate",
        [_entity(), parameters.version()],
        examples="""
flytebind launch-plan activate nightly -p flytesnacks -d development
flytebind launch-plan activate nightly --version v7""",
    ),
    Command(
        "deactivate",
        "make a launch plan inactive, so that its schedule does not run",
        "_entities:deactivate",
        [
            _entity(),
            click.Option(
                ["--version"], metavar="VERSION", help="which version (default: the active one)"
            ),
        ],
        examples="flytebind launch-plan deactivate nightly -p flytesnacks -d development",
    ),
]

_TASK_COLUMNS = "name, version, registered, type, inputs, about"
_WORKFLOW_COLUMNS = "name, version, registered, about, inputs"

_GROUPS: list[click.Command] = [
    Group("execution", "see executions, start them, wait for them, end them", _EXECUTION_COMMANDS),
    Group("signal", "see what gates wait for, and answer", _SIGNAL_COMMANDS),
    Group("run", "see runs of Flyte 2, wait for them, end them", RUN_COMMANDS),
    Group("launch-plan", "see launch plans, and make them active", _LAUNCH_PLAN_COMMANDS),
    Group(
        "workflow",
        "see workflows",
        [_listing("workflow", "workflow", _WORKFLOW_COLUMNS), _get("workflow", "workflow")],
    ),
    Group("task", "see tasks", [_listing("task", "task", _TASK_COLUMNS), _get("task", "task")]),
    Command(
        "register",
        "register what pyflyte has packaged or serialized",
        "_register:register",
        [
            Argument(
                "path",
                "a package (.tgz) or a folder, as `pyflyte package` or `serialize` writes it",
                type=click.Path(),
            ),
            click.Option(
                ["--version"], metavar="VERSION", help="the version of what has none of its own"
            ),
            click.Option(
                ["--destination"],
                metavar="FOLDER",
                default=".",
                show_default=True,
                help="where tasks unpack their code, if the package leaves that open",
            ),
            click.Option(
                ["--activate"],
                is_flag=True,
                help="make its launch plans active, so that schedules run",
            ),
            click.Option(
                ["--dry-run"], is_flag=True, help="change nothing, and say what would be new"
            ),
        ],
        examples="""
pyflyte --pkgs flows package --fast --image acme/flows:v1 -o flows.tgz
flytebind register flows.tgz --version v1 --dry-run
flytebind register flows.tgz -p flytesnacks -d development \\
    --version v1 --activate""",
        note="""\
What is registered already and the same stays as it is. What differs from what is registered under
its version is an error, which shows the difference: versions do not change.""",
    ),
    Group(
        "project",
        "see projects and domains",
        [
            Command(
                "list",
                "list projects",
                "_places:list_projects",
                [parameters.columns("id, name, about, domains, labels")],
                examples="""
flytebind project list
flytebind project list --columns id,domains -q""",
            ),
            Command(
                "get",
                "print a project and its domains",
                "_places:get_project",
                [Argument("name", "its id")],
                examples="flytebind project get flytesnacks",
            ),
            Command(
                "domains",
                "list domains",
                "_places:list_domains",
                examples="flytebind project domains",
            ),
        ],
    ),
    Group(
        "config",
        "see settings, or write a first file of them",
        [
            Command(
                "show",
                "print all settings, and where each comes from",
                "_settings:show",
                [
                    click.Option(
                        ["--flyte2"], is_flag=True, help="those of `flytebind run`, for Flyte 2"
                    )
                ],
                examples="""
flytebind config show --endpoint flyte.example.com
flytebind config show --flyte2""",
            ),
            Command(
                "init",
                "write a file of settings, as flytectl reads them",
                "_settings:init",
                [
                    click.Option(
                        ["--file"],
                        metavar="FILE",
                        help="where to (default: ~/.flyte/config.yaml)",
                    ),
                    click.Option(["--force"], is_flag=True, help="replace a file that is there"),
                ],
                examples="flytebind config init --endpoint flyte.example.com",
            ),
        ],
    ),
    Command(
        "login",
        "log in to the server, if its settings ask for that, and remember it",
        "_settings:login",
        examples="flytebind login --endpoint flyte.example.com",
    ),
    Command(
        "whoami",
        "print who the server takes you for",
        "_settings:whoami",
        examples="""
flytebind whoami --endpoint flyte.example.com
flytebind whoami -o name""",
    ),
    Command(
        "demo",
        "start an embedded server, run workflows on it, and show what becomes of them",
        "_demo:demo",
        [
            click.Option(
                ["--script", "scripts"],
                multiple=True,
                metavar="NAME",
                help="a workflow to run; may be given again (default: dynamic and failure)",
            ),
            click.Option(
                ["--speed"],
                type=parameters.speed,
                default=1.0,
                show_default=True,
                metavar="X",
                help="how many times faster than written it runs",
            ),
        ],
        is_local=True,
        examples="""
flytebind demo
flytebind demo --script retries --script map
flytebind demo --speed 10 -q""",
    ),
    Command(
        "completion",
        "print what makes a shell complete commands and options",
        "_completion:completion",
        [
            Argument(
                "shell",
                "which shell",
                type=click.Choice(["bash", "zsh", "fish"]),
                metavar="bash|zsh|fish",
            )
        ],
        is_local=True,
        examples="""
eval "$(flytebind completion bash)"  in ~/.bashrc; zsh likewise
flytebind completion fish > ~/.config/fish/completions/flytebind.fish""",
    ),
]


def _print_version(context: click.Context, option: click.Parameter, value: bool) -> None:
    """The version; click's own option would have it loaded for --help, too."""
    if value and not context.resilient_parsing:
        from flytebind.runtime import __version__

        click.echo(f"flytebind {__version__}")
        context.exit()


COMMANDS = Group(
    "flytebind",
    "see what executions on a Flyte server do, start them, wait for them, and end them",
    _GROUPS,
    arguments=[
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_print_version,
            help="print the version, and no more",
        )
    ],
    examples="""
flytebind demo                            no server needed: it brings one
flytebind -p flytesnacks -d development execution list --phase failed
flytebind execution wait flytesnacks/development/f7a9c2 --timeout 600
flytebind execution outputs f7a9c2 --json""",
    note="""\
Where the server is comes from --endpoint or --config, from FLYTE_* variables, or from the file of
flytectl (~/.flyte/config.yaml). A token in FLYTEBIND_TOKEN is used in place of a login. Global
options may stand anywhere.""",
)
"""The command ``flytebind``."""
