"""Walks of calls through the files of the project."""

from __future__ import annotations

from flytebind.models.core.identifier import Identifier
from flytebind.runtime.screens import harmless
from tools.walks import Walk, decisions, outputs_and_wait, walk, ways_back


def test_a_walk_counts_ways_there_and_back_and_passes_over_generated_code() -> None:
    found = walk(lambda: (harmless("a"), Identifier.from_bytes(b""), harmless("a")))
    assert found.files == ["flytebind/runtime/screens.py", "flytebind/runtime/model.py"]
    assert found.moves == 2


def test_a_call_that_stays_in_one_file_moves_nowhere() -> None:
    found = walk(lambda: harmless("a"))
    assert found == Walk(["flytebind/runtime/screens.py"])


def test_who_reads_a_call_up_to_grpc_opens_four_files_at_most() -> None:
    for name, found in outputs_and_wait().items():
        assert found.to_grpc[0] == "flytebind/remote/executions.py"
        assert found.to_grpc[-1] == "flytebind/remote/_io/blocking.py"
        assert len(found.to_grpc) <= 4, f"{name}: {found.to_grpc}"


def test_who_reads_how_a_field_is_decided_stays_in_twelve_files_and_goes_back_three_times() -> None:
    fields = decisions()
    assert len(fields) > 1300
    too_long = {
        name: found for name, found in fields.items() if len(found) > 12 or ways_back(found) > 3
    }
    assert too_long == {}
