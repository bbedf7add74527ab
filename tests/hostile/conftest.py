"""Both faces of a remote that has fallen into the wrong hands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flytebind.remote import Config
from tests.hostile.admin import HostileAdmin, serving
from tests.remote.conftest import Face, face_of


@pytest.fixture
def admin() -> HostileAdmin:
    """The server, to be told what to do."""
    return HostileAdmin()


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, admin: HostileAdmin) -> Iterator[Face]:
    """Both, one after the other."""
    with serving(admin) as endpoint:
        config = Config.for_endpoint(endpoint, insecure=True)
        with face_of(request.param, config) as face:
            yield face
