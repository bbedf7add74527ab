"""A few inputs for each target; ``python -m tests.fuzz`` tries more."""

from __future__ import annotations

import random

import pytest

from tests.fuzz.mutations import mutated
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_what_strangers_send_is_taken_or_refused(name: str) -> None:
    chance, target = random.Random(name), TARGETS[name]
    examples = list(target.examples())
    for data in chance.sample(examples, min(len(examples), 5)):
        target.run(data)
    for _ in range(20):
        target.run(mutated(chance, examples))
