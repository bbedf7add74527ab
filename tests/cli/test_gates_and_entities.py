"""``flytebind signal``, and what shows entities, projects and settings."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.sandbox import Sandbox
from tests.cli.conftest import Done, Run
from tests.remote.scenes.scene import Scene


def test_a_gate_is_seen_and_gets_its_value(
    flytebind: Run, gate: WorkflowExecutionIdentifier
) -> None:
    listed = flytebind("signal", "list", gate.name)
    assert [line.split() for line in listed.out.splitlines()] == [
        ["NAME", "TYPE", "VALUE"],
        ["number", "int", "(waits)"],
    ]
    refused = flytebind("signal", "set", gate.name, "number", "many")
    assert refused == Done(2, "", "flytebind: VALUE: 'many' is not a whole number\n")
    assert flytebind("signal", "set", gate.name, "number", "4", "-q") == Done(0, "", "")
    # The next gate may wait by now.
    first, *_ = flytebind("signal", "list", gate.name, "--json").json
    assert first["id"]["signalId"] == "number"
    assert first["value"]["scalar"]["primitive"] == {"integer": "4"}
    for verb in (("set", "4"), ("approve",), ("reject",)):
        unknown = flytebind("signal", verb[0], gate.name, "nmber", *verb[1:])
        assert "waits for no signal 'nmber'; did you mean 'number'?" in unknown.err


def test_a_launch_plan_shows_its_inputs_with_defaults(flytebind: Run, dynamic: Scene) -> None:
    plan = flytebind("execution", "get", dynamic.id.name, "--json").json["spec"]["launchPlan"]
    done = flytebind("launch-plan", "get", plan["name"])
    assert done.code == 0
    assert any(line.startswith("input width") and "int" in line for line in done.out.splitlines())
    missing = flytebind("workflow", "get", "no.such")
    assert missing.code == 2


def test_projects_and_domains_are_listed(flytebind: Run) -> None:
    assert "flytesnacks" in flytebind("project", "list", "-o", "name").out.splitlines()
    assert "development" in flytebind("project", "domains", "-o", "name").out.splitlines()


def test_an_empty_list_of_a_place_that_is_not_there_says_so(run: Run, sandbox: Sandbox) -> None:
    place = ("--endpoint", sandbox.endpoint, "--insecure")
    done = run(*place, "execution", "list", "-p", "flytesnack", "-d", "development")
    assert (done.code, done.out) == (2, "")
    assert "no project 'flytesnack'; did you mean 'flytesnacks'?" in done.err
    done = run(*place, "execution", "list", "-p", "flytesnacks", "-d", "dev")
    assert "has no domain 'dev'" in done.err


def test_a_list_that_goes_on_says_so(flytebind: Run, dynamic: Scene, failure: Scene) -> None:
    done = flytebind("execution", "list", "--limit", "1")
    assert len(done.out.splitlines()) == 2
    assert done.err == "there are more than these 1: see --limit\n"


def test_columns_are_chosen(flytebind: Run, dynamic: Scene) -> None:
    done = flytebind("execution", "list", "--limit", "1", "--columns", "phase,launch-plan")
    assert done.out.splitlines()[0].split() == ["PHASE", "LAUNCH", "PLAN"]
    done = flytebind("execution", "list", "--columns", "phas")
    assert "there is no column 'phas'; did you mean 'phase'?" in done.err


def test_yaml_and_names_are_for_programs(flytebind: Run, dynamic: Scene) -> None:
    document = yaml.safe_load(flytebind("execution", "get", dynamic.id.name, "-o", "yaml").out)
    assert document["id"]["name"] == dynamic.id.name
    done = flytebind("execution", "get", dynamic.id.name, "-o", "name")
    assert done.out == f"flytesnacks/development/{dynamic.id.name}\n"


def test_a_token_of_the_environment_is_used_and_calls_are_logged_without_it(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox(auth=True) as sandbox:
        assert sandbox.tokens is not None
        token = sandbox.tokens.issue_token("somebody")
        place = ("--endpoint", sandbox.endpoint, "--insecure")
        assert run(*place, "login").code == 2
        monkeypatch.setenv("FLYTEBIND_TOKEN", token)
        done = run(*place, "login", "-v")
    assert done.out.endswith("answers; authenticated by the token in FLYTEBIND_TOKEN\n")
    assert "DEBUG GetDomains: OK" in done.err
    assert token not in done.err


def test_settings_are_shown_with_where_they_come_from(flytebind: Run, sandbox: Sandbox) -> None:
    done = flytebind("config", "show")
    (line,) = (line for line in done.out.splitlines() if line.startswith("endpoint"))
    assert line.split() == ["endpoint", sandbox.endpoint, "argument"]


def test_a_first_file_of_settings_is_written_once(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "new" / "config.yaml"
    arguments = ("config", "init", "--endpoint", "flyte.example", "-p", "p", "--file", str(file))
    assert run(*arguments) == Done(0, "", f"wrote {file}\n")
    assert yaml.safe_load(file.read_text()) == {
        "admin": {"endpoint": "flyte.example", "insecure": False, "authType": "Pkce"},
        "root": {"project": "p"},
    }
    assert "is there already" in run(*arguments).err
    assert run(*arguments, "--force", "-q") == Done(0, "", "")
    assert "flyte.example" in run("config", "show", "--config", str(file)).out


def test_the_demo_refuses_a_server(run: Run) -> None:
    done = run("--endpoint", "flyte.example", "demo")
    assert done.err == "flytebind: the demo brings a server of its own: leave out --endpoint\n"
