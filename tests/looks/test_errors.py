"""Errors in words, whatever has written them."""

from __future__ import annotations

import pytest

from flytebind.looks._errors import faults, in_brief, in_full
from flytebind.models.core.execution import ExecutionError
from tests.real import recordings

TRACE = """Trace:

    Traceback (most recent call last):
      File "flows.py", line 3, in double
        raise ValueError("{0}")
    ValueError: {0}

Message:

    ValueError: {0}"""

GROUP = """Trace:

      + Exception Group Traceback (most recent call last):
      |   File "flows.py", line 3, in many
      |     raise ExceptionGroup("many", [ValueError("one"), TypeError("two")])
      | ExceptionGroup: many (2 sub-exceptions)
      +-+---------------- 1 ----------------
        | Traceback (most recent call last):
        |   File "flows.py", line 2, in one
        |     raise ValueError("one")
        | ValueError: one
        +---------------- 2 ----------------
        | TypeError: two
        +------------------------------------"""

CHAIN = """Traceback (most recent call last):
  File "flows.py", line 2, in read
    raise KeyError("x")
KeyError: 'x'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "flows.py", line 9, in run
    raise RuntimeError("no x")
RuntimeError: no x

SYSTEM ERROR! Contact platform administrators."""

PANIC = """panic when executing a plugin [container]. Stack: [goroutine 512 [running]:
runtime/debug.Stack()
\t/usr/local/go/src/runtime/debug/stack.go:24 +0x5e
panic({0x1f3a2e0?, 0x3c1f1b0?})]"""

KILLED = """[1/1] currentAttempt done. Last Error: USER::Pod failed. No message received.
[f2e-n0-0] terminated with exit code (137). Reason [OOMKilled]. Message:

{"asctime": "19:07:02", "message": "nested"}
."""


def error(message: str, code: str = "") -> ExecutionError:
    return ExecutionError(code, message, "", ExecutionError.ErrorKind.USER)


@pytest.mark.parametrize(
    ("code", "message", "line"),
    [
        ("USER:RuntimeError", TRACE.format("boo"), "USER:RuntimeError: ValueError: boo"),
        ("", "[1]: " + TRACE.format("1 is bad"), "[1]: ValueError: 1 is bad"),
        (
            "",
            "[1]: " + TRACE.format("1 is bad") + "\n[3]: " + TRACE.format("3 is bad") + "\n",
            "[1]: ValueError: 1 is bad (and 1 more)",
        ),
        (
            "RetriesExhausted|USER:Recoverable",
            "[3/3] currentAttempt done. Last Error: USER::" + TRACE.format("boo"),
            "RetriesExhausted|USER:Recoverable: 3/3 attempts: ValueError: boo",
        ),
        (
            "RetriesExhausted|OOMKilled",
            KILLED,
            "RetriesExhausted|OOMKilled: 1/1 attempts: Pod failed. No message received.",
        ),
        ("X", TRACE.format("boo").partition("\n\nMessage:")[0], "X: ValueError: boo"),
        ("X", CHAIN.replace("Error: no x", "Error: no x\nno y"), "X: RuntimeError: no x"),
        (
            "X",
            'Traceback (most recent call last):\n  File "f.py", line 3, in',
            'X: File "f.py", line 3, in',
        ),
        ("X", "gave up\n" + CHAIN.partition("\nKeyError")[0], "X: gave up"),
        ("X", GROUP, "X: ExceptionGroup: many (2 sub-exceptions)"),
        ("SYSTEM", CHAIN, "SYSTEM: RuntimeError: no x"),
        ("X", TRACE.format("boo") + "\n\nUser error.", "X: ValueError: boo"),
        ("X", TRACE.format("x") + "\n\nMessage:\n\n    the last one", "X: the last one"),
        (
            "RuntimeExecutionError",
            PANIC,
            "RuntimeExecutionError: panic when executing a plugin [container]",
        ),
        ("X", "panic: nil map\n\ngoroutine 1 [running]:\nmain.main()", "X: panic: nil map"),
        ("X", "\x1b[1;31mred\x1b[0m alert", "X: red alert"),
        ("X", "\x1b]0;title\x07bell", "X: \\x1b]0;title\\x07bell"),
        ("X", "a line\r\nanother", "X: a line"),
        ("X", "", "X"),
        ("", " \n", "nobody says why"),
    ],
)
def test_in_brief_it_is_what_went_wrong(code: str, message: str, line: str) -> None:
    assert in_brief(error(message, code)) == line
    assert in_full(error(message, code)).split("\n")[0] == line


def test_no_error_is_nothing_in_brief() -> None:
    assert in_brief(None) == ""


def test_all_of_it_begins_with_what_went_wrong_and_ends_with_the_trace() -> None:
    assert in_full(error(TRACE.format("boo"), "USER:ValueError")).split("\n") == [
        "USER:ValueError: ValueError: boo",
        "",
        "    Traceback (most recent call last):",
        '      File "flows.py", line 3, in double',
        '        raise ValueError("boo")',
        "    ValueError: boo",
    ]


def test_several_items_are_told_before_their_traces() -> None:
    both = "[1]: " + TRACE.format("1 is bad") + "\n[3]: " + TRACE.format("3 is bad")
    lines = in_full(error(both)).split("\n")
    assert lines[:4] == [
        "[1]: ValueError: 1 is bad (and 1 more)",
        "    [3]: ValueError: 3 is bad",
        "",
        "    [1]",
    ]
    assert lines[-1] == "    ValueError: 3 is bad"


def test_every_line_of_a_message_is_told() -> None:
    message = "Message:\n\n    ValueError: first\n      second\n\n    third\x1b[2J"
    assert in_full(error(message)).split("\n") == [
        "ValueError: first",
        "      second",
        "",
        "    third\\x1b[2J",
    ]


@pytest.mark.parametrize(
    "text",
    ["x" * 100_000, "\n" * 99_999 + "x", " " * 100_000 + "x", ". " * 50_000, "[1]: " * 20_000],
)
def test_a_hundred_kilobytes_are_one_short_line(text: str) -> None:
    assert len(in_brief(error(text, "X"))) <= 100


@pytest.mark.parametrize(
    "name", [name for name, each in recordings.expected().items() if each.get("error")]
)
def test_what_real_executions_failed_of_is_told_in_one_line(name: str) -> None:
    code, text = recordings.expected()[name]["error"]
    (told,) = faults(error(text, code))
    assert "Trace" not in told.headline
    assert not told.headline.endswith(":")
    last = text.rpartition("\nMessage:\n")[2].strip()
    assert ("Message:" in text.split("\n")) == (told.trace != "")
    if told.trace:
        assert told.message == last
