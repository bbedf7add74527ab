"""The commands ``flytebind run``, against recorded runs of a real backend."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Done, Run
from tests.runs.recordings import RUNS, expected
from tests.runs.server import RecordedServer

PLACE = ("--insecure", "-p", "flytesnacks", "-d", "development")


@pytest.fixture(scope="module")
def recorded() -> Iterator[RecordedServer]:
    with RecordedServer(RUNS, ["list_runs"]) as server:
        yield server


@pytest.fixture
def flytebind(recorded: RecordedServer, run: Run) -> Run:
    """The command, which is told the server, a project and a domain."""
    recorded.reset()
    return lambda *arguments: run("--endpoint", recorded.config.endpoint, *PLACE, *arguments)


def name(kind: str) -> str:
    found: str = expected()[kind]["run"]
    return found


def fields(done: Done) -> dict[str, str]:
    """What was printed of one thing."""
    lines = (line.split(None, 1) for line in done.out.splitlines() if line[:1].strip())
    return {line[0]: line[1] for line in lines}


def test_a_run_that_failed_says_where_and_why(flytebind: Run) -> None:
    done = flytebind("run", "get", name("failing_child"))
    assert done.code == 0
    assert fields(done)["phase"] == "FAILED"
    assert fields(done)["failed"].endswith("(rec.boom)")
    assert fields(done)["error"] == "no 5"


def test_a_run_that_was_aborted_says_why(flytebind: Run) -> None:
    assert fields(flytebind("run", "get", name("aborted_run")))["aborted"] == "enough of it"


@pytest.mark.parametrize("how", ["{}", "flytesnacks/development/{}", "{page}"])
def test_a_run_is_named_in_several_ways(flytebind: Run, how: str) -> None:
    run = name("simple")
    page = f"https://flyte.test/v2/domain/development/project/flytesnacks/runs/{run}?tab=x"
    done = flytebind("run", "get", how.format(run, page=page), "-o", "name")
    assert done.out == f"flytesnacks/development/{run}\n"


def test_an_api_key_tells_where_the_server_is_unless_the_command_does(
    flytebind: Run, run: Run, recorded: RecordedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"http://{recorded.config.endpoint}:me:hush:"
    monkeypatch.setenv("FLYTE_API_KEY", base64.b64encode(key.encode()).decode())
    name_of_it = f"flytesnacks/development/{name('simple')}"
    assert run("run", "get", name_of_it, "-o", "name").out == f"{name_of_it}\n"
    monkeypatch.setenv("FLYTE_API_KEY", base64.b64encode(b"http://localhost:1:me:hush:").decode())
    assert flytebind("run", "get", name_of_it, "-o", "name").out == f"{name_of_it}\n"


def test_config_shows_what_runs_go_by_where_it_is_asked_for(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".flyte" / "config.yaml"
    file.parent.mkdir()
    file.write_text("admin:\n  endpoint: dns:///flyte.example.com\n", encoding="utf-8")
    found = fields(run("config", "show", "--flyte2"))["endpoint"]
    assert found.split() == ["flyte.example.com", f"{file}:", "admin.endpoint"]
    assert "no server to connect to" in run("config", "show").err


def test_what_is_no_run_is_refused(flytebind: Run) -> None:
    done = flytebind("run", "get", "a/b")
    assert (done.code, "is no run: give its name" in done.err) == (2, True)


def test_what_is_not_there_is_told_with_what_shows_the_others(flytebind: Run) -> None:
    done = flytebind("run", "get", "nobody")
    assert done.code == 2
    assert "`flytebind run list` shows what there is" in done.err


def test_a_tree_shows_actions_in_their_groups(flytebind: Run) -> None:
    done = flytebind("run", "tree", name("parent_children"))
    head, group, *actions = done.out.splitlines()
    assert head.split()[1:3] == ["rec.parent", "SUCCEEDED"]
    assert group.split()[1:4] == ["squares", "group", "SUCCEEDED"]
    assert [line.split()[-4:-2] for line in actions] == [["rec.square", "SUCCEEDED"]] * 3
    document = flytebind("run", "tree", name("parent_children"), "--json").json
    assert [child["name"] for child in document["children"]] == ["squares"]


def test_a_timeline_is_drawn_and_written(flytebind: Run) -> None:
    assert "squares" in flytebind("run", "timeline", name("parent_children")).out
    done = flytebind("run", "timeline", name("parent_children"), "--svg", "-")
    assert done.out.startswith("<svg")


@pytest.mark.parametrize(
    ("kind", "code", "last"),
    [("simple", 0, "outputs       o0 = 9"), ("failing", 1, "error         no 5")],
)
def test_waiting_ends_with_what_came_of_it(flytebind: Run, kind: str, code: int, last: str) -> None:
    done = flytebind("run", "wait", name(kind))
    assert done.code == code
    assert done.out.splitlines()[-1].startswith(last[:14])
    assert flytebind("run", "wait", name(kind), "-q").out == ""


def test_waiting_tells_how_far_a_run_is_unless_it_is_to_be_quiet(
    flytebind: Run, recorded: RecordedServer
) -> None:
    done = flytebind("run", "wait", recorded.play("parent"))
    assert ": RUNNING, " in done.err
    assert " actions done" in done.err
    assert (flytebind("run", "wait", recorded.play("parent"), "-q").err, done.code) == ("", 0)


def test_changes_are_lines_for_programs(flytebind: Run, recorded: RecordedServer) -> None:
    run = recorded.play("parent")
    done = flytebind("run", "watch", run, "--json")
    changes = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 0
    assert [each["phase"] for each in changes if each["action"] is None][-1] == "SUCCEEDED"
    assert any(each["action"] for each in changes)


def test_values_go_in_and_come_out(flytebind: Run) -> None:
    assert flytebind("run", "inputs", name("scalars"), "--json").json["i"] == -7
    assert flytebind("run", "outputs", name("scalars"), "--json").json["o0"] == -7
    assert flytebind("run", "outputs", name("failing")).code == 2


def test_logs_are_lines(flytebind: Run) -> None:
    done = flytebind("run", "logs", name("simple"))
    assert "squaring 3" in done.out


def test_runs_are_listed_the_newest_first(flytebind: Run) -> None:
    done = flytebind("run", "list", "--limit", "2")
    head, *rows = done.out.splitlines()
    assert head.split() == ["NAME", "PHASE", "CREATED", "DURATION", "TASK"]
    assert len(rows) == 2
    assert "there are more than these 2" in done.err


def test_what_is_done_is_not_aborted(flytebind: Run) -> None:
    done = flytebind("run", "abort", name("simple"))
    assert done.code == 2
    assert "SUCCEEDED" in done.err


def test_without_the_second_library_it_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [each for each in sys.modules if each.startswith("flytebind.runs")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delitem(sys.modules, "flytebind.cli._runs", raising=False)
    monkeypatch.setitem(sys.modules, "flytebind.runs", None)
    done = run("--endpoint", "localhost:1", *PLACE, "run", "get", "r1")
    assert (done.code, done.out) == (2, "")
    assert "pip install 'flytebind[flyte2]'" in done.err
