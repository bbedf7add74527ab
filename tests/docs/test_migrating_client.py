"""What docs/migrating-client.md says of flytekit's client exists here."""

from __future__ import annotations

import inspect
import re
from typing import get_type_hints

import pytest

from flytebind.remote import FlyteRemote
from tests.docs.client_table import Row, rows


def test_each_method_has_one_row() -> None:
    names = [row.theirs for row in rows()]
    assert len(set(names)) == len(names) > 50


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.theirs)
def test_what_a_row_names_is_there(row: Row) -> None:
    if row.verb:
        assert row.verb == "config" or inspect.isfunction(getattr(FlyteRemote, row.verb))
    call = re.fullmatch(r"(\w+)\.(\w+)\((\w+)\)", row.rpc)
    if call is None:
        assert row.rpc.startswith("needs none: ")
        return
    service, rpc, request = call.groups()
    client = get_type_hints(getattr(FlyteRemote, service).func, _CLIENTS)["return"]
    taken = get_type_hints(getattr(client, rpc))["request"]
    assert taken.__name__ == request


def _clients() -> dict[str, object]:
    from flytebind import services

    return {name: getattr(services, name) for name in services.__all__}


_CLIENTS = _clients()
