"""Ctrl-C while a token is awaited, in processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.remote.auth.identity import SILENCE, IdentityProvider, NamingServer
from tests.remote.auth.people import Browser
from tests.remote.auth.programs import Program
from tests.remote.auth.waiting import eventually

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to a process here")

# How many seconds a loaded machine may take for what takes less than one.
_SOON = 10.0

# None of them closes the remote, as few people do.
_FACES = {
    "script": "print(FlyteRemote(config).list_projects())",
    "asyncio": """
async def main():
    print(await AsyncFlyteRemote(config).list_projects())

asyncio.run(main())
""",
    # What a notebook does: a cell ends with the error, and the next one runs in the same process.
    "notebook": """
cells = code.InteractiveInterpreter({"FlyteRemote": FlyteRemote, "config": config})
cells.runsource("remote = FlyteRemote(config)")
cells.runsource("remote.list_projects()")
print("the next cell", flush=True)
cells.runsource("print(len(remote.list_projects()))")
""",
}


@pytest.fixture
def start(flyte: NamingServer, home: Path) -> Iterator[Callable[..., Program]]:
    programs: list[Program] = []

    def start(code: str, mode: str) -> Program:
        programs.append(Program(code, home, flyte.endpoint, mode))
        return programs[-1]

    yield start
    for program in programs:
        program.kill()


def address(program: Program) -> str:
    """Where the person is told to log in, as soon as that has been said."""
    prefix = "To log in to Flyte, open "
    found: list[str] = []

    def has_told() -> bool:
        found[:] = [line.removeprefix(prefix) for line in program.errors if prefix in line]
        return bool(found) or program.process.poll() is not None

    eventually(has_told)
    assert found, program.errors
    return found[-1]


def redirect_to_a_port(provider: IdentityProvider) -> int:
    """Has browsers sent to one port always, as real servers do."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    provider.redirect_uri = f"http://localhost:{port}/callback"
    return port


@pytest.mark.parametrize("face", ["script", "asyncio"])
@pytest.mark.parametrize("mode", ["Pkce", "DeviceFlow", "ClientSecret", "ExternalCommand"])
def test_ctrl_c_ends_a_program_that_waits_for_a_token(
    start: Callable[..., Program], provider: IdentityProvider, face: str, mode: str
) -> None:
    redirect_to_a_port(provider)
    sleep = f"command=({sys.executable!r}, '-c', 'import time; time.sleep(600)')"
    extra = {
        "ClientSecret": "client_id='me', client_secret='hush'",
        "ExternalCommand": sleep,
    }.get(mode, "")
    provider.failures["client_credentials"] = [SILENCE]
    settings = f"config = __import__('dataclasses').replace(config, {extra})\n" if extra else ""
    said = "print('begins', file=sys.stderr, flush=True)\n"
    program = start(settings + said + _FACES[face], mode)
    if mode == "ClientSecret":
        eventually(lambda: provider.grants() == ["client_credentials"])
    elif mode == "ExternalCommand":
        eventually(lambda: program.errors != [])
    else:
        address(program)
    program.process.send_signal(signal.SIGINT)
    program.finish(_SOON)
    assert program.process.returncode in (-signal.SIGINT, 128 + signal.SIGINT, 1)
    assert program.errors[-1] == "KeyboardInterrupt"


@pytest.mark.parametrize("mode", ["Pkce", "DeviceFlow"])
def test_in_a_notebook_ctrl_c_ends_the_login_and_the_next_cell_can_log_in(
    start: Callable[..., Program], provider: IdentityProvider, mode: str
) -> None:
    port = redirect_to_a_port(provider)
    provider.device = {"interval": 0.1}
    provider.device_answers = ["authorization_pending"] * 1000
    program = start(_FACES["notebook"], mode)
    first = address(program)
    program.process.send_signal(signal.SIGINT)
    eventually(lambda: address(program) != first or len(prompts(program)) == 2)
    assert "KeyboardInterrupt" in program.errors
    if mode == "Pkce":
        assert f"localhost%3A{port}" in first
        Browser().visit(address(program))
    else:
        provider.device_answers.clear()
    assert program.finish(30).split() == ["the", "next", "cell", "0"]
    assert provider.logins == 1


def prompts(program: Program) -> list[str]:
    return [line for line in program.errors if "To log in" in line]


def test_a_login_of_another_program_is_waited_for_and_shared(
    start: Callable[..., Program], provider: IdentityProvider
) -> None:
    redirect_to_a_port(provider)
    first = start(_FACES["script"], "Pkce")
    url = address(first)
    second = start(_FACES["script"], "Pkce")
    waiting = "Waiting for another program that is logging in to Flyte"
    eventually(lambda: waiting in second.errors)
    assert Browser().visit(url).status == 200
    assert [program.finish(30).strip() for program in (first, second)] == ["[]", "[]"]
    assert provider.logins == 1
    assert second.errors == [waiting]
