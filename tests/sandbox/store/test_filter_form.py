"""Filters are taken apart as flyteadmin's own expression does it, and in no time."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from itertools import product

import pytest

from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._store.filters import _parts, conditions
from flytebind.sandbox._store.tables import TABLES

FORM = re.compile(r"([^(]+)\((.+),\s?(.+)\)")


def test_the_parts_are_those_of_the_expression() -> None:
    for length in range(5):
        for signs in product("e(,) \n", repeat=length):
            for text in ("".join(signs), f"e({''.join(signs)}", f"e(f,{''.join(signs)})"):
                found = FORM.match(text)
                assert _parts(text) == (found and found.groups()), text


@pytest.mark.parametrize(
    "begin", ["", "eq(", "eq(phase,", "value_in(", "eq(created_at,", "contains("]
)
def test_no_text_keeps_the_server_busy(begin: str) -> None:
    table = next(table for table in TABLES if table.entity == "execution")
    middles = (",", "(", ")", ",)", ", ", "),\n", "a,", "9", ";", "1h", "+")
    for middle, end in product(middles, ("", ")", "\n)", ")\n")):
        start = time.process_time()
        with suppress(StatusError):
            conditions(table, begin + middle * (65_536 // len(middle)) + end)
        assert time.process_time() - start < 1, (middle, end)
