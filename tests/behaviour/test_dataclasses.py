"""Models that are dataclasses in flytekit answer what Python asks of dataclasses."""

from __future__ import annotations

import dataclasses
from pprint import pformat
from typing import Any

import pytest

from flytebind.models.documentation import Description, Documentation, SourceCode
from flytebind.models.security import (
    Identity,
    OAuth2Client,
    OAuth2TokenRequest,
    Secret,
    SecurityContext,
)
from flytebind.runtime import FlyteIdlEntity

SECRET = Secret("group", "key")
CLIENT = OAuth2Client("client", SECRET)
EVERY: list[FlyteIdlEntity] = [  # type: ignore[type-arg]
    SECRET,
    CLIENT,
    Identity("role", oauth2_client=CLIENT),
    OAuth2TokenRequest("token", CLIENT),
    SecurityContext(Identity("role"), [SECRET]),
    Description("text"),
    SourceCode("link"),
    Documentation("short", Description("long"), SourceCode("link")),
]
each = pytest.mark.parametrize("model", EVERY, ids=lambda model: type(model).__name__)


@each
def test_its_fields_are_what_the_constructor_takes(model: Any) -> None:
    names = [field.name for field in dataclasses.fields(model)]
    assert type(model)(**{name: getattr(model, name) for name in names}) == model
    assert dataclasses.replace(model) == model


@each
def test_it_is_shown_as_a_model(model: object) -> None:
    assert pformat(model) == repr(model)


def test_a_change_goes_into_the_other_one() -> None:
    assert dataclasses.replace(SECRET, key="other") == Secret("group", "other")
    assert SECRET.key == "key"
    with pytest.raises(TypeError, match=r"Secret\.key must be str, not int"):
        dataclasses.replace(SECRET, key=1)


def test_defaults_are_those_of_the_constructor() -> None:
    defaults = {field.name: field.default for field in dataclasses.fields(Secret)}
    assert defaults["mount_requirement"] is Secret.MountType.ANY
    assert dataclasses.fields(OAuth2Client)[0].default is dataclasses.MISSING


def test_asdict_looks_into_models_and_not_into_lists() -> None:
    made = dataclasses.asdict(SecurityContext(Identity("role", oauth2_client=CLIENT), [SECRET]))
    assert made["run_as"]["oauth2_client"]["client_secret"]["key"] == "key"
    assert made["secrets"] == (SECRET,)
