from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import pytest

from flytebind.remote.auth import CallableSource, CommandSource, StaticSource, Token
from flytebind.remote.auth._tokens import Renewal
from flytebind.remote.errors import FlyteAuthenticationError, FlyteUnavailableError
from tests.remote.auth.identity import jwt
from tests.remote.auth.waiting import eventually


def command(code: str, timeout: float = 60.0) -> CommandSource:
    return CommandSource((sys.executable, "-c", code, "--password=hush"), timeout)


def failure(source: CommandSource | CallableSource) -> str:
    with pytest.raises(FlyteAuthenticationError) as caught:
        source.fetch()
    assert caught.value.__cause__ is None
    return caught.value.details


def test_a_command_prints_a_token_and_blanks_around_it_are_dropped() -> None:
    assert command("print(); print('  abc  ')").fetch() == Token("abc")


def test_the_end_of_a_token_that_a_command_prints_is_read_from_it() -> None:
    assert command(f"print({jwt({'exp': 99})!r})").fetch().expires_at == 99


def test_a_command_is_run_for_each_token(tmp_path: Path) -> None:
    count = tmp_path / "count"
    count.write_text("0")
    source = command(
        f"p = {str(count)!r}; n = int(open(p).read()) + 1; open(p, 'w').write(str(n)); print(n)"
    )
    assert [source.fetch().reveal() for _ in range(2)] == ["1", "2"]


def test_a_command_that_fails_shows_its_exit_code_and_last_words_only() -> None:
    details = failure(
        command(
            "import sys; print('hush'); print('first', file=sys.stderr);"
            "print('not logged in', file=sys.stderr); sys.exit(3)"
        )
    )
    assert details.endswith("failed with exit code 3: not logged in")
    assert "hush" not in details


def test_a_command_that_has_worked_and_fails_is_away(tmp_path: Path) -> None:
    """Mostly it asks somebody else, who may be back soon."""
    count = tmp_path / "count"
    source = command(
        f"import os, sys; p = {str(count)!r}; first = not os.path.exists(p); open(p, 'w');"
        " print('abc') if first else sys.exit('no network')"
    )
    assert source.fetch() == Token("abc")
    with pytest.raises(FlyteUnavailableError, match="exit code 1: no network"):
        source.fetch()


def test_a_command_that_prints_nothing_or_too_much_is_an_error() -> None:
    assert failure(command("print()")).endswith("printed no token")
    assert "hush" not in failure(command("print('hush hush')"))


def test_a_command_that_hangs_is_ended() -> None:
    details = failure(command("import time; time.sleep(600)", timeout=0.2))
    assert details.endswith("gave no token within 0.2 seconds")
    assert "hush" not in details


def test_a_command_that_nobody_waits_for_any_more_is_ended(tmp_path: Path) -> None:
    started, stop = tmp_path / "started", threading.Event()
    program = f"import time; open({str(started)!r}, 'w').close(); time.sleep(600)"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(command(program).renew, Renewal(stop=stop))
        eventually(started.exists)
        stop.set()
        assert isinstance(running.exception(30), FlyteAuthenticationError)


def test_a_command_that_does_not_exist_is_named_without_its_arguments(tmp_path: Path) -> None:
    details = failure(CommandSource((str(tmp_path / "missing"), "hush")))
    assert "missing' cannot be run: No such file" in details
    assert "hush" not in details


def test_a_command_waits_for_nobody_to_type() -> None:
    assert failure(command("input()")).endswith("EOFError: EOF when reading a line")


def test_a_static_token_is_what_was_given() -> None:
    assert StaticSource(" abc\n").fetch() == Token("abc")
    token = Token("abc", 5)
    assert StaticSource(token).fetch() is token


def test_a_function_is_asked_for_each_token() -> None:
    values: Iterator[str | Token] = iter([" a ", Token("b", 7)])
    source = CallableSource(lambda: next(values))
    assert source.fetch() == Token("a")
    assert source.fetch().expires_at == 7


def test_a_function_that_returns_something_else_is_an_error() -> None:
    def give() -> str:
        return cast("str", b"hush")

    source = CallableSource(give)
    assert failure(source) == "the token function returned bytes, not text"
