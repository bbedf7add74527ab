"""What the remote writes into the log, and what it never does."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import grpc
import pytest

from flytebind.remote import AsyncFlyteRemote, CallPolicy, FlyteError, FlyteRemote
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, Face, config, open_face
from tests.remote.scenes import scripted
from tests.remote.scenes.cluster import Cluster
from tests.remote.scenes.entities import steps

QUICK = CallPolicy(timeout=20, first_pause=0.01, longest_pause=0.05)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Face]:
    with open_face(request.param, sandbox, policy=QUICK) as face:
        yield face


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "flytebind.remote")
    return caplog


def lines(log: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [
        re.sub(r"[0-9.e-]+ s", "N s", record.getMessage())
        for record in log.records
        if record.levelno == level and record.name.startswith("flytebind.remote")
    ]


def test_each_attempt_is_logged_with_its_subject_its_end_and_its_time(
    sandbox: Sandbox, face: Face, log: pytest.LogCaptureFixture
) -> None:
    sandbox.faults.fail(method="GetExecution", times=2)
    with pytest.raises(FlyteError):
        face.fetch_execution("f7a9c2")
    call = f"GetExecution of {PROJECT}/{DOMAIN}/f7a9c2"
    assert lines(log, logging.DEBUG) == [
        f"{call}: UNAVAILABLE, N s, attempt 1",
        f"{call}: UNAVAILABLE, N s, attempt 2",
        f"{call}: NOT_FOUND, N s, attempt 3",
    ]
    assert lines(log, logging.INFO) == [f"{call}: UNAVAILABLE, trying again in N s"] * 2
    log.clear()
    face.list_projects()
    assert lines(log, logging.DEBUG) == ["ListProjects: OK, N s, attempt 1"]


def test_a_call_that_is_given_up_is_logged(
    sandbox: Sandbox, face: Face, log: pytest.LogCaptureFixture
) -> None:
    with Cluster(sandbox) as cluster:
        name = cluster.launch(steps, x=1).begin().id.name
    execution = face.fetch_execution(name)
    sandbox.faults.latency(60)
    log.clear()
    with pytest.raises(FlyteError):
        face.wait(execution, timeout=0.3)
    call = f"GetExecution of {PROJECT}/{DOMAIN}/{name}"
    assert lines(log, logging.DEBUG) == [f"{call}: given up, N s, attempt 1"]


def test_a_wait_tells_what_it_sees(
    sandbox: Sandbox, face: Face, log: pytest.LogCaptureFixture
) -> None:
    with Cluster(sandbox) as cluster:
        tale = cluster.launch(steps, x=1)
        execution = face.fetch_execution(tale.id.name)
        tale.begin().succeed(o0=3)
    face.wait(execution)
    label = f"execution {PROJECT}/{DOMAIN}/{tale.id.name}"
    assert lines(log, logging.INFO) == [
        f"{label} is UNDEFINED: waiting",
        f"{label} is SUCCEEDED",
        f"{label} is SUCCEEDED: all of it is here",
    ]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_no_secret_is_logged(kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not by others on our behalf, either: whoever makes our HTTP requests may log their links."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("flytebind.sandbox").setLevel(logging.WARNING)
    file = tmp_path / "a.txt"
    file.write_text("hello")
    with Sandbox(auth=True) as sandbox:
        tokens = sandbox.tokens
        assert tokens is not None
        name = scripted.played(sandbox, "chain").id.name
        issued = [tokens.issue_token("ada")]
        tokens.revoke(issued[0])

        def token() -> str:
            issued.append(tokens.issue_token("ada"))
            return issued[-1]

        make = FlyteRemote if kind == "sync" else AsyncFlyteRemote
        remote = make(config(sandbox), PROJECT, DOMAIN, token=token, policy=QUICK)
        with closing(Face(remote)) as face:
            sandbox.faults.fail(grpc.StatusCode.INTERNAL, times=2, method="Get*")
            face.wait(face.fetch_execution(name), timeout=60)
            uri = face.upload(file)
            face.download(uri, tmp_path / "b.txt")
    assert (tmp_path / "b.txt").read_text() == "hello"
    assert "CreateDownloadLocation" in caplog.text
    requests = "\n".join(line for line in lines(caplog, logging.DEBUG) if "://" in line)
    assert re.search(r"^GET http://127.0.0.1:\d+/\S+: 200, N s$", requests, re.MULTILINE)
    for secret in (*issued, "Bearer", "authorization"):
        assert secret not in caplog.text
    assert not re.search(r"\?[\w-]+=", caplog.text), "the query of a link has its signature"
