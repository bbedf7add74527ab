"""Messages that nest more deeply than protobuf reads."""

from __future__ import annotations

import pytest

from flytebind.models.admin.common import UrlBlob
from flytebind.models.core.literals import Literal, LiteralMap, LiteralOffloadedMetadata
from flytebind.remote.errors import FlyteDataError
from flytebind.remote.values import fetch_literal, fetch_literal_map
from flytebind.remote.values.depth import LIMIT, unreadable
from tests.remote.values import samples as s
from tests.remote.values.conftest import WebServer
from tests.remote.values.samples import inside

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
    with pytest.raises(ValueError, match=r"MaxDepth|nesting"):
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
