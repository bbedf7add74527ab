"""``flytebind execution ...``: each command, for people and for programs."""

from __future__ import annotations

import json

import pytest

from flytebind.models.admin.execution import Execution
from flytebind.models.core.identifier import WorkflowExecutionIdentifier
from flytebind.sandbox import Sandbox
from tests.cli.conftest import Done, Run
from tests.remote.scenes import data, executions, gates, parents
from tests.remote.scenes.bulk import wide
from tests.remote.scenes.scene import Scene, WorkflowPhase
from tests.sandbox.play.watching import until
from tests.values import samples


def full_name(scene: Scene) -> str:
    return f"{scene.id.project}/{scene.id.domain}/{scene.id.name}"


def rows(done: Done) -> dict[str, str]:
    """What lines with a name and a value say."""
    assert done.code == 0, done.err
    return {line[:12].strip(): line[14:] for line in done.out.splitlines()}


def test_get_tells_people_what_matters(flytebind: Run, failure: Scene) -> None:
    found = rows(flytebind("execution", "get", failure.id.name))
    assert found["execution"] == full_name(failure)
    assert found["phase"] == "FAILED"
    assert found["workflow"] == "flytesnacks/development/failure/v1"
    assert found["error"].startswith("USER:RuntimeError: TaskError: 136 rows were read")
    assert found["failed first"] == "node n2 (play.validate)"
    assert found["logs"].startswith("n2: http://127.0.0.1:")
    assert found["console"].endswith(f"/executions/{failure.id.name}")


def test_get_leaves_out_what_there_is_not(flytebind: Run, dynamic: Scene) -> None:
    found = rows(flytebind("execution", "get", dynamic.id.name))
    assert not {"error", "failed first", "aborted"} & found.keys()


def test_get_prints_all_that_the_server_said_as_json(flytebind: Run, dynamic: Scene) -> None:
    done = flytebind("execution", "get", dynamic.id.name, "--json")
    assert done.code == 0
    assert Execution.from_dict(done.json).id == dynamic.id
    assert done.json["closure"]["phase"] == "SUCCEEDED"


@pytest.mark.parametrize(
    "form",
    [
        "{name}",
        "flytesnacks/development/{name}",
        "http://127.0.0.1:30080/console/projects/flytesnacks/domains/development/executions/{name}",
        "https://flyte.example/x/projects/flytesnacks/domains/development/executions/{name}/n?a=b#c",
    ],
)
def test_an_execution_may_be_named_in_many_ways(flytebind: Run, dynamic: Scene, form: str) -> None:
    done = flytebind("execution", "get", form.format(name=dynamic.id.name), "--json")
    assert Execution.from_dict(done.json).id == dynamic.id


def test_a_full_name_needs_no_project_or_domain(sandbox: Sandbox, run: Run, dynamic: Scene) -> None:
    server = ("--endpoint", sandbox.endpoint, "--insecure")
    assert run(*server, "execution", "get", full_name(dynamic)).code == 0


def test_global_options_may_stand_anywhere(sandbox: Sandbox, run: Run, dynamic: Scene) -> None:
    done = run(
        *("--endpoint", sandbox.endpoint, "-p", "elsewhere", "execution", "--insecure", "get"),
        *(dynamic.id.name, "-p", "flytesnacks", "--json", "-d", "development"),
    )
    assert Execution.from_dict(done.json).id == dynamic.id


def test_list_shows_the_newest_first(flytebind: Run, sandbox: Sandbox) -> None:
    names = [executions.single_task(sandbox).id.name for _ in range(3)]
    done = flytebind("execution", "list", "--limit", "2")
    head, *lines = done.out.splitlines()
    assert head.split() == ["NAME", "PHASE", "CREATED", "DURATION", "LAUNCH", "PLAN"]
    assert [line.split()[0] for line in lines] == names[:0:-1]


@pytest.mark.parametrize(
    ("variable", "shown"), [("FORCE_COLOR", "\x1b[31mFAILED"), ("X", "FAILED")]
)
def test_phases_have_colours_where_there_are_any(
    flytebind: Run, monkeypatch: pytest.MonkeyPatch, failure: Scene, variable: str, shown: str
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, "1")
    for done in (flytebind("execution", "list"), flytebind("execution", "get", failure.id.name)):
        assert shown in done.out
        assert ("\x1b" in done.out) == ("\x1b" in shown)


def test_list_prints_a_list_as_json(flytebind: Run, dynamic: Scene) -> None:
    done = flytebind(
        "execution", "list", "--filter", f"eq(execution_name,{dynamic.id.name})", "--json"
    )
    (found,) = done.json
    assert Execution.from_dict(found).id == dynamic.id


def test_list_takes_phases_as_people_write_them(flytebind: Run, sandbox: Sandbox) -> None:
    for phase in (WorkflowPhase.TIMED_OUT, WorkflowPhase.ABORTING, WorkflowPhase.SUCCEEDING):
        executions.in_phase(sandbox, phase)
    done = flytebind("execution", "list", "--phase", "timed-out", "--phase", "ABORTING", "--json")
    assert {each["closure"]["phase"] for each in done.json} == {"TIMED_OUT", "ABORTING"}


def test_list_sorts(flytebind: Run, failure: Scene, dynamic: Scene) -> None:
    names = [
        [each["id"]["name"] for each in flytebind("execution", "list", sort, "--json").json]
        for sort in ("--sort=created_at", "--sort=-created_at")
    ]
    assert names[0] == names[1][::-1]
    assert len(names[0]) > 1


def test_list_says_that_there_are_none_unless_it_shall_be_quiet(flytebind: Run) -> None:
    nothing = ("execution", "list", "--filter", "eq(execution_name,nobody)")
    assert flytebind(*nothing) == Done(0, "", "there are none\n")
    assert flytebind(*nothing, "-q") == Done(0, "", "")
    assert flytebind(*nothing, "--json") == Done(0, "[]\n", "")


def test_tree_draws_the_nodes(flytebind: Run, sandbox: Sandbox, dynamic: Scene) -> None:
    lines = flytebind("execution", "tree", dynamic.id.name).out.splitlines()
    assert len(lines) == 7
    assert lines[-1].split()[1:4] == ["n1", "task", "play.describe"]


def test_tree_knows_gates(flytebind: Run, sandbox: Sandbox) -> None:
    done = flytebind("execution", "tree", gates.waiting(sandbox).id.name)
    assert " gate " in done.out


def test_tree_as_json_is_nested(flytebind: Run, sandbox: Sandbox) -> None:
    done = flytebind("execution", "tree", parents.subworkflow_failed(sandbox).id.name, "--json")
    names = []
    level = done.json["children"]
    while level:
        assert level[0]["startedAt"] < level[0]["endedAt"]
        names.append((level[0]["id"].split("/")[-1], level[0]["kind"], level[0]["phase"]))
        level = level[0]["children"]
    assert names == [
        ("n0", "subworkflow", "FAILED"),
        ("n0-0-n0", "subworkflow", "FAILED"),
        ("n0-0-n0-0-n0", "task", "FAILED"),
    ]


def test_tree_shows_long_levels_whole_when_asked(flytebind: Run, sandbox: Sandbox) -> None:
    name = wide(sandbox, nodes=30).id.name
    assert "... 20 more: 20 SUCCEEDED" in flytebind("execution", "tree", name).out
    assert len(flytebind("execution", "tree", name, "--json").json["children"]) == 30
    assert len(flytebind("execution", "tree", name, "--all").out.splitlines()) == 31


def test_wait_tells_success(flytebind: Run, sandbox: Sandbox) -> None:
    done = flytebind("execution", "wait", sandbox.play("chain").name, "--timeout", "60")
    assert (done.code, rows(done)["phase"]) == (0, "SUCCEEDED")


def test_wait_tells_failure_and_where_it_began(flytebind: Run, failure: Scene) -> None:
    done = flytebind("execution", "wait", failure.id.name)
    assert done.code == 1
    assert "failed first  node n2 (play.validate)\n" in done.out
    assert "logs          n2: http://127.0.0.1:" in done.out


def test_wait_shows_progress_on_stderr_and_the_result_on_stdout(
    flytebind: Run, gate: WorkflowExecutionIdentifier
) -> None:
    done = flytebind("execution", "wait", gate.name, "--timeout", "0.1")
    assert done.code == 3
    assert done.out == ""
    *progress, last = done.err.splitlines()
    assert any("RUNNING, 0 of 1 nodes done, 1 running" in line for line in progress)
    assert last.startswith("flytebind: execution ")
    assert last.endswith(" is still RUNNING after 0.1 s")


def test_a_quiet_wait_answers_by_its_exit_code_alone(
    flytebind: Run, dynamic: Scene, failure: Scene
) -> None:
    assert flytebind("execution", "wait", dynamic.id.name, "-q") == Done(0, "", "")
    assert flytebind("execution", "wait", failure.id.name, "-q") == Done(1, "", "")


def test_wait_prints_the_execution_as_json(flytebind: Run, failure: Scene) -> None:
    done = flytebind("execution", "wait", failure.id.name, "--json", "-q")
    assert (done.code, Execution.from_dict(done.json).id) == (1, failure.id)


def test_watch_prints_a_line_for_each_change_and_what_came_of_it(
    flytebind: Run, failure: Scene
) -> None:
    done = flytebind("execution", "watch", failure.id.name)
    assert done.code == 1
    changes, _, end = done.out.partition("\n\n")
    assert end == flytebind("execution", "wait", failure.id.name).out
    assert "USER:RuntimeError: TaskError: 136 rows were read" in end
    assert [line.split()[2:] for line in changes.splitlines()] == [
        [f"{full_name(failure)}/n0", "SUCCEEDED"],
        [f"{full_name(failure)}/n1", "SUCCEEDED"],
        [f"{full_name(failure)}/n2", "FAILED"],
        [f"{full_name(failure)}/fn0", "SUCCEEDED"],
        [full_name(failure), "FAILED"],
    ]


def test_watch_prints_a_document_on_each_line_as_json(flytebind: Run, dynamic: Scene) -> None:
    done = flytebind("execution", "watch", dynamic.id.name, "--json")
    assert done.code == 0
    *_, last = changes = [json.loads(line) for line in done.out.splitlines()]
    assert last["execution"] == dynamic.id.to_dict()
    assert (last["node"], last["before"], last["phase"]) == (None, None, "SUCCEEDED")
    assert "n0-0-n0" in [change["node"] for change in changes]


def test_watch_gives_up_in_time(flytebind: Run, gate: WorkflowExecutionIdentifier) -> None:
    done = flytebind("execution", "watch", gate.name, "--timeout", "0.1")
    assert done.code == 3
    assert "RUNNING" in done.out
    assert len(done.err.splitlines()) == 1


def test_outputs_are_python_values_for_people(flytebind: Run, dynamic: Scene) -> None:
    done = flytebind("execution", "outputs", dynamic.id.name)
    assert done == Done(0, "summary = 'the result is 14'\n", "")


def test_outputs_are_json_for_programs(flytebind: Run, dynamic: Scene) -> None:
    done = flytebind("execution", "outputs", dynamic.id.name, "--json")
    assert (done.code, done.json) == (0, {"summary": "the result is 14"})


def test_one_output_that_cannot_be_had_does_not_lose_the_others(
    flytebind: Run, sandbox: Sandbox
) -> None:
    gone = samples.offloaded("file:///none/gone.pb", 10)
    scene = data.given(sandbox, {"o0": gone, "o1": samples.integer(3)})
    for done in (
        flytebind("execution", "outputs", scene.id.name),
        flytebind("execution", "outputs", scene.id.name, "--json"),
    ):
        assert done.code == 2
        assert done.out in ("o1 = 3\n", '{\n  "o1": 3\n}\n')
        assert "one of the outputs of execution" in done.err
        assert len(done.err.splitlines()) == 1


def test_terminate_asks_for_the_end_and_says_why(
    flytebind: Run, sandbox: Sandbox, gate: WorkflowExecutionIdentifier
) -> None:
    done = flytebind("execution", "terminate", gate.name, "--cause", "wrong inputs")
    assert (done.code, done.err) == (0, "")
    assert gate.name in done.out
    ended = flytebind("execution", "wait", gate.name)
    assert ended.code == 1
    assert "aborted       " in ended.out
    assert "wrong inputs" in ended.out


def test_terminate_has_a_cause_of_its_own(
    flytebind: Run, gate: WorkflowExecutionIdentifier
) -> None:
    done = flytebind("execution", "terminate", gate.name, "--json")
    assert done.json["id"] == gate.to_dict()
    until(lambda: "ABORTED" in flytebind("execution", "get", gate.name).out)
    assert "flytebind execution terminate" in flytebind("execution", "get", gate.name).out


def test_logs_lists_the_links_of_all_attempts_or_of_one_node(
    flytebind: Run, failure: Scene
) -> None:
    rows = flytebind("execution", "logs", failure.id.name, "--json").json
    assert {row["node"] for row in rows} > {"n2"}
    assert all(row["uri"].startswith("http") and row["task"] for row in rows)
    done = flytebind("execution", "logs", failure.id.name, "--node", "n2", "-o", "name")
    assert done.out.split() == [row["uri"] for row in rows if row["node"] == "n2"]
    nothing = flytebind("execution", "logs", failure.id.name, "--node", "n9")
    assert nothing == Done(0, "", "there are no links to logs\n")
