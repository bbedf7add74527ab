"""A server is killed, terminated or frozen while runs are followed: they are, to their end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import grpc
import pytest

from flytebind.remote import CallPolicy, Config
from flytebind.remote.errors import may_pass
from flytebind.runs import AsyncFlyte2Remote, Flyte2Remote, FlyteRun, RunChange, _watching
from flytebind.v2.models.common.phase import ActionPhase
from tests.remote.conftest import Face
from tests.runs.conftest import DOMAIN, PROJECT
from tests.runs.outages import ASKED, ENDS, READY
from tests.runs.recordings import TIMELINES, head, lines
from tests.support.children import ending_with_us

OUTAGES = [name for name in TIMELINES if name.startswith("server-")]
_SECONDS = 60
_QUICK = CallPolicy(timeout=10, first_pause=0.02, longest_pause=0.1)


class Outage:
    """A server, and all who follow a run there: both faces, over both transports, by both verbs."""

    def __init__(self, name: str, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        self._name = name
        self._folder = folder
        self._log = caplog
        self._followers: dict[str, Future[tuple[FlyteRun, list[RunChange]]]] = {}
        self._processes: list[subprocess.Popen[bytes]] = []
        self.ports = [0, 0]
        """Of gRPC and of Connect."""
        self._pool = ThreadPoolExecutor(8)
        self._bound = ExitStack()

    def follow(self) -> None:
        """Serve, and have all follow the run."""
        self.begin()
        for kind in ("sync", "async"):
            for transport in ("grpc", "connect"):
                for verb in ("wait", "watch"):
                    follower = f"{verb} {kind} over {transport}"
                    self._followers[follower] = self._pool.submit(self._follow, follower)
        self.until_asked()

    def begin(self) -> None:
        """Begin to serve, on the same ports as before."""
        (self._folder / ASKED).write_bytes(b"")
        (self._folder / READY).unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.runs.outages", self._name, str(self._folder)]
        root = Path(__file__).parents[2]
        process = subprocess.Popen([*command, *map(str, self.ports)], cwd=root, close_fds=True)
        self._processes.append(process)
        self._bound.enter_context(ending_with_us(process))
        self.until((self._folder / READY).exists)
        endpoints = (self._folder / READY).read_text().split()
        self.ports = [int(each.rpartition(":")[2]) for each in endpoints]

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the server."""
        self._log.clear()
        self._processes[-1].send_signal(number)

    def kill(self) -> None:
        """Kill it; it is gone then."""
        self.send(signal.SIGKILL)
        self._processes[-1].wait()

    def until_asked(self) -> None:
        """Wait until all of them watch."""
        self.until(lambda: (self._folder / ASKED).stat().st_size >= len(self._followers))

    def noticed(self, words: str) -> set[str]:
        """Who has said something in the log since the last signal."""
        names = self._followers
        return {
            name
            for record in list(self._log.records)
            if words in record.getMessage()
            for name in names
            if record.threadName == name
        }

    def until_noticed(self, words: str) -> None:
        """Wait until all of them have said it."""
        self.until(lambda: len(self.noticed(words)) == len(self._followers))

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so."""
        end = time.monotonic() + _SECONDS
        while not true():
            assert all(each.poll() in (None, -signal.SIGKILL) for each in self._processes)
            for name, each in self._followers.items():
                assert not each.done(), f"{name}: {each.exception()}"
            assert time.monotonic() < end, self._log.text
            time.sleep(0.01)

    def let_it_end(self) -> None:
        """Let the run come to its end."""
        (self._folder / ENDS).touch()

    def check(self) -> None:
        """See that all of them have followed the run to its end."""
        for name, follower in self._followers.items():
            run, changes = follower.result(_SECONDS)
            assert run.phase is ActionPhase.SUCCEEDED, name
            assert [each.is_done for each in run.actions.values()] == [True], name
            told = [change.phase for change in changes]
            if name.startswith("watch"):
                assert told == [ActionPhase.RUNNING, ActionPhase.SUCCEEDED], name

    def close(self) -> None:
        """End all."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._bound.close()
        self._pool.shutdown()

    def _follow(self, name: str) -> tuple[FlyteRun, list[RunChange]]:
        threading.current_thread().name = name
        verb, kind, _, transport = name.split()
        config = Config(f"127.0.0.1:{self.ports[0]}", insecure=True)
        if transport == "connect":
            config = Config(f"127.0.0.1:{self.ports[1]}", insecure=True, transport="connect")
        make = Flyte2Remote if kind == "sync" else AsyncFlyte2Remote
        face = Face(make(config, PROJECT, DOMAIN, policy=_QUICK))
        try:
            run = face.fetch_run(head("timelines", self._name)["run"])
            assert run.phase is ActionPhase.RUNNING
            if verb == "watch":
                return run, face.watch(run, _SECONDS)
            return face.wait(run, _SECONDS), []
        finally:
            face.close()


@pytest.fixture
def outage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Outage]:
    """One in which all watch the run already."""
    caplog.set_level("INFO", "flytebind.remote")
    monkeypatch.setattr(_watching, "_LONGEST", 0.2)
    if request.param == "server-stop":
        monkeypatch.setattr(_watching, "STREAM", 0.5)
    outage = Outage(request.param, tmp_path, caplog)
    try:
        outage.follow()
        yield outage
    finally:
        outage.close()


@pytest.mark.parametrize("outage", ["server-kill9"], indirect=True)
def test_a_server_that_is_killed_and_started_again_is_watched_again(outage: Outage) -> None:
    outage.kill()
    outage.until_noticed("no answer, asking again")
    outage.begin()
    outage.until_asked()
    outage.let_it_end()
    outage.check()


@pytest.mark.parametrize("outage", ["server-term"], indirect=True)
def test_a_server_that_is_terminated_serves_streams_to_their_end_and_then_its_heir_does(
    outage: Outage,
) -> None:
    outage.send(signal.SIGTERM)
    outage.until(lambda: not any(map(_is_open, outage.ports)))
    assert not outage.noticed("no answer")
    outage.let_it_end()
    outage.until_noticed("no answer, asking again")
    outage.kill()
    outage.begin()
    outage.check()


@pytest.mark.parametrize("outage", ["server-stop"], indirect=True)
def test_a_server_that_is_frozen_is_asked_through_new_connections(outage: Outage) -> None:
    outage.send(signal.SIGSTOP)
    outage.until_noticed("no answer, making a new connection")
    outage.send(signal.SIGCONT)
    outage.let_it_end()
    outage.check()


def _is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("name", OUTAGES)
def test_what_calls_end_with_while_a_server_goes_away_is_no_reason_to_give_up(name: str) -> None:
    codes = [
        (grpc.StatusCode[row["code"]], row.get("details", ""))
        for row in lines("timelines", name)
        if row.get("code", "OK") != "OK"
    ]
    assert codes
    for code, details in codes:
        assert code is grpc.StatusCode.DEADLINE_EXCEEDED or may_pass(code, details), details
