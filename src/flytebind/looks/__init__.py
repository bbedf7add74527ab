"""What people see of executions: trees, errors and progress, made of models alone.

Nothing here makes a call, or knows where an execution came from: whoever has one hands over an
``ExecutionSnapshot``. Needs no grpc.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flytebind.runtime.lazy import lazy_module as _lazy_module

__all__ = [
    "ArrayItem",
    "Card",
    "ExecutionList",
    "ExecutionSnapshot",
    "NodeMapping",
    "NodeSnapshot",
    "Row",
    "Span",
    "Timeline",
    "Tree",
    "Work",
    "card",
    "first_failure",
    "timeline",
    "tree",
]

if TYPE_CHECKING:
    from flytebind.looks._card import Card, card
    from flytebind.looks._collections import ExecutionList, NodeMapping
    from flytebind.looks._failure import first_failure
    from flytebind.looks._items import ArrayItem
    from flytebind.looks._rows import Row, Span
    from flytebind.looks._snapshots import ExecutionSnapshot, NodeSnapshot
    from flytebind.looks._timeline import Timeline, timeline
    from flytebind.looks._tree import Tree, tree
    from flytebind.looks._work import Work
else:
    __getattr__, __dir__ = _lazy_module(
        __name__,
        homes={
            "_card": ["Card", "card"],
            "_collections": ["ExecutionList", "NodeMapping"],
            "_failure": ["first_failure"],
            "_items": ["ArrayItem"],
            "_rows": ["Row", "Span"],
            "_snapshots": ["ExecutionSnapshot", "NodeSnapshot"],
            "_timeline": ["Timeline", "timeline"],
            "_tree": ["Tree", "tree"],
            "_work": ["Work"],
        },
    )
