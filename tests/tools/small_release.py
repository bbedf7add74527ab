"""The sources of a release that is small enough to compare in a moment."""

from __future__ import annotations

from pathlib import Path

#: A small flytebind: two roots, a base class, a lazy facade, and what is nobody's business.
SOURCES = {
    "src/flytebind/runtime/__init__.py": """
__all__ = ["Model"]
from flytebind.runtime.model import Model
""",
    "src/flytebind/runtime/_version.py": '__version__ = "1.2.3"\n',
    "src/flytebind/runtime/model.py": """
class Model:
    def to_dict(self, indent: int = 2) -> dict[str, object]: ...
    def _touch(self) -> None: ...
""",
    "src/flytebind/runtime/checks.py": "def fail(model: str, field: str) -> None: ...\n",
    "src/flytebind/remote/io.py": "def poll() -> None: ...\n",
    "src/flytebind/runs/waits.py": """
__all__ = ["wait"]
def wait() -> None: ...
""",
    "generated/flytebind/models/__init__.py": "",
    "generated/flytebind/models/admin.py": """
__all__ = ["Execution", "Task"]
from flytebind.runtime.model import Model as _Model
class Execution(_Model):
    class Phase:
        RUNNING = 1
        QUEUED = 2
    @property
    def id(self) -> str: ...
class Task(_Model):
    def __init__(self, name: str, *, kind: str | None = None) -> None: ...
""",
    "generated/flytebind/models/task.py": """
__all__ = ["Task"]
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from flytebind.models.admin import Task
else:
    __getattr__ = None
""",
}


def write(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """Write the sources, with texts replaced: where, what and by what."""
    for name, source in SOURCES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for where, old, new in changes:
            if where == path.name:
                assert old in source
                source = source.replace(old, new)
        path.write_text(source)
    return folder
