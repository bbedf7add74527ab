"""What one class body, or a module, has to say to get at what it refers to.

Inside of a class body, annotations and decorators are looked up among the class's own members
first, so a name that collides with a member goes through the module that has it.
"""

from __future__ import annotations

from dataclasses import dataclass

from flytegen.common.code import Name
from flytegen.common.home import Home

#: What methods call their own variables: a class of that name is out of their sight.
_LOCALS = frozenset(("found", "model", "pb", "self", "value", "which"))


@dataclass(frozen=True)
class Scope:
    """What is in sight of the annotations and decorators of one class body, or of a module."""

    module: str
    module_names: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    qualname: str = ""

    def inside(self, qualname: str, members: frozenset[str]) -> Scope:
        """The scope of a class body with these members."""
        return Scope(self.module, self.module_names, members, qualname)

    def builtin(self, name: str) -> Name:
        """A builtin, such as ``str`` or ``property``."""
        is_taken = name in self.members or name in self.module_names
        return Name("builtins", name, "module" if is_taken else "here")

    def of_class(self, home: Home) -> Name:
        """A generated class in an annotation."""
        return self._named(home, self.members)

    def in_default(self, home: Home) -> Name:
        """A generated class in what runs in the class body: a default, a constant."""
        outer, _, name = home.qualname.rpartition(".")
        is_own = home.module == self.module and outer == self.qualname and bool(outer)
        return Name(home.module, name, "here") if is_own else self.of_class(home)

    def in_body(self, home: Home) -> Name:
        """A generated class in the body of a method, where members are out of sight."""
        return self._named(home, _LOCALS)

    def _named(self, home: Home, hidden_by: frozenset[str]) -> Name:
        outermost = home.qualname.partition(".")[0]
        is_here = home.module == self.module and outermost not in hidden_by
        return Name(home.module, home.qualname, "here" if is_here else "module")
