"""A pytest plugin: the fixture ``flyte_admin``.

pytest finds it by itself where flytebind is installed. It imports nothing of flytebind before a
test asks for the fixture, so it costs other test suites nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flytebind.sandbox import Sandbox

__all__ = ["flyte_admin"]

_MARKER = "flyte_admin"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(**options): how the fixture flyte_admin is made, as flytebind.sandbox.Sandbox"
        " takes it: auth, relay, db, settings, clock ...",
    )


@pytest.fixture
def flyte_admin(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A fresh Flyte admin on a free port, closed after the test.

    A browser finds what runs on it at ``flyte_admin.console_url``. Change how it is made with
    ``@pytest.mark.flyte_admin(auth=True)``; nearer markers win over farther ones.
    """
    from flytebind.sandbox import Sandbox

    options: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(_MARKER))):
        if marker.args:
            pytest.fail(f"@pytest.mark.{_MARKER} takes keyword arguments only", pytrace=False)
        options |= marker.kwargs
    try:
        sandbox = Sandbox(**options)
    except TypeError as error:
        pytest.fail(f"@pytest.mark.{_MARKER}: {error}", pytrace=False)
    with sandbox:
        yield sandbox
