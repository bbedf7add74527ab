"""What the package stands on, and the name that it had."""

from __future__ import annotations

import subprocess
import sys

import flytebind.remote.errors
import flytebind.remote.values
import flytebind.runtime.errors
import flytebind.values

WITHOUT_GRPC = """
import sys
from dataclasses import dataclass
from pathlib import Path

sys.modules["grpc"] = None
sys.modules["fsspec"] = None
sys.modules["urllib3"] = None

from flytebind.models.core.types import LiteralType, SimpleType
from flytebind.values import *

@dataclass
class Point:
    x: int
    y: float = 0.5

point = to_literal(Point(1), LiteralType(simple=SimpleType.STRUCT))
assert to_native(point) == {"x": 1, "y": 0.5}
assert to_type(point, Point) == Point(1)
assert LiteralsResolver({"p": point}).get("p", as_type=Point) == Point(1)
try:
    to_type(point, list[int], path="p")
except FlyteValueError as error:
    assert str(error).startswith("p: expected list[int], got dict"), error
else:
    raise AssertionError
path = Path(sys.argv[1])
path.write_bytes(b"rows")
assert RemoteFile(str(path)).open().read() == b"rows"
assert not [name for name in sys.modules if name.startswith("flytebind.remote")]
"""


def test_values_are_converted_both_ways_where_there_is_no_grpc(tmp_path: object) -> None:
    program = [sys.executable, "-c", WITHOUT_GRPC, f"{tmp_path}/rows.csv"]
    run = subprocess.run(program, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


def test_the_former_name_has_the_same_objects() -> None:
    former = flytebind.remote.values
    assert former.__all__
    for name in former.__all__:
        assert getattr(former, name) is getattr(flytebind.values, name)


def test_errors_are_the_same_whether_there_is_grpc_or_not() -> None:
    here = [name for name in vars(flytebind.runtime.errors) if name.startswith("Flyte")]
    assert {"FlyteError", "FlyteValueError", "FlyteDataError"} <= set(here)
    for name in here:
        found = getattr(flytebind.remote.errors, name)
        assert found is getattr(flytebind.runtime.errors, name)
