# ruff: noqa: E501  # long lines are what this is about
"""Our templates print black's form, and only what is too long goes through black."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flytegen import locate
from flytegen.common.code import LINE_LENGTH
from flytegen.decide.build import build
from flytegen.decide.pb2 import literal
from flytegen.overlay.entries import Overlay
from flytegen.read.descriptor_set import source_of_set
from flytegen.write.format import Complaint, check_one, format_one, wrap_one
from flytegen.write.render import render
from flytegen.write.wrapping import wrap_long_lines
from tests.generator.foreign import hard_cases

LONG = "a_name_that_is_long = " + " + ".join(["a_name_of_a_number"] * 6)

#: Statements in black's form but for long lines, which stand where templates have some.
AWKWARD = f'''\
"""A module, whose docstring looks like code.


class Model:
    {LONG}
"""

from __future__ import annotations

{LONG}


@decorated("with a text that is long, and which no formatter can make any shorter than it is now, sorry")
class Model(Base[{"a_module_of_a_long_name." * 3}Model], {"an_other_module_of_a_name." * 2}Model):
    """A docstring with a line that is long, and longer, and longer, and longer than any line may be."""

    TEXT = "äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü äöü 漢字漢"

    @decorated
    def which(self) -> tuple[Literal["a_first_member"], Member] | tuple[Literal["a_second_one"], None] | None:
        """It is a docstring."""
        match self.WhichOneof("kind"):
            case "a_first_member":
                return "a_first_member", Wrapped(self.a_message_of_a_long_name.a_first_member, wrapped=True)
            case _:
                return None

    def __init__(
        self,
        name: Sequence[a_module_of_a_long_name.AMessageOfALongName] | AMessageOfALongName | None = None,
    ) -> None:
        try:
            if name is not None and not yields(name, self, "a_oneof_of_a_long_name", "another_one_of_it"):
                for item in name:
                    self.items.append({{item.name: item.value, "another": item.value, "the last": item.last}})
        except MISTAKES as error:
            fail(self, locals(), error, "with something to say that makes of it a line which is too long")

    if TYPE_CHECKING:

        def replace(self, *, name: Sequence[a_module_of_a_long_name.AMessageOfALongName] = ...) -> Self: ...

        async def other(
            self,
        ) -> Model: ...
'''


def test_what_is_too_long_is_wrapped_as_black_would_and_the_rest_stays() -> None:
    wrapped = wrap_one(AWKWARD)
    assert wrapped == format_one(AWKWARD)
    assert wrapped != AWKWARD


def test_no_line_is_given_to_black_that_is_short_enough() -> None:
    given: list[str] = []

    def note(text: str, columns: int) -> str:
        given.append(text)
        return text

    text = f"A = 1\n\n\nclass B:\n    C = 1\n    {LONG}\n\n\nclass D:\n    pass\n"
    assert wrap_long_lines(text, LINE_LENGTH, note) == text
    assert given == [f"{LONG}\n"]


@pytest.mark.parametrize("form", [wrap_one, check_one])
def test_what_is_not_python_is_told_with_its_line(form: Callable[[str], str | Complaint]) -> None:
    complaint = form(f"A = 1\n\n\nclass B:\n    {LONG}\n\n\ndef f() -> :\n")
    assert isinstance(complaint, Complaint)
    assert complaint.line == 8


def test_all_that_protobuf_lets_people_write_is_printed_in_blacks_form() -> None:
    source = source_of_set("the hard cases", hard_cases().file, "hard")
    texts = render(build(source, Overlay()), [locate.templates()])
    different = [
        name
        for name, text in texts.items()
        if name.endswith(".py") and wrap_one(text) != format_one(text)
    ]
    assert different == []


@pytest.mark.parametrize(
    "data", [b"a", b"'", b'"', b"'\"", b"''\"", b"\\'", b"'\\\"", b"\x00\xff\n"]
)
def test_bytes_are_spelled_as_black_spells_them(data: bytes) -> None:
    statement = f"f({literal(data)})\n"
    assert eval(literal(data)) == data
    assert format_one(statement) == statement
