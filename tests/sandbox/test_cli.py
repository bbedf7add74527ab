"""``python -m flytebind.sandbox``, as a process."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from flytebind.models.admin.common import NamedEntityIdentifier, ResourceListRequest
from flytebind.models.admin.project import GetDomainRequest
from flytebind.sandbox._store import Store
from flytebind.sandbox.play import SCRIPTS
from flytebind.services.admin import AdminServiceClient
from tests.sandbox.play.watching import until
from tests.sandbox.support import DOMAIN, PROJECT
from tests.support.browser import get
from tests.support.children import ending_with_us

MALFORMED = "database disk image is malformed"
COMMAND = (sys.executable, "-m", "flytebind.sandbox")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=60)


@contextmanager
def serving(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, while it runs on a free port; killed at the end if it still does."""
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process, ending_with_us(process):
        try:
            yield process
        finally:
            process.kill()


def read(process: subprocess.Popen[str], key: str) -> str:
    assert process.stdout is not None
    found, _, value = process.stdout.readline().rstrip("\n").partition(" ")
    assert found == key
    return value


def stop(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> str:
    """Stop the command as it should be stopped; answers what it wrote to stderr."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0
    return errors


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_once_it_has_told_where_and_stops_cleanly(number: int) -> None:
    with serving() as process:
        with grpc.insecure_channel(read(process, "endpoint")) as channel:
            answer = AdminServiceClient(channel).get_domains(GetDomainRequest(), timeout=10)
        assert [domain.id for domain in answer.domains] == ["development", "staging", "production"]
        assert stop(process, number) == ""


def test_it_tells_where_its_console_is() -> None:
    with serving() as process:
        endpoint, console = read(process, "endpoint"), read(process, "console")
        assert console == f"http://{endpoint}/console"
        assert "There are no executions yet." in get(console).body
        stop(process)


def test_with_auth_it_tells_a_token_that_calls_need() -> None:
    with serving("--auth") as process:
        with grpc.insecure_channel(read(process, "endpoint")) as channel:
            client = AdminServiceClient(channel)
            read(process, "console")
            read(process, "client-id")
            read(process, "client-secret")
            token = read(process, "token")
            with pytest.raises(grpc.RpcError) as caught:
                client.get_domains(GetDomainRequest(), timeout=10)
            assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED
            metadata = [("authorization", f"Bearer {token}")]
            client.get_domains(GetDomainRequest(), timeout=10, metadata=metadata)
        stop(process)


def test_the_demo_plays_every_script_and_says_so(tmp_path: Path) -> None:
    arguments = ("--demo", "--speed", "100", "--db", str(tmp_path / "flyte.sqlite"))
    with serving(*arguments) as process:
        with grpc.insecure_channel(read(process, "endpoint")) as channel:
            client = AdminServiceClient(channel)
            request = ResourceListRequest(
                id=NamedEntityIdentifier(project=PROJECT, domain=DOMAIN), limit=1000
            )

            def plans() -> set[str]:
                executions = client.list_executions(request, timeout=10).executions
                return {execution.spec.launch_plan.name for execution in executions}

            until(lambda: plans() == SCRIPTS.keys())
        lines = stop(process).splitlines()
    for script in SCRIPTS:
        assert any(f" {script} " in line and line.endswith("starts") for line in lines)


def test_a_database_that_is_open_elsewhere_is_refused_in_one_line(tmp_path: Path) -> None:
    db = str(tmp_path / "flyte.sqlite")
    with serving("--db", db, "-q") as process:
        read(process, "endpoint")
        second = run("--port", "0", "--db", db)
        stop(process)
    assert_refused(second, db, "open elsewhere")


def test_a_file_that_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to be looked at" * 10)
    assert_refused(run("--port", "0", "--db", str(file)), str(file), "not a database")


def test_a_damaged_database_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "flyte.sqlite"
    Store(path).close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * 4096 + whole[8192:])
    found = run("--port", "0", "--db", str(path))
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == f"python -m flytebind.sandbox: {path}: {MALFORMED}\n"


@pytest.mark.parametrize(
    ("option", "said"),
    [("--db", "the database has no name"), ("--data", "the folder of data has no name")],
)
def test_what_has_no_name_is_refused_in_one_line(option: str, said: str) -> None:
    found = run("--port", "0", option, "")
    assert (found.returncode, found.stdout, found.stderr.count("\n")) == (2, "", 1)
    assert said in found.stderr


def test_a_port_that_is_taken_is_refused_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_refused(run("--port", port), port, "cannot listen")


@pytest.mark.parametrize(
    "arguments", [("--port", "65536"), ("--port", "http"), ("--speed", "0"), ("--speed", "fast")]
)
def test_arguments_that_make_no_sense_are_refused(arguments: Sequence[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert arguments[1] in done.stderr
    assert "Traceback" not in done.stderr


def test_the_help_has_examples_and_exit_codes() -> None:
    done = run("--help")
    assert done.returncode == 0
    assert "usage: python -m flytebind.sandbox" in done.stdout
    assert "examples:" in done.stdout
    assert "exit codes:" in done.stdout


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    for word in words:
        assert word in line
