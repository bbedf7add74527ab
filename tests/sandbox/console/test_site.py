"""The console, as who asks over HTTP meets it."""

from __future__ import annotations

import base64
import http.client
import math
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import pytest

from flytebind.models.core.identifier import NodeExecutionIdentifier, ResourceType
from flytebind.remote import Config, FlyteRemote
from flytebind.sandbox import Sandbox
from flytebind.services.admin import AdminServiceClient
from tests.sandbox import runs
from tests.sandbox.console import hostile
from tests.sandbox.support import DOMAIN, PROJECT

LIST = f"/console/projects/{PROJECT}/domains/{DOMAIN}"


class Page(NamedTuple):
    status: int
    headers: Mapping[str, str]
    text: str


def ask(
    sandbox: Sandbox, path: str, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> Page:
    connection = http.client.HTTPConnection(urlsplit(sandbox.console_url).netloc, timeout=20)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Page(answer.status, dict(answer.getheaders()), answer.read().decode())
    finally:
        connection.close()


@pytest.mark.parametrize("relay", [True, False])
def test_links_that_a_remote_prints_lead_to_pages(relay: bool) -> None:
    with Sandbox(relay=relay) as sandbox:
        engine = sandbox.engine(math.inf)
        id = engine.launch("failure")
        assert engine.wait_idle(60)
        config = Config(
            sandbox.endpoint,
            insecure=True,
            # Whoever has a relay need not be told.
            console_endpoint=None if relay else sandbox.console_url.removesuffix("/console"),
        )
        with FlyteRemote(config) as remote:
            execution = remote.fetch_execution(id.name, project=id.project, domain=id.domain)
            execution.sync(sync_nodes=True)
            node = execution.node_executions["n2"]
            (attempt,) = node.task_executions
            for entity in (
                execution,
                node,
                attempt,
                NodeExecutionIdentifier("n2", execution.id),
                execution.spec.launch_plan,
                execution.flyte_workflow.id,
                attempt.id.task_id,
            ):
                url = remote.generate_console_url(entity)
                assert url.startswith(sandbox.console_url)
                assert ask(sandbox, urlsplit(url).path).status == 200, url
            for log in attempt.closure.logs:
                answer = ask(sandbox, urlsplit(log.uri).path)
                assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
                assert "attempt 1 at play.validate v1" in answer.text
                assert "the column 'age' holds text in 3 of them" in answer.text


def test_a_list_has_the_newest_first_and_goes_on_over_pages(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    runs.register(client)
    for number in range(26):
        runs.create(client, f"run-{number}")
    runs.create(client, "other", domain="staging")
    first = ask(sandbox, LIST).text
    assert first.index(">run-25<") < first.index(">run-24<") < first.index(">run-1<")
    assert ">run-0<" not in first
    assert ">other<" not in first
    assert f'href="{sandbox.console_url.removesuffix("/console")}{LIST}/executions?page=2"' in first
    second = ask(sandbox, f"{LIST}/executions?page=2").text
    assert ">run-0<" in second
    assert ">run-1<" not in second
    everywhere = ask(sandbox, "/console").text
    assert ">other<" in everywhere
    assert "staging" in everywhere
    assert "no more executions" in ask(sandbox, f"{LIST}?page=99").text
    for bad in ("0", "-1", "x", "9" * 10):
        assert ask(sandbox, f"{LIST}?page={bad}").status == 400


def test_what_is_not_there_is_said_in_words(sandbox: Sandbox, client: AdminServiceClient) -> None:
    runs.register(client)
    runs.create(client)
    name = "<b>nosuch</b>"
    for path in (
        "/console/nosuch",
        f"{LIST}/executions/{quote(name)}",
        f"{LIST}/executions/run/nodeId/{quote(name)}/nodes",
        f"{LIST}/workflow/{quote(name)}/version/1",
        f"/logs/{PROJECT}/{DOMAIN}/run/{quote(name)}/0",
        "/logs/nosuch",
    ):
        answer = ask(sandbox, path)
        assert answer.status == 404
        assert "There is no" in answer.text or "nosuch" in answer.text
        assert name not in answer.text
        assert f'href="{sandbox.console_url}"' in answer.text  # there is a way back
    assert ask(sandbox, "/").headers["Location"] == "/console"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:1", "[::1]:8", "192.0.2.7", "a.localhost"]
)
def test_it_answers_by_addresses_and_by_names_of_this_machine(sandbox: Sandbox, host: str) -> None:
    answer = ask(sandbox, "/console", {"Host": host})
    assert answer.status == 200
    assert f'href="http://{host}/console"' in answer.text  # and leads on by the same


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "localhost/x", ""]
)
def test_a_name_that_others_may_lead_here_is_refused(sandbox: Sandbox, host: str) -> None:
    assert ask(sandbox, "/console", {"Host": host}).status == 421


def test_pages_can_only_be_read(sandbox: Sandbox) -> None:
    for method in ("POST", "PUT"):
        answer = ask(sandbox, "/console", method=method)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    head, page = ask(sandbox, "/console", method="HEAD"), ask(sandbox, "/console")
    assert (head.status, head.text) == (200, "")
    assert head.headers["Content-Length"] == str(len(page.text.encode()))


def test_a_page_runs_nothing_but_its_own_and_asks_nobody_else(sandbox: Sandbox) -> None:
    for path in ("/console", "/console/nosuch", "/"):
        headers = ask(sandbox, path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'sha256-" in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_with_authentication_pages_want_the_clients_id_and_secret() -> None:
    def basic(pair: str) -> dict[str, str]:
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    with Sandbox(auth=True) as sandbox:
        for headers in ({}, basic("flytebind:guess"), {"Authorization": "Basic é"}):
            answer = ask(sandbox, "/console", headers)
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"].startswith("Basic ")
        assert ask(sandbox, "/console", basic("flytebind:secret")).status == 200


def test_hostile_names_and_errors_stay_text(sandbox: Sandbox, client: AdminServiceClient) -> None:
    id = hostile.tell(client)
    plan = quote(hostile.TEXT, safe="")
    for path in (
        "/console",
        f"{LIST}/executions/{id.name}",
        f"{LIST}/executions/{id.name}/nodeId/{plan}/nodes",
        f"{LIST}/launch_plan/{plan}/version/v1",
    ):
        text = ask(sandbox, path).text
        assert "&lt;img src=x onerror=hurt&gt;" in text
        for part in ("<img", "<script>document.title", "'javascript:", '"javascript:', "\x1b"):
            assert part not in text, path
    log = ask(sandbox, f"/logs/{PROJECT}/{DOMAIN}/{id.name}/n0/0")
    assert log.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert hostile.TEXT in log.text


def test_what_says_nothing_keeps_nobody_from_stopping() -> None:
    sandbox = Sandbox()
    host, port = sandbox.endpoint.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as silent:
        sandbox.stop()
        with suppress(ConnectionResetError):  # nobody had taken it yet
            assert silent.recv(1) == b""


def test_a_single_task_has_its_executions_listed(
    sandbox: Sandbox, client: AdminServiceClient
) -> None:
    runs.register(client)
    runs.create(client, "alone", launch_plan=runs.TASK)
    runs.create(client, "other")
    for id, names in ((runs.TASK, {"alone"}), (runs.LAUNCH_PLAN, {"other"})):
        kind = ResourceType(id.resource_type).name.lower()
        text = ask(sandbox, f"{LIST}/{kind}/{id.name}/version/{id.version}").text
        assert {name for name in ("alone", "other") if f">{name}<" in text} == names
