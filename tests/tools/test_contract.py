"""The document about templates is made of the schema's own words."""

from __future__ import annotations

import pytest

from tools import contract

SCHEMA = '''\
Word = Literal["", "a"]
"""A word."""

class Thing:
    """A thing."""

    name: str | None
    """Its name, in ``code``."""

    @property
    def is_good(self) -> bool:
        """It is good."""

    def parts(self) -> list[str]:
        """Its
        parts."""
'''


def test_each_attribute_becomes_a_row_with_its_docstring() -> None:
    text = contract.tables(SCHEMA)
    assert text.startswith("\n### Thing\n\nA thing.\n")
    assert "| `name` | `str \\| None` | Its name, in `code`. |\n" in text
    assert "| `is_good` | `bool` | It is good. |\n" in text
    assert "| `parts()` | `list[str]` | Its parts. |\n" in text
    assert "| `Word` | empty, `a` | A word. |\n" in text


def test_an_attribute_without_words_is_refused_by_name() -> None:
    with pytest.raises(contract.ContractError, match=r"no docstring: Thing\.name"):
        contract.kinds(SCHEMA.replace('"""Its name, in ``code``."""', ""))
