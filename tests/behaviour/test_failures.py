"""Errors of executions in notebooks."""

from __future__ import annotations

import pytest

from flytebind.models.core.execution import ExecutionError
from flytebind.runtime.text import PRE

Kind = ExecutionError.ErrorKind


def shown(code: str, message: str, kind: Kind = Kind.USER) -> str:
    return ExecutionError(code, message, "", kind)._repr_html_()


def test_a_notebook_shows_code_kind_and_the_message_as_it_was_printed() -> None:
    text = shown("USER:ValueError", "Traceback:\n  line 1\n")
    head = "<b>USER:ValueError</b> <i>USER</i> "
    assert text == f"{head}{PRE}Traceback:\n  line 1\n</pre>"


def test_what_a_program_printed_is_no_markup() -> None:
    text = shown("<b>", "<script>alert('x')</script> & more")
    assert "<script" not in text
    assert "<b>&lt;b&gt;</b>" in text
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; &amp; more" in text


@pytest.mark.parametrize(
    "message",
    [
        "\x1b[1;31mred\x1b[0m",
        "\x1b[38;5;196mred\x1b[m",
        "\x1b]0;title\x07red",
        "\x1b]8;;https://example.com\x1b\\red\x1b]8;;\x1b\\",
        "\x1b[2K\x1b[1Gred",
        "\x1bcred",
        "\x1b(Bred",
        "\x1b[31",
    ],
)
def test_what_terminals_obey_is_gone(message: str) -> None:
    assert "\x1b" not in shown("code", message)


def test_a_colour_leaves_the_text_that_it_colours() -> None:
    assert shown("c", "a \x1b[1;31mred\x1b[0m b").endswith(f"{PRE}a red b</pre>")


def test_a_kind_without_a_name_is_shown_by_number() -> None:
    assert "<i>UNRECOGNIZED_42</i>" in shown("c", "m", Kind(42))
