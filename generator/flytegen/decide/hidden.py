"""Message classes whose names generated code cannot write after a dot."""

from __future__ import annotations

import keyword

from flytegen.schema import HiddenClass


class HiddenClasses:
    """The message classes of one module that cannot be written after a dot, under aliases."""

    def __init__(self) -> None:
        self._found: list[HiddenClass] = []

    def spelled(self, owner: str, name: str) -> str:
        """What a class body calls the message class ``name`` of ``owner``."""
        is_keyword = keyword.iskeyword(name)
        if not is_keyword and not name.startswith("__"):
            return f"{owner}.{name}"
        alias = f"_pb2__{len(self._found) + 1}"
        found = f'getattr({owner}, "{name}")' if is_keyword else f"{owner}.{name}"
        # mypy-protobuf's name for a class that is called like a keyword.
        typed = f"{owner}._r_{name}" if is_keyword else f"{owner}.{name}"
        self._found.append(HiddenClass(alias, found, typed))
        return alias

    def all(self) -> tuple[HiddenClass, ...]:
        """In an order in which each can be found by those before it."""
        return tuple(self._found)
