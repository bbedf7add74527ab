"""What people see: progress while they wait, and executions as trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.lazy import lazy_module as _lazy_module

if TYPE_CHECKING:
    from flytebind.remote.looks import failure as failure, progress as progress, tree as tree
else:
    __getattr__, __dir__ = _lazy_module(__name__, ["failure", "progress", "tree"])
