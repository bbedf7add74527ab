"""``flytebind task``, ``workflow``, ``launch-plan``, ``project`` and ``whoami``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flytebind.models.admin.task import TaskSpec
from flytebind.sandbox import Sandbox
from tests.cli.conftest import Done, Run
from tests.real.recordings import FOLDER
from tests.remote.registering import register_two_versions

PACKAGE = FOLDER / "packages" / "flows.tgz"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        register_two_versions(sandbox)
        yield sandbox


def table(done: Done) -> list[list[str]]:
    """The cells of a table, without times."""
    return [line.split() for line in done.out.splitlines()]


@pytest.mark.parametrize(
    ("kind", "names"),
    [("task", ["a", "b"]), ("workflow", ["other", "wf"]), ("launch-plan", ["nightly", "plan"])],
)
def test_each_is_listed_once_and_all_versions_when_asked(
    flytebind: Run, kind: str, names: list[str]
) -> None:
    columns = ("--columns", "name,version")
    head = ["NAME", "VERSION"]
    first, second = names
    assert table(flytebind(kind, "list", *columns)) == [head, [first, "v2"], [second, "v2"]]
    assert table(flytebind(kind, "list", first, *columns)) == [head, [first, "v2"], [first, "v1"]]
    assert len(table(flytebind(kind, "list", "--versions"))) == 5
    by_version = flytebind(kind, "list", "--sort=-version", "-o", "name").out.splitlines()
    assert [line[-2:] for line in by_version] == ["v2", "v2", "v1", "v1"]
    filtered = flytebind(kind, "list", "--filter", "eq(version,v1)", *columns)
    assert table(filtered) == [head, [first, "v1"], [second, "v1"]]
    cut = flytebind(kind, "list", "--limit", "1")
    assert cut.err == "there are more than these 1: see --limit\n"
    documents = flytebind(kind, "list", "--json").json
    assert len(documents) == 2
    none = flytebind(kind, "list", "--filter", "eq(version,v9)")
    assert none == Done(0, "", "there are none\n")


def test_what_is_not_there_is_told_with_what_may_be_meant(flytebind: Run, run: Run) -> None:
    assert flytebind("launch-plan", "get", "nightl").err == (
        "flytebind: flytesnacks/development has no launch plan 'nightl'; did you mean 'nightly'?\n"
    )
    assert "has no task 'nobody'; `flytebind task list` shows" in (
        flytebind("task", "list", "nobody").err
    )
    assert "`flytebind task list a` shows its versions" in (
        flytebind("task", "get", "a", "--version", "v9").err
    )
    elsewhere = flytebind("task", "get", "a", "-p", "flytesnack")
    assert "there is no project 'flytesnack'; did you mean 'flytesnacks'?" in elsewhere.err
    assert "did you mean 'about'?" in flytebind("workflow", "list", "--columns", "abut").err
    for done in (elsewhere, flytebind("task", "list", "nobody")):
        assert (done.code, done.out) == (2, "")


def test_one_is_shown_as_a_card_by_name_or_by_what_a_list_prints(flytebind: Run) -> None:
    first, *_ = flytebind("launch-plan", "list", "-o", "name").out.splitlines()
    assert first == "flytesnacks/development/nightly/v2"
    shown = flytebind("launch-plan", "get", first)
    assert shown == flytebind("launch-plan", "get", "nightly")
    assert shown.out.startswith(f"launch plan   {first}\nworkflow      ")
    assert "schedule      every 3 hours\n" in shown.out
    assert "input rows    int = 3\n" in shown.out
    both = flytebind("launch-plan", "get", first, "--version", "v1")
    assert both.err == "flytebind: which version: 'v2' or 'v1'?\n"
    assert flytebind("task", "get", "a", "--json").json["type"] == "python-task"


def test_a_page_is_opened(flytebind: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def note(url: str) -> bool:
        opened.append(url)
        return True

    monkeypatch.setattr("webbrowser.open", note)
    assert flytebind("task", "get", "a", "--web") == Done(0, "", "")
    assert opened[0].endswith("/projects/flytesnacks/domains/development/task/a/version/v2")


def test_a_launch_plan_is_made_active_and_inactive(flytebind: Run) -> None:
    name = "flytesnacks/development/nightly/v"
    done = flytebind("launch-plan", "activate", "nightly", "--version", "v1")
    assert done == Done(0, f"{name}1 is active, every 3 hours\n", "")
    assert flytebind("launch-plan", "activate", "nightly", "-o", "name").out == f"{name}2\n"
    active = flytebind("launch-plan", "list", "--active", "-o", "name")
    assert active.out == f"{name}2\n"
    assert f"{name}2\n" in flytebind("launch-plan", "get", "nightly", "--active").out
    ended = flytebind("launch-plan", "deactivate", "nightly")
    assert ended == Done(0, f"{name}2 is inactive\n", "")
    again = flytebind("launch-plan", "deactivate", "nightly")
    assert again.code == 2
    assert "no active version; `flytebind launch-plan list nightly` shows" in again.err
    assert flytebind("launch-plan", "activate", "nightly", "-q") == Done(0, "", "")
    assert flytebind("launch-plan", "deactivate", f"{name}2", "--json").json["id"]


def test_a_project_is_shown_with_its_domains(flytebind: Run) -> None:
    done = flytebind("project", "get", "flytesnacks")
    assert "domains       development, staging, production\n" in done.out
    assert flytebind("project", "get", "flytesnacks", "--json").json["id"] == "flytesnacks"
    listed = flytebind("project", "list", "--columns", "id,domains")
    assert table(listed)[1][0] == "flytesnacks"
    missing = flytebind("project", "get", "flytesnack")
    assert missing.err.endswith("no project 'flytesnack'; did you mean 'flytesnacks'?\n")


def test_who_somebody_is_is_what_the_server_says(
    flytebind: Run, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nobody: this server asks for no login" in flytebind("whoami").out
    assert flytebind("whoami", "-o", "name") == Done(0, "", "")
    with Sandbox(auth=True) as sandbox:
        assert sandbox.tokens is not None
        monkeypatch.setenv("FLYTEBIND_TOKEN", sandbox.tokens.issue_token("ada"))
        place = ("--endpoint", sandbox.endpoint, "--insecure")
        assert "subject       ada\n" in run(*place, "whoami").out
        assert run(*place, "whoami", "-o", "name").out == "ada\n"
        monkeypatch.setenv("FLYTEBIND_TOKEN", "made up")
        assert run(*place, "whoami").code == 2


def test_a_package_is_registered_line_by_line_and_summed_up(flytebind: Run) -> None:
    arguments = ("register", str(PACKAGE), "--version")
    planned = flytebind(*arguments, "cli", "--dry-run")
    lines = planned.out.splitlines()
    assert lines[0] == "new        task         flytesnacks/development/flows.add/cli"
    assert lines[-2].startswith("code       file://")
    assert lines[-1] == ("32 tasks, 32 workflows, 38 launch plans: 102 would be new, 0 unchanged")
    document = flytebind(*arguments, "cli", "--json").json
    assert (len(document["new"]), document["unchanged"], document["dryRun"]) == (102, [], False)
    assert flytebind(*arguments, "cli", "-q") == Done(0, "", "")
    assert flytebind(*arguments, "cli", "-o", "name").out == ""  # nothing is new
    assert len(flytebind(*arguments, "cli2", "-o", "name").out.splitlines()) == 102
    assert "flows.add has no version of its own" in flytebind("register", str(PACKAGE)).err
    assert "nothing.tgz: No such file" in flytebind("register", "nothing.tgz").err


def test_what_differs_from_what_is_registered_is_shown(flytebind: Run, tmp_path: Path) -> None:
    spec = TaskSpec.from_dict(
        {"template": {"id": {"resourceType": "TASK", "name": "a", "version": "v1"}}}
    )
    (tmp_path / "0_a_1.pb").write_bytes(spec.to_bytes())
    done = flytebind("register", str(tmp_path), "--dry-run")
    assert (done.code, done.out) == (2, "")
    head, name, *lines = done.err.splitlines()
    assert head == "flytebind: this is registered already, and differs; give another version:"
    assert name == "task flytesnacks/development/a/v1"
    assert '-type: "python-task"' in lines


def test_a_shell_completes_the_new_commands(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_FLYTEBIND_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "flytebind launch-plan ")
    monkeypatch.setenv("COMP_CWORD", "2")
    words = run().out.split()
    assert words == ["plain,list", "plain,get", "plain,activate", "plain,deactivate"]
    monkeypatch.setenv("COMP_WORDS", "flytebind register fl")
    assert run().out.split() == ["file,fl"]
