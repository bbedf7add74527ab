"""The modules of the runtime stand on one another, in one order."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from flytebind import runtime
from tests.support.circles import circle


def test_no_module_of_the_runtime_imports_itself_through_others() -> None:
    assert circle(runtime) == []


@pytest.mark.parametrize(
    "back",
    [
        "from rounds.one import X",
        "from rounds import one",
        "from . import one",
        "import rounds.one",
        "if TYPE_CHECKING:\n    from .one import X",
        "def late():\n    from rounds.one import X",
    ],
)
def test_a_circle_is_seen_however_it_is_imported(back: str, tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    (tmp_path / "one.py").write_text("from rounds.two import Y")
    (tmp_path / "two.py").write_text(back)
    rounds = ModuleType("rounds")
    rounds.__path__ = [str(tmp_path)]
    assert set(circle(rounds)) == {"rounds.one", "rounds.two"}
