"""What is written down as right is what was recorded, and what flytekit read where it could."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.real import plain, recordings
from tests.real.differing import differences

EXPECTED = recordings.expected()
#: What flytekit itself could not read.
_UNREADABLE = "!"
#: Flytekit tells no places of tables that nobody has opened.
_UNOPENED = {"uri": None}


def test_what_is_written_down_is_what_was_recorded() -> None:
    assert plain.FILE.read_text(encoding="utf-8") == plain.write()


def test_all_executions_are_written_down() -> None:
    assert list(plain.written()) == recordings.EXECUTIONS
    assert EXPECTED.keys() == set(recordings.EXECUTIONS)


@pytest.mark.parametrize("name", recordings.EXECUTIONS)
def test_what_is_written_down_is_what_flytekit_read(name: str) -> None:
    written, expected = plain.written()[name], EXPECTED[name]
    assert written["launch_plan"] == expected["launch_plan"]
    assert list(_disagreements(written, expected)) == []


def _disagreements(written: dict[str, Any], expected: dict[str, Any]) -> Iterator[str]:
    if written["phase"] != expected["phase"]:
        yield f"phase: {written['phase']}, not {expected['phase']}"
    if "flytekit" in expected:
        return
    code, message = written["error"] or ("", "")
    expected_code, expected_message = expected.get("error") or ("", "")
    if code != expected_code or expected_message not in message:  # lists cut them
        yield f"error: {written['error']}, not {expected['error']}"
    for side in ("inputs", "outputs"):
        if _is_told(written, expected, side):
            right = {key: _bare(value) for key, value in expected[side].items()}
            found = {
                key: right[key] if right.get(key) in (_UNREADABLE, _UNOPENED) else value
                for key, value in written[side].items()
            }
            yield from differences(found, right)
    tasks = expected.get("tasks", [])
    if isinstance(tasks, list):  # it is not for dynamic nodes
        found_tasks = [
            {"name": attempt["name"], "attempt": attempt["attempt"]}
            for attempt in written.get("attempts", ())
        ]
        yield from differences(found_tasks, tasks)
    if sorted(written.get("executions", ())) != sorted(expected.get("executions", ())):
        yield f"executions: {written['executions'].keys()}, not {expected['executions']}"
    below = (
        expected["nodes" if "nodes" in expected else "subworkflow"] if _has_nodes(expected) else {}
    )
    if written["nodes"].keys() != below.keys():
        yield f"nodes: {list(written['nodes'])}, not {list(below)}"
    for id in written["nodes"].keys() & below.keys():
        for line in _disagreements(written["nodes"][id], below[id]):
            yield f"{id}/{line}"


def _has_nodes(expected: dict[str, Any]) -> bool:
    return "nodes" in expected or "subworkflow" in expected


def _is_told(written: dict[str, Any], expected: dict[str, Any], side: str) -> bool:
    """Whether flytekit tells what the server said; start and end nodes and gates it leaves out."""
    if side == "inputs" and written.get("executions"):
        return False  # it tells those of the execution that was launched
    return expected.get(side) is not None and written[side] is not None


def _bare(value: Any) -> Any:
    """Without what tells enums from text."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if not isinstance(value, dict) or value == _UNOPENED:
        return value
    if _UNREADABLE in value:
        return _UNREADABLE
    return value["enum"] if "enum" in value else {key: _bare(item) for key, item in value.items()}
