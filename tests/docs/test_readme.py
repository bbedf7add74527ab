"""What the README shows is true."""

from __future__ import annotations

import re
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"


def test_the_examples_run_in_the_order_they_are_read() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    tour = [block for block in blocks if "flytekit" not in block]  # all but the before/after
    assert len(tour) >= 5
    exec("\n".join(tour), {"__name__": "readme"})


def test_the_files_it_links_to_exist() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", README.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
