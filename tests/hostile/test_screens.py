"""What servers, providers and stores say stays text on a terminal."""

from __future__ import annotations

import io
import threading

import grpc
import pytest

from flytebind.looks._labels import label
from flytebind.models.core.identifier import (
    Identifier,
    NodeExecutionIdentifier,
    ResourceType,
    WorkflowExecutionIdentifier,
)
from flytebind.remote import (
    FlyteCallError,
    FlyteConfigError,
    FlyteDataError,
    FlyteError,
    FlyteTimeout,
    FlyteValueError,
    FlyteVersionConflictError,
)
from flytebind.remote._transfers import Transfer
from flytebind.remote.auth._login.clock import CancellableClock
from flytebind.remote.auth._login.device import DeviceLogin
from flytebind.remote.auth._login.provider import DeviceCodes, Provider
from flytebind.remote.errors import call_error

_EVIL = "a\x1b]0;title\x07\x1b[2J\x9b31m\r\u202eb"
_NAME = WorkflowExecutionIdentifier(_EVIL, _EVIL, _EVIL)


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def _check(shown: str) -> None:
    assert all(line.isprintable() for line in shown.split("\n"))
    assert "\\x1b" in shown


@pytest.mark.parametrize(
    "error",
    [
        FlyteError(_EVIL),
        FlyteDataError(_EVIL),
        FlyteValueError(_EVIL),
        FlyteTimeout(_EVIL),
        FlyteConfigError(_EVIL),
        FlyteCallError(grpc.StatusCode.INTERNAL, _EVIL, "GetExecution", _EVIL),
        call_error(grpc.StatusCode.INTERNAL, f"failed database operation with {_EVIL} dial tcp"),
        FlyteVersionConflictError({Identifier(ResourceType.TASK, "p", "d", _EVIL, "v"): _EVIL}),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_are_written_out(error: FlyteError) -> None:
    _check(str(error))


def test_lines_of_errors_stay_lines() -> None:
    assert str(FlyteError("one\ntwo")) == "one\ntwo"


@pytest.mark.parametrize("id", [_NAME, NodeExecutionIdentifier(_EVIL, _NAME)])
def test_identifiers_in_words_are_written_out(
    id: WorkflowExecutionIdentifier | NodeExecutionIdentifier,
) -> None:
    _check(label(id))


def test_transfers_have_names_that_are_neither_obeyed_nor_markup(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = _Screen()
    monkeypatch.setattr("flytebind.remote._transfers.PATIENCE", 0.0)
    monkeypatch.setattr("flytebind.remote._transfers.terminal", lambda: screen)
    monkeypatch.setattr("flytebind.remote._transfers.can_draw", lambda: True)
    with Transfer(f"[link=x]{_EVIL}[/link]", 10) as transfer:
        transfer.moved(5)
    assert "[link=x]a\\x1b]0;" in screen.getvalue()
    assert "\x1b]0;" not in screen.getvalue()


def test_codes_and_addresses_of_a_device_login_are_written_out(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = DeviceCodes("code", _EVIL, f"https://{_EVIL}", 1.0, 0.0)
    monkeypatch.setattr(Provider, "begin_device", lambda self, verifier: codes)
    login = DeviceLogin(Provider.__new__(Provider))
    with pytest.raises(FlyteError, match="nobody has logged in"):
        login(CancellableClock(threading.Event()))
    _check(capsys.readouterr().err.removesuffix("\n"))
