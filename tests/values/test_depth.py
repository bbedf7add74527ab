"""Messages that nest more deeply than protobuf reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, cast

import pytest

from flytebind.models.admin.common import UrlBlob
from flytebind.models.core.literals import Literal, LiteralMap, LiteralOffloadedMetadata
from flytebind.models.core.types import LiteralType
from flytebind.models.service.dataproxy import GetDataResponse
from flytebind.remote.errors import FlyteDataError, FlyteValueError
from flytebind.runtime.depth import LIMIT, unreadable
from flytebind.values import fetch_literal, fetch_literal_map, to_literal
from tests.values import samples as s
from tests.values.conftest import WebServer
from tests.values.samples import inside

Wrap: TypeAlias = Callable[[LiteralType], LiteralType]

ONE = s.integer(1).to_bytes()  # a literal, a scalar and a primitive: two more than the literal


def nested(lists: int) -> bytes:
    """A literal in as many lists; each is two messages."""
    data = ONE
    for _ in range(lists):
        data = inside(2, inside(1, data))
    return data


@pytest.mark.parametrize("lists", [49, 60, 500])
def test_the_depth_is_told(lists: int) -> None:
    depth = 2 * lists + 2
    if depth <= LIMIT:
        assert Literal.from_bytes(nested(lists))
        return
    with pytest.raises(ValueError, match=r"MaxDepth|nesting|Error parsing"):
        Literal.from_bytes(nested(lists))
    assert f"nests {depth} messages" in unreadable(nested(lists), Literal)


@pytest.mark.parametrize(
    "data", [b"\x0a", b"\x0a\xff", b"\xff" * 200, b"\x0b", nested(60)[:-1], b"\x0a\x05\x0a\x09ab"]
)
def test_what_is_no_message_has_no_depth(data: bytes) -> None:
    assert unreadable(data, Literal) == "is no Literal"


def test_what_lies_behind_a_link_may_nest_too_deeply(web: WebServer) -> None:
    literals = inside(1, inside(1, b"o0") + inside(2, nested(60)))
    link = UrlBlob(web.gives("/o.pb", literals), len(literals))
    with pytest.raises(FlyteDataError, match=r"^the outputs: .*/o.pb nests 124 mess"):
        fetch_literal_map(link, what="the outputs")
    metadata = LiteralOffloadedMetadata(uri=web.gives("/l.pb", nested(60)))
    with pytest.raises(FlyteDataError, match=r"/l.pb nests 122 messages"):
        fetch_literal(metadata)


def test_what_is_as_deep_as_protobuf_reads_is_read(web: WebServer) -> None:
    data = inside(1, inside(1, b"o0") + inside(2, nested(48)))
    assert fetch_literal_map(UrlBlob(web.gives("/o.pb", data), len(data))) == LiteralMap.from_bytes(
        data
    )


def list_or_none(kind: LiteralType) -> LiteralType:
    return s.union_type(s.list_type(kind), s.NONE)


def values_in(wrap: Wrap) -> Iterator[tuple[object, LiteralType]]:
    """A value in one, two, three ... lists or maps, and the type of each."""
    kind, value = s.INTEGER, cast("object", 1)
    while True:
        kind, value = wrap(kind), {"a": value} if wrap is s.map_type else [value]
        yield value, kind


@pytest.mark.parametrize("wrap", [s.list_type, s.map_type, list_or_none])
def test_what_nobody_could_read_is_not_written(wrap: Wrap) -> None:
    """What is written can be read in answers of a server; beyond, it is refused."""
    literals: list[Literal] = []

    def write_until_refused() -> None:
        literals.extend(to_literal(value, kind) for value, kind in values_in(wrap))

    with pytest.raises(FlyteValueError) as caught:
        write_until_refused()
    levels = len(literals) + 1
    assert f"nested too deeply: nobody could read it, {levels} levels" in str(caught.value)
    assert levels > 15
    answer = GetDataResponse(literal_map=LiteralMap({"x": literals[-1]}))
    assert GetDataResponse.from_bytes(answer.to_bytes()) == answer
