"""An overlay against a package: what the overlay speaks of and the package lacks.

For a package that is older than the overlay that is left out; otherwise it is a mistake.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, get_args, get_origin

from google.protobuf.descriptor import (
    Descriptor,
    EnumDescriptor,
    FieldDescriptor,
    ServiceDescriptor,
)

from flytegen.common.descriptors import walk
from flytegen.common.problems import Problems, did_you_mean
from flytegen.common.toml import dotted
from flytegen.common.versions import is_older
from flytegen.overlay.entries import MessageOverlay, Overlay, Table
from flytegen.overlay.words import Default, Known, unpack
from flytegen.read.source import Source

T = TypeVar("T", bound=Table)

_HINT = "If it was there before: `flytegen diff` says what became of it."


@dataclass(frozen=True)
class Fitted:
    """An overlay that suits a package."""

    overlay: Overlay
    skipped: tuple[str, ...] = ()
    """The keys of the entries that were left out: ``messages."acme.admin.App"``."""


def fit(overlay: Overlay, source: Source) -> Fitted:
    """Trim the overlay where it is written for a newer version of the package.

    Otherwise it stays as it is: what the package does not have is a mistake then.
    """
    if is_older(source.version, than=overlay.package.version):
        return trim(overlay, source)
    return Fitted(overlay)


def trim(overlay: Overlay, source: Source) -> Fitted:
    """Leave out what the overlay says about things that the package does not have."""
    visit = _Visit(overlay, source)
    trimmed = visit.table(overlay, (), source)
    # A module of which nothing is left was for what came later.
    layout = {
        name: item
        for name, item in trimmed.layout.items()
        if item.names or not overlay.layout[name].names
    }
    skipped = sorted({dotted(lack.key) for lack in visit.lacks})
    return Fitted(replace(trimmed, layout=layout), tuple(skipped))


def check(overlay: Overlay, source: Source, problems: Problems) -> None:
    """Add a problem for each thing that the overlay speaks of and the package does not have."""
    visit = _Visit(overlay, source)
    visit.table(overlay, (), source)
    for lack in visit.lacks:
        problems.add(_origin(overlay, lack.key), lack.what, lack.hint)


@dataclass(frozen=True)
class _Lack:
    """Something that the package does not have."""

    key: tuple[str, ...]
    """What cannot be followed for want of it."""
    what: str
    hint: str


class _Visit:
    """One walk through an overlay, which leaves out what the package lacks, and remembers it."""

    def __init__(self, overlay: Overlay, source: Source) -> None:
        self.lacks: list[_Lack] = []
        self._overlay = overlay
        services = [item for file in source.files for item in file.services_by_name.values()]
        items = [item for file in source.files for item in walk(file)]
        messages = {item.full_name: item for item in items if isinstance(item, Descriptor)}
        enums = {item.full_name: item for item in items if isinstance(item, EnumDescriptor)}
        values = [
            f"{name}.{value}" for name, enum in enums.items() for value in enum.values_by_name
        ]
        types: dict[str, object] = {**messages, **enums}
        self._known: dict[str, Mapping[str, object]] = {
            "file": {file.name: file for file in source.files},
            "message": messages,
            "enum": enums,
            "service": {item.full_name: item for item in services},
            "message or enum": types,
            "message, enum or value of an enum": types | dict.fromkeys(values, True),
        }

    def table(self, table: T, path: tuple[str, ...], about: object) -> T:
        """What is left of a table that is about something of the package."""
        left = {
            key: self._value(hint, said, (*path, key), about)
            for key, hint in table.keys().items()
            if (said := getattr(table, key))
        }
        return replace(table, **left)

    def _value(self, hint: object, value: object, path: tuple[str, ...], about: object) -> object:
        """What is left of a value; None if that is nothing."""
        (kind, *_), rules = unpack(hint)
        if self._find(rules, value, path, about) is None:
            return None
        if isinstance(value, Table):
            return self.table(value, path, about)
        if isinstance(value, tuple):
            item_hint, *_ = get_args(kind)
            left = [self._value(item_hint, item, (*path, item), about) for item in value]
            return tuple(item for item in left if item is not None)
        if isinstance(value, Mapping) and get_origin(kind) is Mapping:
            return dict(self._items(kind, value, path, about))
        return value

    def _items(
        self, kind: object, value: Mapping[str, object], path: tuple[str, ...], about: object
    ) -> Iterator[tuple[str, object]]:
        """What is left of a table whose keys are names."""
        key_hint, item_hint = get_args(kind)
        _, rules = unpack(key_hint)
        for key, item in value.items():
            here = (*path, key)
            thing = self._find(rules, key, here, about)
            left = None if thing is None else self._value(item_hint, item, here, thing)
            if left is not None:
                yield key, left

    def _find(
        self, rules: tuple[object, ...], value: object, path: tuple[str, ...], about: object
    ) -> object:
        """The thing that a value names, or, if it names none, the one that the table is about.

        None, and a lack, if the package does not have it.
        """
        for rule in rules:
            if isinstance(rule, Default):
                return about if self._has_default(value, path, about) else None
            if isinstance(rule, Known) and not (rule.or_written and ":" in str(value)):
                what, known = self._things(rule, about)
                return self._ask(what, str(value), known, path)
        return about

    def _things(self, rule: Known, about: object) -> tuple[str, Mapping[str, object]]:
        """What a name may stand for, and what to call that."""
        match rule.kind, about:
            case "field", Descriptor():
                return f"field of {about.full_name}", about.fields_by_name
            case "oneof", Descriptor():
                return f"oneof of {about.full_name}", about.oneofs_by_name
            case "value", EnumDescriptor():
                return f"value of {about.full_name}", about.values_by_name
            case "RPC", ServiceDescriptor():
                return f"RPC of {about.full_name}", about.methods_by_name
        return rule.kind, self._known[rule.kind]

    def _has_default(self, value: object, path: tuple[str, ...], field: object) -> bool:
        """Whether the names are there that a default speaks of, as far as it speaks of any."""
        assert isinstance(field, FieldDescriptor)
        enum, message = field.enum_type, field.message_type
        if isinstance(value, str) and enum is not None:
            what, names, known = f"value of {enum.full_name}", [value], set(enum.values_by_name)
        elif isinstance(value, Mapping) and message is not None:
            said = self._overlay.messages.get(message.full_name, MessageOverlay())
            given = {item.name for item in said.fields.values() if item.name}
            known = {*message.fields_by_name, *given}
            what, names = f"argument of {message.full_name}", list(value)
        else:
            return True
        return all(self._ask(what, name, dict.fromkeys(known, True), path) for name in names)

    def _ask(
        self, what: str, name: str, known: Mapping[str, object], path: tuple[str, ...]
    ) -> object:
        if name in known:
            return known[name]
        said_in = path[:-1] if path[-1] == name else path
        hint = " ".join(filter(None, (did_you_mean(name, known), _HINT)))
        text = f"{dotted(said_in)}: there is no {what} called {name!r}"
        self.lacks.append(_Lack(path, text, hint))
        return None


def _origin(overlay: Overlay, path: tuple[str, ...]) -> str:
    """The file that says a key, or the table or list that it is in."""
    while path and path not in overlay.origins:
        path = path[:-1]
    return overlay.origins.get(path, "overlay")
