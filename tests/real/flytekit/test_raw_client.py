"""Every call of flytekit's client has a row in docs/migrating-client.md."""

from __future__ import annotations

from flytekit.clients.friendly import SynchronousFlyteClient

from tests.docs.client_table import rows


def test_the_table_has_all_that_flytekits_client_can_do() -> None:
    theirs = {name for name in dir(SynchronousFlyteClient) if not name.startswith("_")}
    assert {row.theirs for row in rows()} == theirs
