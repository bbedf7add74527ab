from __future__ import annotations

import copy
import pickle

import pytest

from flytebind.remote.auth._tokens import Token, token_of
from flytebind.remote.errors import FlyteAuthenticationError
from tests.remote.auth.identity import jwt


def test_a_token_does_not_show_its_value() -> None:
    token = Token("hush", 5.0)
    assert token.reveal() == "hush"
    assert not any("hush" in text for text in (repr(token), str(token), f"{token}", repr([token])))


def test_a_token_is_copied_and_never_pickled() -> None:
    token = Token("hush")
    assert copy.deepcopy(token) is copy.copy(token) is token
    with pytest.raises(TypeError, match="a Token is not pickled"):
        pickle.dumps(token)


def test_tokens_of_one_value_are_equal() -> None:
    assert Token("a", 1) == Token("a", 2)
    assert hash(Token("a", 1)) == hash(Token("a", 2))
    assert Token("a") != Token("b")
    assert Token("a") != "a"


def test_a_jwt_tells_when_it_ends() -> None:
    assert token_of(jwt({"exp": 1234})).expires_at == 1234


@pytest.mark.parametrize(
    "value",
    [
        "opaque",
        "a.b.c",
        "a.b",
        jwt({}),
        jwt([1]),
        jwt("text"),
        jwt({"exp": "soon"}),
        jwt({"exp": True}),
        jwt({"exp": None}),
        "..",
    ],
)
def test_the_end_of_other_tokens_is_not_known(value: str) -> None:
    assert token_of(value).expires_at is None


@pytest.mark.parametrize("value", ["", "hush hush", "hush\nhush", "h\u00fcsh", "hush\x00"])
def test_what_cannot_be_sent_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(FlyteAuthenticationError, match="the token ") as caught:
        token_of(value)
    assert "h" not in caught.value.details.replace("the token has characters that", "").split()
    assert "hush" not in str(caught.value)
