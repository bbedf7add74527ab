"""How one module spells the names that it refers to.

Inside of a class body, annotations and decorators are looked up among the class's own members
first, so a name that collides with a member goes through a module alias.
"""

from __future__ import annotations

from collections.abc import Sequence

from flytegen.common.home import Home
from flytegen.common.imports import Imports

#: What methods call their own variables: a class of that name is out of their sight.
_LOCALS = frozenset(("found", "model", "pb", "self", "value", "which"))


class Scope:
    """Spells names for the annotations and decorators of one class body, or of a module."""

    def __init__(
        self,
        module: str,
        roots: Sequence[str],
        imports: Imports,
        module_names: frozenset[str],
        members: frozenset[str] = frozenset(),
        qualname: str = "",
    ) -> None:
        self._module = module
        self._roots = roots
        self._imports = imports
        self._module_names = module_names
        self._members = members
        self._qualname = qualname

    def inside(self, qualname: str, members: frozenset[str]) -> Scope:
        """The scope of a class body with these members."""
        return Scope(
            self._module, self._roots, self._imports, self._module_names, members, qualname
        )

    def builtin(self, name: str) -> str:
        """A builtin, such as ``str`` or ``property``."""
        if name in self._members or name in self._module_names:
            return f"{self._imports.use('builtins')}.{name}"
        return name

    def helper(self, module: str, name: str) -> str:
        """A name of a module that is not generated."""
        return self._imports.use(module, name)

    def of_class(self, home: Home) -> str:
        """A generated class, as an annotation spells it."""
        if home.module != self._module:
            return f"{self.of_module(home.module)}.{home.qualname}"
        if home.qualname.partition(".")[0] in self._members:
            return f"{self._itself()}.{home.qualname}"
        return home.qualname

    def in_default(self, home: Home) -> str:
        """A generated class, as what runs in the class body spells it: a default, a constant."""
        outer, _, inner = home.qualname.rpartition(".")
        is_own = home.module == self._module and outer == self._qualname and bool(outer)
        return inner if is_own else self.of_class(home)

    def in_body(self, home: Home) -> str:
        """A generated class, as the body of a method spells it, where members are out of sight."""
        if home.module != self._module:
            return self.of_class(home)
        if home.qualname.partition(".")[0] in _LOCALS:
            return f"{self._itself()}.{home.qualname}"
        return home.qualname

    def _itself(self) -> str:
        """The module that is being written."""
        package, _, name = self._module.rpartition(".")
        return self._imports.use(package, name, "_this")

    def of_module(self, module: str) -> str:
        """Another generated module: ``_core_literals``."""
        package, _, name = module.rpartition(".")
        root = next((item for item in self._roots if module.startswith(f"{item}.")), "")
        below_root = module.removeprefix(f"{root}.")
        return self._imports.use(package, name, "_" + below_root.replace(".", "_"))
