"""Sort keys as people type them."""

from __future__ import annotations

import re

from flyteidl.admin import common_pb2

from flytebind.runtime.entity import FlyteIdlEntity
from flytebind.runtime.typing import Self

# Not compiled here: every program that imports models would pay for it.
_FORM = r"\s*(asc|desc)\(\s*(\S|\S.*\S)\s*\)\s*"


class SortText(FlyteIdlEntity[common_pb2.Sort]):
    """For ``Sort``: reads ``asc(key)`` and ``desc(key)``."""

    __slots__ = ()

    @classmethod
    def from_python_std(cls, text: str) -> Self:
        """Read ``asc(key)`` or ``desc(key)``; space around the parts does not count.

        Raises:
            ValueError: If it is neither.
        """
        form = re.fullmatch(_FORM, text, re.DOTALL)
        if form is None:
            raise ValueError(f"{text!r} is not a sort key; the forms are asc(key) and desc(key)")
        order, key = form.groups()
        is_ascending = order == "asc"
        direction = common_pb2.Sort.ASCENDING if is_ascending else common_pb2.Sort.DESCENDING
        return cls._wrap(common_pb2.Sort(key=key, direction=direction))
