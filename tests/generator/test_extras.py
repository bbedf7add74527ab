"""Without its libraries, the generator says what to install."""

from __future__ import annotations

import pytest

from tests.support.missing import ending


@pytest.mark.parametrize("library", ["jinja2", "rich"])
def test_without_its_libraries_the_generator_names_what_brings_them(library: str) -> None:
    program = "from flytegen.__main__ import main; sys.exit(main())"
    code, lines = ending(library, program)
    assert code == 2
    assert lines == [f"flytegen: {library} is missing: pip install flytegen"]
