from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import repeat
from math import prod
from typing import Any

import pytest
from flyteidl.admin import execution_pb2, node_execution_pb2
from flyteidl.core import compiler_pb2
from flyteidl2.common import phase_pb2

from benchmarks import action_list, downloads, memory, remote, samples
from benchmarks.__main__ import BENCHMARKS, main, measure
from benchmarks.action_list import ACTION_BUILD, ACTION_LIST
from benchmarks.benchmark import FLYTEBIND, RAW, Benchmark, BenchmarkError, Sampler
from benchmarks.contest import Contest, check_wire, timer
from benchmarks.conversion import COMPILED_WORKFLOW, EXECUTION_COPY
from benchmarks.downloads import DOWNLOADS
from benchmarks.generation import GENERATION
from benchmarks.imports import IMPORTS
from benchmarks.literal_build import LITERAL_BUILD
from benchmarks.literal_read import LITERAL_READ
from benchmarks.node_list import NODE_LIST
from benchmarks.process import run_python
from benchmarks.records import ANIMALS, RECORDS
from benchmarks.remote import REMOTE, remote_benchmarks
from benchmarks.remote_server import server
from benchmarks.rounds import take_turns
from benchmarks.services import SERVICES
from benchmarks.table import Result, amount, render
from benchmarks.timelines import DRAWN, snapshot

INPUTS = {**samples.INTEGERS, **samples.FLOATS, **samples.STRINGS, **samples.BOOLEANS}


def result_of(contest: Contest, contestant: str) -> Any:
    return contest.jobs()[contestant]()


@pytest.mark.parametrize(
    "contest",
    [
        ACTION_BUILD,
        ACTION_LIST,
        NODE_LIST,
        COMPILED_WORKFLOW,
        EXECUTION_COPY,
        LITERAL_BUILD,
        LITERAL_READ,
    ],
)
def test_flytebind_comes_to_the_same_result_as_raw_protobuf(contest: Contest) -> None:
    mine, raw = result_of(contest, FLYTEBIND), result_of(contest, RAW)
    assert contest.comparable(mine) == contest.comparable(raw)


def test_a_thousand_node_executions_are_read_to_the_last_one() -> None:
    rows = result_of(NODE_LIST, FLYTEBIND)
    assert [node_id for node_id, _, _ in rows] == [f"n{n}" for n in range(1000)]
    assert {int(phase) for _, phase, _ in rows} == {2, 3, 5}
    assert rows[999][2] == samples.START + timedelta(seconds=1001)


def test_a_thousand_actions_are_read_to_the_last_one() -> None:
    rows = result_of(ACTION_LIST, FLYTEBIND)
    assert rows == [
        (name, phase_pb2.ACTION_PHASE_SUCCEEDED, started)
        for name, started in zip(action_list.NAMES, action_list.STARTS, strict=True)
    ]


def test_the_timeline_of_a_thousand_nodes_has_all_of_them() -> None:
    made = snapshot()
    assert len(made.nodes) == 1000
    page = DRAWN["html-all"](made)
    assert all(f">n{each}<" in page for each in (0, 500, 999))
    for how in ("text", "svg", "html"):
        assert "990 more: " in DRAWN[how](made)


def test_the_compiled_workflow_has_twenty_tasks_and_comes_out_as_it_went_in() -> None:
    message = result_of(COMPILED_WORKFLOW, FLYTEBIND)
    assert isinstance(message, compiler_pb2.CompiledWorkflowClosure)
    assert message == samples.compiled_workflow_closure()
    assert len(message.tasks) == 20
    assert len(message.primary.template.nodes) == 20 + len(("start-node", "end-node"))


def test_the_execution_has_a_hundred_inputs_and_comes_out_as_it_went_in() -> None:
    message = result_of(EXECUTION_COPY, FLYTEBIND)
    assert isinstance(message, execution_pb2.Execution)
    assert message == samples.execution()
    assert len(message.spec.inputs.literals) == 100


def test_the_request_that_is_built_holds_a_hundred_inputs() -> None:
    request = execution_pb2.ExecutionCreateRequest.FromString(result_of(LITERAL_BUILD, FLYTEBIND))
    assert request.inputs == samples.literal_map()
    assert len(request.inputs.literals) == 100
    assert request.spec.launch_plan.project == samples.PROJECT


def test_two_thousand_records_come_out_of_their_literals() -> None:
    assert len(ANIMALS) == 2000
    assert result_of(RECORDS, FLYTEBIND) == result_of(RECORDS, "pydantic") == ANIMALS


def test_a_row_may_be_measured_against_another_than_protobuf() -> None:
    against = replace(fixed("made", 2, {}), base="pydantic")
    table = render([Result(against, {FLYTEBIND: 3.0, "flytekit": 8.0, "pydantic": 2.0})])
    assert row(table, "made") == ["-", "1.50x", "4.00x", "-", "-", "2.00", "s", "2x", "yes"]


def test_the_request_that_is_read_gives_back_what_went_into_it() -> None:
    assert result_of(LITERAL_READ, FLYTEBIND) == (samples.NAME, "workflows.pipeline", INPUTS)


@pytest.mark.parametrize("contestant", [RAW, FLYTEBIND])
def test_the_memory_benchmark_keeps_every_node_execution(contestant: str) -> None:
    page = samples.node_execution_list(3)
    kept: list[Any] = list(memory.READERS[contestant]()(page.SerializeToString()))
    assert [node.id.node_id for node in kept] == ["n0", "n1", "n2"]


def test_a_process_knows_how_much_memory_it_has() -> None:
    mebibyte = 2**20
    assert mebibyte < memory.resident_bytes() < 10_000 * mebibyte


@pytest.mark.parametrize(
    ("statement", "loaded"),
    [
        ("import flytebind.models.execution", 0),
        ("from flytebind.models.execution import Execution", 1),
    ],
)
def test_only_importing_a_class_loads_protobuf_modules(statement: str, loaded: int) -> None:
    # Why there is a row for the class: that of the module alone would flatter us.
    code = f"import sys; {statement}; print(int('flyteidl.admin.execution_pb2' in sys.modules))"
    assert run_python("-c", code) == loaded


def test_a_process_that_fails_says_why() -> None:
    with pytest.raises(BenchmarkError, match="ZeroDivisionError"):
        run_python("-c", "1 / 0")


@pytest.mark.parametrize("item", SERVICES, ids=lambda item: item.name)
def test_calls_over_a_socket_come_to_the_same_for_both(item: Benchmark) -> None:
    with item.prepare() as samplers:
        assert set(samplers) == {RAW, FLYTEBIND}
        assert all(0 < sample() < 1 for sample in samplers.values())


@pytest.fixture(scope="module")
def remote_server() -> Iterator[tuple[str, str]]:
    with server() as running:
        yield running


@pytest.mark.parametrize(
    ("job", "scene", "size", "calls"),
    [
        ("flytebind_sync", "wide", (3,), 2 * 3 + 3),
        ("flytebind_sync", "nested", (2, 2), 2 * 4 + 3 + 3 * 2),
        # Data of the start and the end cannot come later here, and the execution and a node may ask
        # for the workflow at once.
        ("flytebind_asyncsync", "wide", (3,), 2 * 3 + 3 + 2 + 1),
        ("flytebind_states", "wide", (3,), 3),
    ],
)
def test_a_sync_that_is_measured_brings_all_nodes_by_few_calls(
    remote_server: tuple[str, str], job: str, scene: str, size: tuple[int, ...], calls: int
) -> None:
    figures = remote.figures(remote_server, job, scene, *size)
    assert figures["nodes"] == prod(size)
    assert len(size) < figures["calls"] <= calls
    assert figures.get("again", 0) <= 1


def test_each_poll_of_a_wait_that_is_measured_is_one_call(remote_server: tuple[str, str]) -> None:
    assert remote.figures(remote_server, "flytebind_wait", "begin", 2)["calls"] == 1


def test_an_execution_ends_at_the_worst_moment_for_who_waits(
    remote_server: tuple[str, str],
) -> None:
    figures = remote.figures(remote_server, "flytebind_end", "begin", 1)
    assert figures["seconds"] > 0


def test_a_contestant_that_does_not_bring_all_nodes_is_refused(
    remote_server: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "run", lambda command: '{"nodes": 1}')
    with pytest.raises(BenchmarkError, match="flytebind_sync brings 1 of 2 nodes"):
        remote.figures(remote_server, "flytebind_sync", "wide", 2)


def test_a_row_about_remotes_measures_the_installed_contestants() -> None:
    rows = {item.name: item for item in remote_benchmarks(nodes=2, parents=1, children=1, many=3)}
    assert list(rows) == [item.name for item in REMOTE]
    with rows["remote-states-calls"].prepare() as samplers:
        assert {name: sample() for name, sample in samplers.items()} == {FLYTEBIND: 2}


def test_the_folder_that_is_downloaded_has_all_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("s3fs")
    with DOWNLOADS.prepare() as samplers:
        assert samplers[FLYTEBIND]() > 0
        monkeypatch.setattr(downloads, "FILES", downloads.FILES + 1)
        with pytest.raises(BenchmarkError, match="300 of 301 files have come"):
            samplers[FLYTEBIND]()


def constant(result: object) -> Callable[[], Callable[[], object]]:
    return lambda: lambda: result


def test_a_contestant_with_another_result_is_refused() -> None:
    contest = Contest({RAW: constant(1), FLYTEBIND: constant(2)})
    with pytest.raises(BenchmarkError, match="flytebind differs from raw upb"):
        contest.jobs()


def test_a_known_fault_lets_another_result_pass() -> None:
    contest = Contest({RAW: constant(1), FLYTEBIND: constant(2)}, faults={FLYTEBIND: "adds one"})
    assert set(contest.jobs()) == {RAW, FLYTEBIND}


def test_a_fault_that_a_contestant_no_longer_has_is_refused() -> None:
    contest = Contest({RAW: constant(1), FLYTEBIND: constant(1)}, faults={FLYTEBIND: "adds one"})
    with pytest.raises(BenchmarkError, match="flytebind agrees with raw upb"):
        contest.jobs()


def test_a_peer_whose_messages_lose_something_on_the_wire_is_refused() -> None:
    kind = node_execution_pb2.NodeExecution
    data = samples.node_execution(1).SerializeToString()
    check_wire(kind, data, data)
    with pytest.raises(BenchmarkError, match=r"flyteidl\.admin\.NodeExecution"):
        check_wire(kind, data, samples.node_execution(2).SerializeToString())


def test_timing_a_job_runs_it_without_garbage_collection_and_switches_it_on_again() -> None:
    seen: list[bool] = []
    sample = timer(lambda: seen.append(gc.isenabled()))
    seen.clear()
    assert sample() > 0
    assert set(seen) == {False}
    assert gc.isenabled()


def sampler(log: list[str], name: str, values: Iterator[float]) -> Sampler:
    def sample() -> float:
        log.append(name)
        return next(values)

    return sample


def test_contestants_take_turns_and_the_median_counts() -> None:
    log: list[str] = []
    medians = take_turns(
        {
            RAW: sampler(log, RAW, iter([3.0, 1.0, 2.0])),
            FLYTEBIND: sampler(log, FLYTEBIND, iter([5.0, 90.0, 4.0])),
        },
        rounds=3,
        advance=lambda: log.append("round"),
    )
    assert medians == {RAW: 2.0, FLYTEBIND: 5.0}
    assert log == [RAW, FLYTEBIND, "round"] * 3


def fixed(title: str, target: float, medians: Mapping[str, float], **faults: str) -> Benchmark:
    @contextmanager
    def prepare() -> Iterator[Mapping[str, Sampler]]:
        yield {name: repeat(value).__next__ for name, value in medians.items()}

    return Benchmark(title, title, target, prepare, faults=faults)


def row(table: str, title: str) -> list[str]:
    return next(line for line in table.splitlines() if line.startswith(title)).split()[1:]


def test_the_table_shows_ratios_to_raw_upb_and_whether_the_target_is_met() -> None:
    fast = fixed("fast", 1.5, {RAW: 0.002, FLYTEBIND: 0.003, "flytekit": 0.01}, flytekit="lies")
    slow = fixed("slow", 1.5, {RAW: 0.002, FLYTEBIND: 0.0031})
    table = render([measure(item, quick=True) for item in (fast, slow)])
    assert row(table, "fast") == [
        "2.00",
        "ms",
        "1.50x",
        "5.00x",
        "[1]",
        "-",
        "-",
        "-",
        "1.5x",
        "yes",
    ]
    assert row(table, "slow") == ["2.00", "ms", "1.55x", "-", "-", "-", "-", "1.5x", "NO"]
    assert table.endswith("[1] flytekit lies.")


def test_without_raw_upb_the_target_is_an_amount() -> None:
    table = render([Result(fixed("again", 2, {}), {FLYTEBIND: 2.5})])
    assert row(table, "again") == ["-", "2.50", "s", "-", "-", "-", "-", "2.00", "s", "NO"]


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (15, "s", "15.0 s"),
        (0.9996, "s", "1000 ms"),
        (0.000034, "s", "34.0 µs"),
        (3e-10, "s", "0.30 ns"),
        (16.7 * 2**20, "B", "16.7 MiB"),
        (512, "B", "512 B"),
        (1003, "RPC", "1003 RPC"),
    ],
)
def test_amounts_are_shown_in_the_unit_that_suits_them(value: float, unit: str, shown: str) -> None:
    assert amount(value, unit) == shown


def test_the_targets_are_those_that_were_set() -> None:
    assert {item.name: item.target for item in BENCHMARKS} == {
        "action-build": 1.4,
        "action-list": 1.3,
        "node-list": 1.3,
        "workflow": 2,
        "execution": 2,
        "build": 1.4,
        "read": 1.8,
        "records": 2,
        "memory": 1.2,
        **{item.name: 1.6 for item in IMPORTS},
        "import-flyte2": 2,
        "import-services": 1.5,
        **{item.name: 1.11 for item in SERVICES},
        "sandbox-load": 1 / 2000,
        "sandbox-page": 0.02,
        "remote-sync": 1,
        "remote-sync-async": 1,
        "remote-sync-near": 4,
        "remote-sync-calls": 1003,
        "remote-again-calls": 1,
        "remote-states": 0.06,
        "remote-states-calls": 3,
        "remote-nested": 6,
        "remote-memory": 60 * 2**20,
        "remote-wait-calls": 1,
        "remote-wait-end": 0.54,
        "remote-wait-timeout": 0.1,
        "download-folder": 1.5,
        **{f"timeline-{how}": 1 for how in DRAWN},
        **dict(
            zip([item.name for item in GENERATION], [3, 2, 2, 6, 15, 2, 400 * 2**20], strict=True)
        ),
    }


def test_the_help_names_every_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    for item in BENCHMARKS:
        assert any(line.split() == [item.name, *item.title.split()] for line in lines)


def test_one_benchmark_can_be_run_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--quick", "--only", "execution"]) == 0
    printed = capsys.readouterr()
    titles = {item.name: item.title for item in BENCHMARKS}
    assert [name for name, title in titles.items() if title in printed.out] == ["execution"]
    assert titles["execution"] in printed.err  # A log shows that the run is alive.


def test_an_unknown_benchmark_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--only", "nonsense"])
    assert "nonsense" in capsys.readouterr().err
