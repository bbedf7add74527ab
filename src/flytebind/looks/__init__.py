"""What people see of executions: trees, errors and progress, made of models alone.

Nothing here makes a call, or knows where an execution came from: whoever has one hands over an
``ExecutionSnapshot``. Needs no grpc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.lazy import lazy_module as _lazy_module

__all__ = [
    "ArrayItem",
    "ExecutionSnapshot",
    "NodeSnapshot",
    "Row",
    "Span",
    "Tree",
    "first_failure",
    "tree",
]

if TYPE_CHECKING:
    from flytebind.looks._failure import first_failure
    from flytebind.looks._items import ArrayItem
    from flytebind.looks._rows import Row, Span
    from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
    from flytebind.looks._tree import Tree, tree
else:
    __getattr__, __dir__ = _lazy_module(
        __name__,
        homes={
            "_failure": ["first_failure"],
            "_items": ["ArrayItem"],
            "_rows": ["Row", "Span"],
            "_snapshots": ["ExecutionSnapshot", "NodeSnapshot"],
            "_tree": ["Tree", "tree"],
        },
    )
