"""Sends recorded calls to a sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

from flytebind.sandbox import Sandbox
from flytebind.sandbox._settings import Settings
from tests.sandbox.replay.comparison import compare
from tests.sandbox.replay.ordering import settle_order
from tests.sandbox.replay.recorded import Answer, Row, ask, cases, parse_response

#: In a label: the bytes that were uploaded after the call.
_UPLOADED = re.compile(r" b'(\w+)' ")
_GENERATED = re.compile(r"[af][a-z0-9]{19}")


def replay(file: str) -> Iterator[tuple[Row, Answer]]:
    """Send every case of a recording to an empty sandbox.

    Yields:
        Each call as it was recorded, and what the sandbox answers to it.
    """
    for case in cases(file):
        with Sandbox(settings=Settings.flyteadmin()) as sandbox, sandbox.channel() as channel:
            names: dict[bytes, bytes] = {}
            """Generated names as they were recorded, and what they are called here."""
            for row in case:
                code, data, details = ask(channel, row.method, _renamed(row.request, names))
                answer = Answer(code, details=details)
                if code == "OK":
                    back = {ours: theirs for theirs, ours in names.items()}
                    answer.response = parse_response(row.method, _renamed(data, back))
                    _learn(row, answer, names)
                    _upload(row, answer)
                yield row, answer


def differences(row: Row, answer: Answer) -> tuple[str, ...]:
    """What is wrong with an answer."""
    if row.rpc == "GetVersion" and row.answer.code == answer.code:
        return ()
    return compare(row.answer, settle_order(row, answer))


def _learn(row: Row, answer: Answer, names: dict[bytes, bytes]) -> None:
    """Remember what a generated name is called here."""
    if row.rpc not in ("CreateExecution", "RelaunchExecution", "RecoverExecution"):
        return
    if row.answer.response is None or answer.response is None:
        return
    theirs, ours = row.answer.response.id.name, answer.response.id.name
    if theirs != ours and _GENERATED.fullmatch(theirs) and _GENERATED.fullmatch(ours):
        names[theirs.encode()] = ours.encode()
        answer.response.id.name = theirs


def _upload(row: Row, answer: Answer) -> None:
    """Put the file that its label names where a location was given out, as was done then."""
    content = _UPLOADED.search(row.label)
    if row.rpc == "CreateUploadLocation" and content is not None:
        response: Any = answer.response
        headers = {
            name: value
            for name, value in response.headers.items()
            if value and name != "Content-Length"  # which is that of the digest
        }
        put = Request(response.signed_url, content[1].encode(), headers, method="PUT")
        with urlopen(put, timeout=30):
            pass


def _renamed(data: bytes, names: dict[bytes, bytes]) -> bytes:
    """Names of the same length can change places in a message."""
    for old, new in names.items():
        data = data.replace(old, new)
    return data
