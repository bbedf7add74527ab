"""Sort keys as people type them."""

from __future__ import annotations

import pytest

from flytebind.models.admin.common import Sort

ASCENDING, DESCENDING = Sort.Direction.ASCENDING, Sort.Direction.DESCENDING


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("asc(created_at)", Sort("created_at", ASCENDING)),
        ("desc(created_at)", Sort("created_at", DESCENDING)),
        ("  desc( execution.phase )\n", Sort("execution.phase", DESCENDING)),
        ("asc(k)", Sort("k", ASCENDING)),
    ],
)
def test_a_sort_key_is_read_from_its_text(text: str, sort: Sort) -> None:
    assert Sort.from_python_std(text) == sort


@pytest.mark.parametrize("text", ["", "created_at", "up(created_at)", "asc(created_at", "asc( )"])
def test_other_text_is_refused_with_the_forms_that_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a sort key; the forms are asc\(key\) and desc\(key"):
        Sort.from_python_std(text)


def test_a_subclass_reads_itself() -> None:
    class Order(Sort):
        __slots__ = ()

    assert type(Order.from_python_std("asc(name)")) is Order
