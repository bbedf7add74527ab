"""Four processes on one keyring, with tokens that live for eight seconds."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path

import pytest

from tests.remote.auth.identity import SILENCE, IdentityProvider, NamingServer
from tests.remote.auth.people import Browser
from tests.remote.auth.programs import Program
from tests.remote.auth.waiting import eventually

_PROCESSES = 4
_LIFETIME = 8
_MARGIN = 0.8
_SECONDS = float(os.environ.get("FLYTEBIND_LOGIN_SECONDS", "14"))

# Two remotes in each, with a thread each, as programs have them that serve requests.
_WORKER = """
seconds = float(os.environ["SECONDS"])
calls, slowest, failures = [], [], []

def work():
    remote = FlyteRemote(config)
    remote.list_projects()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            remote.list_projects()
            calls.append(1)
        except Exception as error:
            failures.append(str(error))
        slowest.append(time.monotonic() - begun)
        time.sleep(0.05)

threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
import json
print(json.dumps({"calls": len(calls), "slowest": max(slowest), "failures": failures}))
"""


def test_four_processes_that_share_a_keyring_need_one_login_and_lose_nothing(
    flyte: NamingServer, provider: IdentityProvider, home: Path
) -> None:
    provider.lifetime = _LIFETIME
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        provider.redirect_uri = f"http://localhost:{probe.getsockname()[1]}/callback"
    programs = [
        Program(
            _WORKER,
            home,
            flyte.endpoint,
            "Pkce",
            at_most=int(_SECONDS) + 90,
            SECONDS=str(_SECONDS),
        )
        for _ in range(_PROCESSES)
    ]
    try:
        eventually(lambda: prompts(programs) != [])
        assert Browser().visit(prompts(programs)[0]).status == 200
        told = [json.loads(program.finish(_SECONDS + 60)) for program in programs]
    finally:
        for program in programs:
            program.kill()
    grants = provider.grants()
    print(told, len(grants))  # for those who run it for longer, with -s
    assert [each["failures"] for each in told] == [[]] * _PROCESSES
    assert all(each["calls"] > _SECONDS for each in told)
    assert len(prompts(programs)) == provider.logins == 1
    assert grants[0] == "authorization_code"
    assert set(grants[1:]) == {"refresh_token"}
    assert provider.reuses == 0
    assert 1 <= len(grants) - 1 <= _SECONDS / (_LIFETIME * _MARGIN) + 2


_ENDING = """
remote = FlyteRemote(config)
remote.list_projects()
time.sleep(1.7)
remote.list_projects()  # begins a refresh, which takes longer than what is left of the program
"""


def test_a_program_that_ends_during_a_refresh_keeps_the_new_token(
    flyte: NamingServer, provider: IdentityProvider, home: Path
) -> None:
    provider.lifetime = 2
    provider.device = {"interval": 0.1}
    provider.slow["refresh_token"] = 0.5
    program = Program(_ENDING, home, flyte.endpoint, "DeviceFlow")
    try:
        program.finish(30)
    finally:
        program.kill()
    assert provider.grants() == ["device_code", "refresh_token"]
    assert "refresh-2" in (home / "ring.json").read_text()


_INTERRUPTED = """
remote = FlyteRemote(config)
remote.list_projects()
print("logged in", file=sys.stderr, flush=True)
while True:
    remote.list_projects()
"""


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to a process here")
def test_a_refresh_without_an_answer_holds_no_program_for_long(
    flyte: NamingServer, provider: IdentityProvider, home: Path
) -> None:
    provider.device = {"interval": 0.1}
    provider.failures["refresh_token"] = [SILENCE]
    program = Program(_INTERRUPTED, home, flyte.endpoint, "DeviceFlow")
    try:
        eventually(lambda: "logged in" in program.errors)
        provider.revoke_access()
        eventually(lambda: "refresh_token" in provider.grants())
        program.process.send_signal(signal.SIGINT)
        program.finish(15)  # three seconds, and what a loaded machine adds; the answer has thirty
    finally:
        program.kill()
    assert program.errors[-1] == "KeyboardInterrupt"


def prompts(programs: list[Program]) -> list[str]:
    """Where people were asked to log in."""
    prefix = "To log in to Flyte, open "
    return [
        line.removeprefix(prefix)
        for program in programs
        for line in list(program.errors)
        if line.startswith(prefix)
    ]
