"""Inputs and outputs by name, converted when they are touched."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import UnionType
from typing import TYPE_CHECKING, TypeVar, get_origin, overload

from flytebind._transfer.links import Links
from flytebind.models.core.interface import Variable
from flytebind.models.core.literals import Literal, LiteralMap
from flytebind.models.core.types import LiteralType
from flytebind.runtime.errors import FlyteError
from flytebind.runtime.fields import did_you_mean
from flytebind.runtime.homes import public_in
from flytebind.values._load import Load

# The conversions take 15 ms to import, and many programs never look at a value.
D = TypeVar("D")
T = TypeVar("T")


_MISSING = object()

#: How many names an error lists.
_LISTED = 20


@public_in("flytebind.values")
class LiteralsResolver(Mapping[str, object]):
    """Literals by name, as Python values.

    ``outputs["o0"]`` is a plain value, ``outputs.get("o0", as_type=Model)`` one of a type that you
    name. Each is made when it is first asked for, and kept. Equal when the literals are equal;
    pickles and copies go without the ways to fetch more.

    Args:
        literals: The values.
        variable_map: Their declared types, or a function that gets them. It is called when a type
            matters for a value that is asked for, and at most once.
        type_hints: Types to use for some names where ``get`` is not told another.
        load: Fetches literals that were too large to travel.
        links: Gets what signs links to files, for the handles among the values.
        label: What errors call all of them: ``outputs``.
    """

    def __init__(
        self,
        literals: Mapping[str, Literal] | LiteralMap,
        variable_map: (
            Mapping[str, Variable] | Callable[[], Mapping[str, Variable] | None] | None
        ) = None,
        *,
        type_hints: Mapping[str, type] | None = None,
        load: Load | None = None,
        links: Callable[[], Links | None] | None = None,
        label: str = "literals",
    ) -> None:
        self._literals = literals.literals if isinstance(literals, LiteralMap) else dict(literals)
        self._variable_map = variable_map
        self._type_hints = dict(type_hints or {})
        self._load = load
        self._links = links
        self._label = label
        self._native: dict[str, object] = {}
        self._typed: dict[tuple[str, object, str], object] = {}
        self._lock = threading.Lock()

    @property
    def literals(self) -> Mapping[str, Literal]:
        """The literals as they came."""
        return self._literals

    @property
    def variable_map(self) -> Mapping[str, Variable] | None:
        """The declared types, fetched if need be; None where there are none.

        Raises:
            FlyteError: If they cannot be fetched.
        """
        with self._lock:
            if callable(self._variable_map):
                self._variable_map = self._variable_map()
            return self._variable_map

    @property
    def native_values(self) -> Mapping[str, object]:
        """The plain values that have been asked for so far."""
        return dict(self._native)

    def as_dict(self) -> dict[str, object]:
        """All values, converted."""
        return dict(self)

    def get_literal(self, name: str) -> Literal:
        """The literal of a name.

        Raises:
            KeyError: If there is no such name.
        """
        try:
            return self._literals[name]
        except KeyError:
            raise KeyError(self._no_such(name)) from None

    @overload
    def get(self, name: str, default: None = None) -> object: ...
    @overload
    def get(self, name: str, default: D) -> object | D: ...
    @overload
    def get(self, name: str, *, as_type: type[T]) -> T: ...
    @overload
    def get(self, name: str, default: D, *, as_type: type[T]) -> T | D: ...
    @overload
    def get(self, name: str, default: object = ..., *, as_type: object) -> object: ...
    def get(self, name: str, default: object = _MISSING, *, as_type: object = None) -> object:
        """The value of a name.

        Without ``as_type`` this is the ``get`` of every mapping: a name that is not there gives
        ``default``, which is None unless given. With ``as_type`` the answer is of that type, so a
        name that is not there is an error unless there is a ``default``.

        Args:
            name: The name.
            default: What to answer when there is no such name.
            as_type: What to make of the literal; see ``to_type`` for what it can be.

        Raises:
            KeyError: If there is no such name, ``as_type`` is given, and ``default`` is not.
            TypeError: If ``default`` is a type, which is what flytekit takes second.
            FlyteCallError: If the server cannot be asked for a type that matters.
            FlyteValueError: If the literal does not fit.
            FlyteDataError: If it was too large to travel and cannot be fetched.
        """
        if _is_type(default):
            shown = getattr(default, "__name__", default)
            raise TypeError(
                f"get({name!r}, {shown}): what comes second is the default; to have the value as a"
                f" type, write get({name!r}, as_type={shown})"
            )
        if name not in self._literals and default is not _MISSING:
            return default
        if as_type is not None:
            return self._as_type(name, as_type)
        return self[name] if name in self._literals else None

    def __getitem__(self, name: str) -> object:
        if name in self._native:
            return self._native[name]
        literal = self.get_literal(name)
        from flytebind.values._native import to_native, type_matters

        if name in self._type_hints:
            value = self._as_type(name, self._type_hints[name])
        else:
            matters = type_matters(literal)
            declared = self._declared(name) if matters else None
            value = to_native(
                literal, declared, path=self._path(name), load=self._load, links=self._links
            )
            if matters and callable(self._variable_map):
                return value  # The types could not be had; they may be the next time.
        return self._native.setdefault(name, value)

    def __contains__(self, name: object) -> bool:
        return name in self._literals

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._literals, key=_in_numbers))

    def __len__(self) -> int:
        return len(self._literals)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LiteralsResolver):
            return dict(self._literals) == dict(other._literals)
        return NotImplemented

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (
            dict(self._literals),
            None if callable(self._variable_map) else self._variable_map,
            self._type_hints,
            self._label,
        )

    if not TYPE_CHECKING:  # or no name would be wrong

        def __getattr__(self, name: str) -> object:
            from flytebind._flytekit import no_attribute

            raise no_attribute(self, "LiteralsResolver", name)

    def __repr__(self) -> str:
        items = ", ".join(f"{name!r}: {text}" for name, text in self._briefly())
        return f"{type(self).__name__}({{{items}}})"

    def __rich_repr__(self) -> Iterator[tuple[str, object]]:
        for name, text in self._briefly():
            yield name, _Shown(text)

    def _repr_html_(self) -> str:
        import html

        rows = "".join(
            f"<tr><th>{html.escape(name)}</th>" f"<td><code>{html.escape(text)}</code></td></tr>"
            for name, text in self._briefly()
        )
        return f"<table>{rows}</table>"

    def _declared(self, name: str) -> LiteralType | None:
        """The declared type; None where there is none, or where it is known nowhere."""
        try:
            variable = (self.variable_map or {}).get(name)
        except FlyteError as error:
            if error.passing:
                raise
            return None  # Literals tell most of it themselves.
        return variable.type if variable else None

    def _as_type(self, name: str, as_type: object) -> object:
        from flytebind.values._typed import to_type

        literal = self.get_literal(name)
        # Unions that differ in order alone are equal, yet may convert differently.
        key = (name, as_type, repr(as_type))
        convert = partial(
            to_type, literal, as_type, path=self._path(name), load=self._load, links=self._links
        )
        try:
            if key in self._typed:
                return self._typed[key]
        except TypeError:  # a type that does not hash, such as one annotated with a list
            return convert()
        return self._typed.setdefault(key, convert())

    def _briefly(self) -> Iterator[tuple[str, str]]:
        from flytebind.values._brief import brief

        return ((name, brief(self._literals[name])) for name in self)

    def _path(self, name: str) -> str:
        return f"{self._label}[{name!r}]"

    def _no_such(self, name: str) -> str:
        names = [repr(known) for known in self]
        more = ["..."] if len(names) > _LISTED else []
        known = ", ".join(names[:_LISTED] + more) or "none"
        return f"no {name!r} among {self._label} ({known}){did_you_mean(name, self)}"


def _restored(
    literals: Mapping[str, Literal],
    variable_map: Mapping[str, Variable] | None,
    type_hints: Mapping[str, type],
    label: str,
) -> LiteralsResolver:
    return LiteralsResolver(literals, variable_map, type_hints=type_hints, label=label)


def _is_type(value: object) -> bool:
    """Whether a value could be meant as a type: ``int``, ``list[int]`` or ``int | None``."""
    return isinstance(value, (type, UnionType)) or get_origin(value) is not None


class _Shown:
    """Prints as its text, without quotes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _in_numbers(name: str) -> list[str | tuple[int, str]]:
    """Sorts ``o2`` before ``o10``."""
    parts = re.split(r"([0-9]+)", name)
    return [
        (len(part.lstrip("0")), part) if index % 2 else part for index, part in enumerate(parts)
    ]
