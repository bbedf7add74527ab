"""What generated files import, and what they call it."""

from __future__ import annotations

import re
from pathlib import Path

from flytegen.common.code import Name
from flytegen.write.importer import Importer

TEMPLATES = Path(__file__).parents[3] / "templates"

#: A variable, or a member of a class, that the text of a template gives a value.
_GIVEN = re.compile(r"\bfor (_\w+) in|\bas (_\w+):|^    (_[a-z]\w*)(?:: .*)? = ", re.MULTILINE)


def test_no_import_is_called_as_a_template_calls_a_variable() -> None:
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.j2")]
    given = {name for text in texts for found in _GIVEN.findall(text) for name in found if name}
    assert {"_error", "_item", "_pb_type", "_takes"} <= given
    for name in sorted(given):
        folder = name.removeprefix("_")
        spelled = Importer(["acme"]).spell(Name(f"acme.{folder}.x", "M", "module"))
        assert spelled == f"{name}_.x.M"


def test_what_a_package_at_work_has_is_imported_itself() -> None:
    importer = Importer(["acme"], busy={"acme.busy"})
    assert importer.spell(Name("acme.busy.x", "M", "module")) == "_busy_x.M"
    assert importer.spell(Name("acme.calm.x", "M", "module")) == "_calm.x.M"
    assert importer.spell(Name("acme.x", "M", "module")) == "_acme.x.M"
    assert list(importer.statements("acme")) == [
        [
            "import acme as _acme",
            "from acme import calm as _calm",
            "from acme.busy import x as _busy_x",
        ]
    ]
