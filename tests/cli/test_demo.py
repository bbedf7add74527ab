"""``flytebind demo``: it needs nothing, and ends by itself."""

from __future__ import annotations

import threading

import pytest

from tests.cli.conftest import Run


def test_the_demo_runs_two_workflows_and_shows_what_became_of_them(run: Run) -> None:
    before = threading.active_count()
    done = run("demo", "--speed", "1000")
    assert done.code == 0
    assert [line.split(", ")[0].split(": ")[1] for line in done.err.splitlines()][-1] == "FAILED"
    assert "dynamic: A task that yields a workflow" in done.out
    assert "summary = 'the result is 14'" in done.out
    assert "failure: A task that fails" in done.out
    assert "column 'age' holds text" in done.out
    assert done.out.count("█ running") == 2
    assert "▚ failed" in done.out
    assert "python -m flytebind.sandbox --demo" in done.out
    assert threading.active_count() <= before


def test_the_demo_runs_the_scripts_that_are_asked_for_quietly(run: Run) -> None:
    done = run("demo", "--script", "retries", "--script", "map", "--speed", "1000", "-q")
    assert "2 attempts" in done.out
    assert "array" in done.out
    assert "retries:" not in done.out
    assert "sandbox --demo" not in done.out
    assert done.err == ""


def test_the_demo_prints_one_document_as_json(run: Run) -> None:
    done = run("demo", "--script", "chain", "--speed", "1000", "--json")
    (result,) = done.json
    assert result["script"] == "chain"
    assert result["tree"]["phase"] == "SUCCEEDED"
    assert result["outputs"] == {"summary": "the result is 15"}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("chian", "did you mean 'chain'?"),
        ("xyz", "there are chain, map"),
        ("gate", "waits for a person"),
    ],
)
def test_a_script_that_cannot_be_shown_is_refused(run: Run, script: str, words: str) -> None:
    done = run("demo", "--script", script)
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert len(done.err.splitlines()) == 1
