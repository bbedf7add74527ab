"""What the authorization server answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple


class Answer(NamedTuple):
    """A status, a body of some kind, and where to go from here."""

    status: int
    body: bytes = b""
    kind: str = "text/plain"
    location: str = ""


class Refusal(Exception):
    """An OAuth 2 error.

    Args:
        error: Its code.
        description: What it says.
        status: The HTTP status.
    """

    def __init__(self, error: str, description: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(description)
        self.error = error
        self.status = status

    @property
    def fields(self) -> dict[str, str]:
        """What is told of it."""
        return {"error": self.error, "error_description": str(self)}


def no_client() -> Refusal:
    """The error for those who do not prove who they are."""
    return Refusal(
        "invalid_client",
        "the client is not known, or does not prove who it is",
        HTTPStatus.UNAUTHORIZED,
    )


def json_answer(fields: Mapping[str, object], status: int = HTTPStatus.OK) -> Answer:
    """Fields as JSON."""
    return Answer(status, json.dumps(fields).encode(), "application/json;charset=UTF-8")


def html_answer(content: str, status: int = HTTPStatus.OK) -> Answer:
    """A page for a person."""
    return Answer(status, f"<!doctype html>{content}".encode(), "text/html; charset=utf-8")
