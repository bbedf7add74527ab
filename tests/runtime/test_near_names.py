"""Hints for misspelt names, whoever chose the names."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable

import pytest

from flytebind.runtime import fields
from flytegen.common import problems

HINTS = pytest.mark.parametrize("hint", [fields.did_you_mean, problems.did_you_mean])
Hint = Callable[[str, Iterable[str]], str]


@HINTS
def test_the_nearest_of_thousands_is_found(hint: Hint) -> None:
    names = [f"project_{number}.workflows.train_{number * 7}" for number in range(5000)]
    assert "'project_77.workflows.train_539'" in hint("project_77.workflows.tran_539", names)


@HINTS
@pytest.mark.parametrize("length", [60, 198, 1000, 100_000])
def test_thousands_of_long_names_that_are_alike_take_no_time(hint: Hint, length: int) -> None:
    letters = "ab" * (length // 2)
    shuffled = random.Random(1)
    count = min(5000, 1_000_000 // length)
    names = ["".join(shuffled.sample(letters, length)) for _ in range(count)]
    begin = time.process_time()
    hint(letters, names)
    assert time.process_time() - begin < 2
