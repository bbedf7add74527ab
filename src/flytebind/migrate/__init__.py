"""Programs that come from flytekit's remote: what becomes of its names, and what to change.

``python -m flytebind.migrate PATHS`` lists what needs a hand; ``check`` does so for programs. The
tables are those of ``docs/migrating.md``. Needs the extra ``remote``.
"""

from __future__ import annotations

from flytebind._flytekit import Row, Verdict, rows
from flytebind._flytekit.errors import ExceptionRow, exceptions
from flytebind.migrate._scan import Edit, Finding, changed, check

__all__ = [
    "Edit",
    "ExceptionRow",
    "Finding",
    "Row",
    "Verdict",
    "changed",
    "check",
    "exceptions",
    "rows",
]
