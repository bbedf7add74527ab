"""What a generated module imports.

Each name gets a private alias, because a message may be called ``Literal`` and a field
``datetime``.
"""

from __future__ import annotations

from flytegen.schema import Import

#: Type checkers know this name only as it is.
_KEEPS_ITS_NAME = "TYPE_CHECKING"


class Imports:
    """The imports of one module, each under an alias of its own."""

    def __init__(self, known: tuple[Import, ...] = ()) -> None:
        self._by_target = {(item.module, item.name): item for item in known}

    def use(self, module: str, name: str = "", alias: str = "") -> str:
        """The alias under which a module, or a name of it, is imported from now on."""
        known = self._by_target.get((module, name))
        if known is None:
            wanted = name if name == _KEEPS_ITS_NAME else alias or f"_{name or module}"
            taken = {item.alias for item in self._by_target.values()}
            while wanted in taken:
                wanted += "_"
            known = self._by_target[module, name] = Import(module, name, wanted)
        return known.alias

    def all(self) -> tuple[Import, ...]:
        """What has been asked for, sorted."""
        return tuple(sorted(self._by_target.values()))
