"""What a real flyteadmin answered is what the sandbox answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor

from flytebind.runtime.fields import is_repeated
from tests.sandbox.replay import known
from tests.sandbox.replay.comparison import compare
from tests.sandbox.replay.recorded import FILES, Answer, Row, parse_request, read
from tests.sandbox.replay.replaying import differences, replay


@pytest.mark.parametrize("file", FILES)
def test_recorded_calls_are_answered_as_recorded_but_for_what_is_known(file: str) -> None:
    found: defaultdict[known.Kind, list[tuple[Row, Answer]]] = defaultdict(list)
    for row, answer in replay(file):
        if shows := differences(row, answer):
            found[known.Kind(row.rpc, shows)].append((row, answer))
    counts = {kind: len(rows) for kind, rows in found.items()}
    expected = {kind: k.rows[file] for kind, k in known.read().items() if file in k.rows}
    assert counts == expected, [
        f"{kind}: {counts.get(kind, 0)} for {expected.get(kind, 0)}, as {labels[:3]}"
        for kind in {**counts, **expected}
        if counts.get(kind) != expected.get(kind)
        for labels in [[row.label for row, _ in found[kind]]]
    ]
    for kind, rows in found.items():
        _check_that_one_more_difference_shows(kind, *rows[0])


def test_every_known_difference_has_a_reason_and_a_recording() -> None:
    for kind, (reason, rows) in known.read().items():
        assert reason, kind
        assert rows, kind
        assert set(rows) <= set(FILES), kind
        assert all(rows.values()), kind


def test_the_documentation_tells_how_many_answers_differ() -> None:
    count = sum(rows.total() for _, rows in known.read().values())
    text = (Path(__file__).parents[3] / "docs" / "sandbox.md").read_text(encoding="utf-8")
    assert f"for all but {count};" in text
    assert f"Most of these {count} are" in text


def test_a_change_of_any_field_in_any_kind_of_answer_shows() -> None:
    for (rpc, code), row in _kinds_of_rows().items():
        if rpc == "GetVersion":
            continue
        assert not compare(row.answer, row.answer)
        assert compare(row.answer, Answer("DATA_LOSS")), (rpc, code)
        for path, changed in _changes(row.answer):
            assert compare(row.answer, changed), (rpc, code, path)


def _lists(key: str) -> Iterator[tuple[Row, Answer]]:
    """Recorded lists of several items that were asked for in an order, and each turned around."""
    for row in read("calls/more/list"):
        if not row.rpc.startswith("List") or row.answer.response is None:
            continue
        request: Any = parse_request(row)
        if request.sort_by.key != key:
            continue
        turned = type(row.answer.response)()
        turned.CopyFrom(row.answer.response)
        field = next(each.name for each in turned.DESCRIPTOR.fields if is_repeated(each))
        items = list(getattr(turned, field))
        turned.ClearField(field)
        getattr(turned, field).extend(reversed(items))
        if len(items) > 1:
            yield row, Answer("OK", turned)


@pytest.mark.parametrize("key", ["execution_name", "created_at", "node_id", "retry_attempt", "id"])
def test_the_order_of_a_list_counts_where_somebody_asked_for_it(key: str) -> None:
    lists = list(_lists(key))
    assert lists
    assert all(differences(row, turned) for row, turned in lists)


@pytest.mark.parametrize("key", ["", "project"])  # all of them are of one project
def test_an_order_that_nobody_asked_for_and_that_of_equals_do_not_count(key: str) -> None:
    lists = list(_lists(key))
    assert lists
    assert not any(differences(row, turned) for row, turned in lists)


def _check_that_one_more_difference_shows(kind: known.Kind, row: Row, answer: Answer) -> None:
    """The line of a kind must not hide what else goes wrong with its rows."""
    refused = Row(row.label, row.method, row.request, Answer("DATA_LOSS"))
    assert differences(refused, answer) != kind.shows, kind
    if row.answer.code != answer.code:
        return  # there is nothing else to compare
    shown = tuple(path.partition(":")[0].replace("{}", "[]") for path in kind.shows)
    for path, changed in _changes(row.answer):
        if not any(path.startswith(one) or one.startswith(path) for one in shown):
            other = Row(row.label, row.method, row.request, changed)
            assert differences(other, answer) != kind.shows, (kind, path)


def _kinds_of_rows() -> dict[tuple[str, str], Row]:
    """Of every method and code the row that says the most."""
    found: dict[tuple[str, str], Row] = {}
    sizes: Counter[tuple[str, str]] = Counter()
    for file in FILES:
        for row in read(file):
            kind, response = (row.rpc, row.answer.code), row.answer.response
            size = len(row.answer.details) + (response.ByteSize() if response else 0)
            if kind not in found or size > sizes[kind]:
                found[kind], sizes[kind] = row, size
    return found


def _changes(answer: Answer) -> Iterator[tuple[str, Answer]]:
    """The answer with one field changed, for each field that is compared."""
    if answer.response is not None:
        copy: Any = type(answer.response)()
        copy.CopyFrom(answer.response)
        for path in _change(copy, ""):
            yield path, Answer(answer.code, copy, answer.details)
    for number, detail in enumerate(answer.details):
        copy = type(detail)()
        copy.CopyFrom(detail)
        details = [*answer.details[:number], copy, *answer.details[number + 1 :]]
        for path in _change(copy, "details."):
            if not path.endswith(".message"):
                yield path, Answer(answer.code, answer.response, details)


def _change(message: Any, path: str) -> Iterator[str]:
    """Change one scalar after the other, each back again before the next."""
    for field, value in message.ListFields():
        where = f"{path}{field.name}"
        if field.message_type is not None and field.message_type.full_name == (
            "google.protobuf.Timestamp"
        ):
            continue
        if is_repeated(field):
            is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
            items = [value[key] for key in value] if is_map else list(value)
            for item in items:
                if hasattr(item, "ListFields"):
                    yield from _change(item, f"{where}[].")
            if not is_map and len(value):
                last = value.pop()
                yield where
                value.append(last)
        elif field.message_type is not None:
            yield from _change(value, f"{where}.")
        elif field.has_presence and field.containing_oneof is not None:
            continue
        else:
            setattr(message, field.name, _another(field, value))
            yield where
            setattr(message, field.name, value)


def _another(field: FieldDescriptor, value: Any) -> Any:
    match value:
        case bool():
            return not value
        case str():
            return "another/" + value
        case bytes():
            return value + b"."
        case _:
            return value + 1
