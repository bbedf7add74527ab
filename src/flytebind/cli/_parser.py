"""The arguments of the command ``flytebind``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module

_EXECUTION = "its name, PROJECT/DOMAIN/NAME, or the URL of its page in the console"

_EXITS = """\
exit codes:
  0    done; wait, watch: and the execution has succeeded
  1    wait, watch: the execution has ended, without success
  2    something is wrong with the command, the settings, the server or the data
  3    wait, watch: the execution was not done in time
  130  interrupted
"""

_EPILOG = f"""\
examples:
  flytebind demo                                      no server needed: it brings one
  flytebind -p flytesnacks -d development execution list --phase failed
  flytebind execution wait flytesnacks/development/f7a9c2 --timeout 600
  flytebind execution outputs f7a9c2 --json

Where the server is comes from --endpoint or --config, from FLYTE_* variables, or from the file of
flytectl (~/.flyte/config.yaml). Global options may stand anywhere.

{_EXITS}"""

_EXAMPLES = {
    "get": """\
  flytebind execution get flytesnacks/development/f7a9c2
  flytebind execution get f7a9c2 -p flytesnacks -d development --json""",
    "list": """\
  flytebind execution list -p flytesnacks -d development
  flytebind execution list --phase failed --phase aborted --limit 5
  flytebind execution list --filter 'gte(created_at,2026-01-01T00:00:00Z)' --sort=-started_at""",
    "tree": """\
  flytebind execution tree flytesnacks/development/f7a9c2
  flytebind execution tree f7a9c2 --all""",
    "wait": """\
  flytebind execution wait flytesnacks/development/f7a9c2 && echo it has succeeded
  flytebind execution wait f7a9c2 --timeout 600 -q""",
    "watch": """\
  flytebind execution watch flytesnacks/development/f7a9c2
  flytebind execution watch f7a9c2 --json | jq -r .phase""",
    "outputs": """\
  flytebind execution outputs flytesnacks/development/f7a9c2
  flytebind execution outputs f7a9c2 --json | jq .o0""",
    "terminate": """\
  flytebind execution terminate flytesnacks/development/f7a9c2 --cause 'wrong inputs'""",
    "demo": """\
  flytebind demo
  flytebind demo --script retries --script map
  flytebind demo --speed 10 -q""",
}


def parser() -> argparse.ArgumentParser:
    """The parser; the namespace that it makes has ``run``, which is to be called with it."""
    shared = _shared()
    top = argparse.ArgumentParser(
        prog="flytebind",
        description="See what executions on a Flyte server do, wait for them, and end them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[_shared()],  # its own, since it has defaults
    )
    top.add_argument("--version", action=_Version, nargs=0, help="print the version, and no more")
    top.set_defaults(
        endpoint=None,
        insecure=False,
        config=None,
        project=None,
        domain=None,
        json=False,
        quiet=False,
    )
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    execution = commands.add_parser(
        "execution",
        help="see executions, wait for them, end them",
        description="See executions, wait for them, end them.",
        epilog="`flytebind execution COMMAND --help` has examples.\n\n" + _EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
    )
    verbs = execution.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add(verbs, shared, "get", "print what an execution has come to")
    _add_list(verbs, shared)
    tree = _add(verbs, shared, "tree", "print an execution and its nodes as a tree")
    tree.add_argument("--all", action="store_true", help="show long levels whole, not summarised")
    wait = _add(verbs, shared, "wait", "wait until an execution is done; the exit code tells how")
    watch = _add(verbs, shared, "watch", "print each change of phase until an execution is done")
    for command in (wait, watch):
        command.add_argument(
            "--timeout", type=_seconds, metavar="SECONDS", help="how long (default: for ever)"
        )
    _add(verbs, shared, "outputs", "print what came out of an execution")
    terminate = _add(verbs, shared, "terminate", "ask for an execution to end")
    terminate.add_argument(
        "--cause",
        default="ended with `flytebind execution terminate`",
        metavar="TEXT",
        help="why, for people to read (default: %(default)s)",
    )
    _add_demo(commands, shared)
    return top


def _shared() -> argparse.ArgumentParser:
    """Options that may stand before and after commands: absent ones set nothing."""
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options = shared.add_argument_group("global options")
    options.add_argument("--endpoint", metavar="HOST:PORT", help="where the server is")
    options.add_argument("--insecure", action="store_true", help="talk without TLS")
    options.add_argument("--config", metavar="FILE", help="settings, as flytectl writes them")
    options.add_argument("-p", "--project", metavar="NAME", help="the project")
    options.add_argument("-d", "--domain", metavar="NAME", help="the domain")
    options.add_argument("--json", action="store_true", help="print JSON, for programs to read")
    options.add_argument(
        "-q", "--quiet", action="store_true", help="print results and errors, and no more"
    )
    return shared


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    shared: argparse.ArgumentParser,
    name: str,
    summary: str,
    *,
    takes_execution: bool = True,
) -> argparse.ArgumentParser:
    command = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"examples:\n{_EXAMPLES[name]}\n\n{_EXITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
    )
    if takes_execution:
        command.add_argument("execution", metavar="EXECUTION", help=_EXECUTION)
    command.set_defaults(run=_late("demo" if name == "demo" else "executions", name))
    return command


def _add_list(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser
) -> None:
    command = _add(verbs, shared, "list", "list executions", takes_execution=False)
    command.add_argument(
        "--limit", type=_count, default=20, metavar="N", help="how many (default: %(default)s)"
    )
    command.add_argument(
        "--phase",
        action="append",
        default=[],
        metavar="PHASE",
        help="only those in this phase, such as running; may be given again for one more",
    )
    command.add_argument(
        "--filter",
        action="append",
        default=[],
        metavar="FILTER",
        help="only those for which this holds, in admin's notation; may be given again",
    )
    command.add_argument(
        "--sort",
        metavar="COLUMN",
        help="a column such as started_at, or --sort=-started_at for descending (default: newest "
        "first)",
    )


def _add_demo(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], shared: argparse.ArgumentParser
) -> None:
    summary = "start an embedded server, run workflows on it, and show what becomes of them"
    command = _add(commands, shared, "demo", summary, takes_execution=False)
    command.add_argument(
        "--script",
        action="append",
        default=[],
        metavar="NAME",
        help="a workflow to run; may be given again (default: dynamic and failure)",
    )
    command.add_argument(
        "--speed",
        type=_speed,
        default=1.0,
        metavar="X",
        help="how many times faster than written it runs (default: %(default)g)",
    )


def _late(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """A command whose module is loaded when it is run, so that --help is fast."""

    def run(options: argparse.Namespace) -> int:
        code: int = getattr(import_module(f"flytebind.cli._{module}"), f"run_{name}")(options)
        return code

    return run


class _Version(argparse.Action):
    """Prints the version; argparse's own would have it loaded for --help, too."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        from flytebind.runtime import __version__

        print(f"flytebind {__version__}")
        parser.exit()


def _seconds(text: str) -> float:
    return _number(text, "a number of seconds", lambda number: 0 <= number < float("inf"))


def _speed(text: str) -> float:
    return _number(text, "a speed: above 0, up to 1000", lambda number: 0 < number <= 1000)


def _number(text: str, what: str, is_good: Callable[[float], bool]) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not is_good(number):
        raise argparse.ArgumentTypeError(f"{text} is not {what}")
    return number


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"{text} is not a number of executions: 1 or more")
    return int(text)
