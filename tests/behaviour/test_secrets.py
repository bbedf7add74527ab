"""A secret must have a good name when it is made, and may have any when it is read."""

from __future__ import annotations

import copy
import pickle

import pytest

from flytebind.models.core.security import Secret

BAD = ["lower", "1ST", "WITH-DASH", "WITH SPACE", "A\n"]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_of_a_variable_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"Secret\.env_var must be made of .* is not a name"):
        Secret("group", env_var=name)
    with pytest.raises(ValueError, match=r"Secret\.env_var must be"):
        Secret("group", "key", "v1", Secret.MountType.ENV_VAR, name)
    with pytest.raises(ValueError, match=r"Secret\.env_var must be"):
        Secret("group").replace(env_var=name)


@pytest.mark.parametrize("name", ["A", "_", "MY_TOKEN_2", "", None])
def test_a_good_name_is_taken_and_so_is_none(name: str | None) -> None:
    assert Secret("group", env_var=name).env_var == (name or "")
    assert Secret("group").replace(env_var=name).env_var == (name or "")


def test_what_is_read_is_not_judged() -> None:
    read = Secret.from_dict({"group": "g", "envVar": "lower"})
    assert read.env_var == "lower"
    for other in (
        Secret.from_flyte_idl(read.to_flyte_idl()),
        Secret.from_bytes(read.to_bytes()),
        copy.copy(read),
        pickle.loads(pickle.dumps(read)),
    ):
        assert other == read
    assert read.replace(key="k").env_var == "lower"


def test_other_mistakes_are_named_as_ever() -> None:
    with pytest.raises(TypeError, match=r"Secret\.env_var must be str, not int"):
        Secret(env_var=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="unexpected keyword argument 'variable'"):
        Secret(variable="A")  # type: ignore[call-arg]


def test_a_subclass_keeps_the_rule() -> None:
    class Own(Secret):
        __slots__ = ()

    with pytest.raises(ValueError, match=r"Secret\.env_var must be"):
        Own(env_var="lower")
