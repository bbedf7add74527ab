"""What a real server says of executions that it does not make."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from flytebind.models.core.identifier import Identifier, ResourceType
from flytebind.remote import FlyteAlreadyExistsError, FlyteInvalidInputError
from tests.real import recordings
from tests.real.server import RecordedServer
from tests.remote.conftest import DOMAIN, PROJECT, Face, face_of

SIMPLE = Identifier(ResourceType.LAUNCH_PLAN, PROJECT, DOMAIN, "wfs.simple", "v1")


@pytest.fixture(scope="module")
def refusing() -> Iterator[RecordedServer]:
    with RecordedServer() as server:
        server.add(recordings.rows("conversations", "execute_errors"))
        yield server


@pytest.fixture(params=["sync", "async"])
def face(request: pytest.FixtureRequest, refusing: RecordedServer) -> Iterator[Face]:
    with face_of(request.param, refusing.config) as face:
        yield face


def test_a_refusal_names_project_domain_and_execution(face: Face) -> None:
    for project, name, says in (
        (PROJECT, "a_b", "invalid name format: a_b"),
        (PROJECT, 64 * "a", "size of name exceeded length 63"),
        ("nope", "fc1150a21bc1fb0ebf7e", r"project \[nope\] not found"),
    ):
        expected = f"^CreateExecution of {project}/{DOMAIN}/{name}: INVALID_ARGUMENT: .*{says}"
        with pytest.raises(FlyteInvalidInputError, match=expected):
            face.execute(SIMPLE, {"x": 1}, project=project, execution_name=name)
    taken = f"^CreateExecution of {PROJECT}/{DOMAIN}/twice1795980328: ALREADY_EXISTS"
    with pytest.raises(FlyteAlreadyExistsError, match=taken):
        face.execute(SIMPLE, {"x": 1}, execution_name="twice1795980328")
