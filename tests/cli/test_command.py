"""The command as a whole: help, settings, what goes wrong, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from importlib import import_module
from inspect import signature
from pathlib import Path

import grpc
import pytest

from flytebind.cli._commands import COMMANDS
from flytebind.cli._options import Command, Group
from flytebind.remote import _remote as faces
from flytebind.remote._calls import CallPolicy
from flytebind.runtime import __version__
from flytebind.sandbox import Sandbox
from tests.cli.conftest import Done, Run
from tests.remote.scenes import scripted
from tests.remote.scenes.scene import Scene

COMMAND = (sys.executable, "-m", "flytebind.cli")
EVERY = [
    (name, *below)
    for name, command in COMMANDS.commands.items()
    for below in (
        [(), *((each,) for each in command.commands)] if isinstance(command, Group) else [()]
    )
]


def refused(done: Done) -> str:
    """The one line of a command that cannot do what it was told."""
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    return line.removeprefix("flytebind: ")


def test_the_version_is_told(run: Run) -> None:
    assert run("--version") == Done(0, f"flytebind {__version__}\n", "")


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("arguments", [(), *EVERY])
def test_every_help_has_exit_codes_and_breaks_no_word(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    done = run(*arguments, "--help")
    assert done.code == 0
    head, _, rest = done.out.partition("\nexamples:\n")
    examples, _, tail = rest.partition("\n\n")
    assert max(map(len, examples.split("\n"))) < 80  # and those are copied, hence not broken
    assert max(map(len, f"{head}\n{tail}".split("\n"))) < width
    assert f"Usage: {' '.join(('flytebind', *arguments))} " in done.out
    assert "exit codes:" in done.out
    assert "example" in done.out


@pytest.mark.parametrize("kind", ["launch-plan", "workflow", "task"])
def test_help_shows_what_may_be_left_out(kind: str, run: Run) -> None:
    assert f"Usage: flytebind {kind} list [OPTIONS] [NAME]\n" in run(kind, "list", "--help").out
    assert f"Usage: flytebind {kind} get [OPTIONS] NAME\n" in run(kind, "get", "--help").out


def test_help_loads_nothing_of_the_remote() -> None:
    program = (
        "import sys; from flytebind.cli import main; "
        "main(['--help']); main(['execution', 'start', '--help']);"
        "sys.exit(not {'grpc', 'google.protobuf', 'rich'}.isdisjoint(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=60).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("execution",),
        ("executions", "list"),
        ("execution", "get"),
        ("execution", "list", "--limit", "0"),
        ("execution", "wait", "f7", "--timeout", "soon"),
        ("execution", "wait", "f7", "--timeout", "-1"),
        ("demo", "--speed", "0"),
    ],
)
def test_a_command_that_makes_no_sense_is_explained(run: Run, arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Usage: flytebind")


@pytest.mark.parametrize("name", ["", "a/b", "a/b/c/d", "a//c", "https://flyte.example/console"])
def test_what_is_no_execution_is_refused(flytebind: Run, name: str) -> None:
    assert "is no execution: give its name" in refused(flytebind("execution", "get", name))


def test_a_name_alone_needs_a_project_and_a_domain(sandbox: Sandbox, run: Run) -> None:
    server = ("--endpoint", sandbox.endpoint, "--insecure")
    assert refused(run(*server, "execution", "get", "f7")) == (
        "which project? Give -p PROJECT, or the execution as PROJECT/DOMAIN/NAME"
    )
    assert refused(run(*server, "-p", "flytesnacks", "execution", "list")) == (
        "which domain? Give -d DOMAIN"
    )


def test_a_phase_that_does_not_exist_is_refused(flytebind: Run) -> None:
    line = refused(flytebind("execution", "list", "--phase", "faild"))
    assert line == "'faild' is no phase; did you mean 'FAILED'?"
    line = refused(flytebind("execution", "list", "--phase", "xyz"))
    assert "there are" in line
    assert "timed_out" in line


def test_an_execution_that_does_not_exist(flytebind: Run) -> None:
    line = refused(flytebind("execution", "get", "nobody"))
    assert "NOT_FOUND" in line
    assert line.endswith("`flytebind execution list` shows what there is")


def test_a_filter_that_the_server_does_not_take(flytebind: Run) -> None:
    assert "INVALID_ARGUMENT" in refused(flytebind("execution", "list", "--filter", "what(a,b)"))


def test_ending_what_has_ended(flytebind: Run, failure: Scene) -> None:
    line = refused(flytebind("execution", "terminate", failure.id.name))
    assert "FAILED_PRECONDITION" in line


def test_outputs_of_what_has_none(flytebind: Run, sandbox: Sandbox, failure: Scene) -> None:
    line = refused(flytebind("execution", "outputs", failure.id.name))
    assert "has no outputs: it failed" in line
    waiting = scripted.live_gate(sandbox).id.name
    line = refused(flytebind("execution", "outputs", waiting))
    assert "is RUNNING; wait until it is done" in line


def test_without_settings_it_says_how_to_give_them(run: Run) -> None:
    line = refused(run("execution", "get", "a/b/c"))
    assert line.startswith("no server to connect to")
    assert "--endpoint HOST:PORT or --config FILE" in line


def test_an_endpoint_that_is_none(run: Run) -> None:
    line = refused(run("--endpoint", "ftp://flyte", "execution", "get", "a/b/c"))
    assert line.startswith("endpoint: 'ftp://flyte'")
    line = refused(run("--endpoint", "https://flyte", "--insecure", "execution", "get", "a/b/c"))
    assert line.startswith("insecure: does not go with the endpoint 'https://flyte'")


def test_a_file_of_settings_that_is_not_there(run: Run, tmp_path: Path) -> None:
    file = str(tmp_path / "absent.yaml")
    assert file in refused(run("--config", file, "execution", "get", "a/b/c"))


def test_settings_may_come_from_a_file(
    sandbox: Sandbox, run: Run, tmp_path: Path, dynamic: Scene
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"admin:\n  endpoint: {sandbox.endpoint}\n  insecure: true\n")
    name = f"flytesnacks/development/{dynamic.id.name}"
    assert run("--config", str(file), "execution", "get", name).code == 0


def test_options_win_over_variables(
    sandbox: Sandbox, run: Run, monkeypatch: pytest.MonkeyPatch, dynamic: Scene
) -> None:
    name = f"flytesnacks/development/{dynamic.id.name}"
    monkeypatch.setenv("FLYTE_PLATFORM_INSECURE", "true")
    monkeypatch.setenv("FLYTE_PLATFORM_URL", "ftp://nowhere")
    assert refused(run("execution", "get", name)).startswith("env FLYTE_PLATFORM_URL: ")
    assert run("--endpoint", sandbox.endpoint, "execution", "get", name).code == 0


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (grpc.StatusCode.UNAUTHENTICATED, "see how to log in under admin in the file of --config"),
        (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED"),
        (grpc.StatusCode.UNKNOWN, "UNKNOWN"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"),
    ],
)
def test_what_the_server_refuses_is_told_in_one_line(
    sandbox: Sandbox, flytebind: Run, dynamic: Scene, code: grpc.StatusCode, hint: str
) -> None:
    sandbox.faults.fail(code, method="GetExecution", times=1)
    assert hint in refused(flytebind("execution", "get", dynamic.id.name))


def test_a_server_whose_database_is_away(
    sandbox: Sandbox, flytebind: Run, dynamic: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faces, "CallPolicy", partial(CallPolicy, timeout=0.5))
    away = "unexpected error type for: dial tcp 127.0.0.1:5433: connect: connection refused"
    sandbox.faults.fail(grpc.StatusCode.INTERNAL, away, method="GetExecution")
    try:
        line = refused(flytebind("execution", "get", dynamic.id.name))
    finally:
        sandbox.faults.clear()
    assert line.endswith("; it may be back in a while")
    assert "--endpoint" not in line


def test_a_server_that_is_away(sandbox: Sandbox, flytebind: Run, dynamic: Scene) -> None:
    sandbox.faults.fail(grpc.StatusCode.UNAVAILABLE, method="GetExecution")
    try:
        line = refused(flytebind("execution", "get", dynamic.id.name))
    finally:
        sandbox.faults.clear()
    assert line.endswith("is this the right --endpoint, and is --insecure right for it?")


@pytest.mark.parametrize(
    ("module", "package", "command"),
    [
        ("grpc", "grpcio", "project list --endpoint localhost:1 --insecure"),
        ("click", "click", "config init --endpoint flyte.example --file f.yaml"),
        ("yaml", "pyyaml", "config init --endpoint flyte.example --file f.yaml"),
    ],
)
def test_without_a_package_it_says_what_to_install(
    tmp_path: Path, module: str, package: str, command: str
) -> None:
    (tmp_path / module).mkdir()
    (tmp_path / module / "__init__.py").write_text(
        f"raise ModuleNotFoundError('no {module}', name='{module}')"
    )
    done = subprocess.run(
        [*COMMAND, *command.split()],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused(Done(done.returncode, done.stdout, done.stderr)) == (
        f"{package} is not installed: pip install 'flytebind[cli]'"
    )
    assert not (tmp_path / "f.yaml").exists()


def test_a_runtime_that_does_not_fit_is_told_in_a_line() -> None:
    program = (
        "import sys; from flytebind.runtime import installed; installed.__version__ = '0.0.9'; "
        "from flytebind.cli import main; sys.exit(main(['execution', 'get', 'a/b/c']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    said = refused(Done(done.returncode, done.stdout, done.stderr))
    assert "flytebind.models was generated for flytebind-runtime" in said
    assert "0.0.9 is installed" in said


@pytest.mark.skipif(sys.platform == "win32", reason="has other shells")
def test_closed_standard_output_is_told() -> None:
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m flytebind.cli demo >&-"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused(Done(done.returncode, done.stdout, done.stderr)).startswith(
        "standard output is closed"
    )


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("executon", "list"), "Did you mean 'execution'?"),
        (("execution", "lst"), "Did you mean 'list'?"),
        (("execution", "list", "--phas", "failed"), "Did you mean '--phase'?"),
    ],
)
def test_what_is_misspelt_is_put_right_and_nothing_is_taken_for_short(
    run: Run, words: tuple[str, ...], hint: str
) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert hint in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_learns_to_complete(run: Run, shell: str) -> None:
    done = run("completion", shell)
    assert done.code == 0
    assert f"_FLYTEBIND_COMPLETE={shell}_complete" in done.out


def test_commands_and_options_are_completed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_FLYTEBIND_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_CWORD", "2")
    monkeypatch.setenv("COMP_WORDS", "flytebind execution re")
    assert run().out.split() == ["plain,relaunch", "plain,recover"]


def test_every_argument_of_a_command_is_one_of_the_function_that_it_runs() -> None:
    commands = list(COMMANDS.commands.values())
    for command in commands:
        if isinstance(command, Group):
            commands.extend(command.commands.values())
            continue
        assert isinstance(command, Command)
        module, _, function = command.run.partition(":")
        run = getattr(import_module(f"flytebind.cli.{module}"), function)
        taken = {param.name for param in command.params if param.expose_value}
        assert {*signature(run).parameters} == {"call", *taken}, command.run


@pytest.mark.skipif(sys.platform == "win32", reason="has no signals between processes")
def test_ctrl_c_ends_the_waiting_and_says_that_the_execution_goes_on(sandbox: Sandbox) -> None:
    id = scripted.live_gate(sandbox).id
    name = f"{id.project}/{id.domain}/{id.name}"
    process = subprocess.Popen(
        [*COMMAND, "--endpoint", sandbox.endpoint, "--insecure", "execution", "watch", name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    told, *commands = errors.strip().splitlines()
    assert told == "no longer waiting; the execution goes on:"
    assert [line.split() for line in commands] == [
        ["flytebind", "execution", "wait", name],
        ["flytebind", "execution", "terminate", name],
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="reports closed pipes in another way")
def test_whoever_has_seen_enough_may_close_the_pipe(sandbox: Sandbox, dynamic: Scene) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [
            *(*COMMAND, "--endpoint", sandbox.endpoint, "--insecure", "execution", "get"),
            *(f"flytesnacks/development/{dynamic.id.name}", "--json"),
        ],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_without_unicode_gets_ascii(sandbox: Sandbox, dynamic: Scene) -> None:
    done = subprocess.run(
        [
            *(*COMMAND, "--endpoint", sandbox.endpoint, "--insecure", "execution", "tree"),
            f"flytesnacks/development/{dynamic.id.name}",
        ],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0
    assert b"`-- n1" in done.stdout
