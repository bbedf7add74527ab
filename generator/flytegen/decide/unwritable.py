"""Message classes whose names generated code cannot write after a dot."""

from __future__ import annotations

import keyword

from flytegen.common.code import Call, Name, Text
from flytegen.schema import UnwritableClass


class UnwritableClasses:
    """The message classes of one module that cannot be written after a dot, under aliases."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._found: list[UnwritableClass] = []

    def named(self, owner: Name, name: str) -> Name:
        """What a class body calls the message class ``name`` of ``owner``."""
        is_keyword = keyword.iskeyword(name)
        if not is_keyword and not name.startswith("__"):
            return owner.member(name)
        alias = f"_pb2__{len(self._found) + 1}"
        getattr_ = Name("builtins", "getattr", "here")
        # mypy-protobuf's name for a class that is called like a keyword.
        typed = owner.member(f"_r_{name}" if is_keyword else name)
        spelled = Call(getattr_, (owner, Text.of(name))) if is_keyword else typed
        self._found.append(UnwritableClass(alias, spelled, typed))
        return Name(self._module, alias, "here")

    def all(self) -> tuple[UnwritableClass, ...]:
        """In an order in which each can be found by those before it."""
        return tuple(self._found)
