"""Which thing of the new version is which of the old one: by name, then by number or content."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from flytegen.comparison.facts import EnumFacts, Facts, FieldFacts, MessageFacts, RpcFacts


class _Item(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def own_name(self) -> str: ...
    @property
    def package(self) -> str: ...
    @property
    def parent(self) -> str: ...


@dataclass(frozen=True)
class Pairs:
    """What the old version has, and what became of it."""

    messages: tuple[tuple[MessageFacts, MessageFacts], ...]
    enums: tuple[tuple[EnumFacts, EnumFacts], ...]

    def names(self) -> dict[str, str]:
        """New full names by old ones."""
        pairs: list[tuple[_Item, _Item]] = [*self.messages, *self.enums]
        return {old.name: new.name for old, new in pairs}


def pair(old: Facts, new: Facts) -> Pairs:
    """Find what belongs together: by name, and what is left by its content, level by level."""
    messages: list[tuple[MessageFacts, MessageFacts]] = []
    enums: list[tuple[EnumFacts, EnumFacts]] = []
    pending = [("", "")]
    old_messages, new_messages = (_children(real_messages(facts)) for facts in (old, new))
    old_enums, new_enums = (_children(facts.enums.values()) for facts in (old, new))
    while pending:
        parents = pending.pop()
        matched = _match(
            old_messages.get(parents[0], {}),
            new_messages.get(parents[1], {}),
            lambda item: _message_shape(item, old),
            lambda item: _message_shape(item, new),
        )
        messages.extend(matched)
        pending.extend((before.name, after.name) for before, after in matched)
        enums.extend(
            _match(
                old_enums.get(parents[0], {}),
                new_enums.get(parents[1], {}),
                _enum_shape,
                _enum_shape,
            )
        )
    return Pairs(tuple(messages), tuple(enums))


_I = TypeVar("_I", bound=_Item)


def _children(items: Iterable[_I]) -> dict[str, dict[str, _I]]:
    """Items by parent, and by what they are called in there."""
    found: dict[str, dict[str, _I]] = {}
    for item in items:
        name = item.own_name if item.parent else item.name
        found.setdefault(item.parent, {})[name] = item
    return found


def _match(
    old: Mapping[str, _I],
    new: Mapping[str, _I],
    old_shape: Callable[[_I], object],
    new_shape: Callable[[_I], object],
) -> list[tuple[_I, _I]]:
    """Pairs of one name; then pairs of one content, in one package, that nothing else has."""
    pairs = [(item, new[name]) for name, item in old.items() if name in new]
    gone = [item for name, item in old.items() if name not in new]
    come = [item for name, item in new.items() if name not in old]
    for before in gone:
        shape = old_shape(before)
        twins = [item for item in gone if old_shape(item) == shape]
        found = [
            item
            for item in come
            if new_shape(item) == shape and (item.parent or item.package == before.package)
        ]
        if shape and len(twins) == len(found) == 1:
            pairs.append((before, found[0]))
    return pairs


def _message_shape(message: MessageFacts, facts: Facts) -> object:
    """What makes a message the same under another name; None if it holds too little to tell."""
    fields = [
        (
            field.name,
            field.number,
            facts.label_of(field),
            _type_shape(field, message, facts),
            field.oneof,
        )
        for field in message.fields.values()
    ]
    return tuple(fields) or None


def _type_shape(field: FieldFacts, message: MessageFacts, facts: Facts) -> object:
    """The type of a field; one inside of the message by what it is called in there."""
    if entry := facts.entry(field):
        return tuple(_type_shape(item, message, facts) for item in entry.fields.values())
    inside = field.type_name.removeprefix(f"{message.name}.")
    return inside or field.kind, inside != field.type_name


def _enum_shape(enum: EnumFacts) -> object:
    return tuple((value.name, value.number) for value in enum.values.values()) or None


def types(facts: Facts) -> set[str]:
    """The full names of all messages and enums."""
    return {item.name for item in real_messages(facts)} | facts.enums.keys()


def outermost(items: Iterable[_I], names: set[str]) -> Iterator[_I]:
    """Those of some names that are not inside of another one of them."""
    return (item for item in items if item.name in names and item.parent not in names)


def real_messages(facts: Facts) -> list[MessageFacts]:
    """All messages but the entries of maps."""
    return [item for item in facts.messages.values() if not item.is_map_entry]


class _Numbered(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def number(self) -> int: ...


_N = TypeVar("_N", bound=_Numbered)


@dataclass(frozen=True)
class Matched(Generic[_N]):
    """The fields of a message or the values of an enum, old and new."""

    gone: list[_N]
    come: list[_N]
    pairs: list[tuple[_N, _N]]


def match_numbered(old: Mapping[str, _N], new: Mapping[str, _N]) -> Matched[_N]:
    """Pairs of one name; then pairs of one number, among those that no name has claimed."""
    pairs = [(item, new[name]) for name, item in old.items() if name in new]
    come = [item for name, item in new.items() if name not in old]
    gone: list[_N] = []
    for name, item in old.items():
        if name in new:
            continue
        heir = next((other for other in come if other.number == item.number), None)
        if heir is None:
            gone.append(item)
        else:
            come.remove(heir)
            pairs.append((item, heir))
    return Matched(gone, come, pairs)


def renamed_oneofs(old: MessageFacts, new: MessageFacts) -> dict[str, str]:
    """New names of oneofs by old ones: each is the first that shares a member, by number."""

    def members(message: MessageFacts, name: str) -> set[int]:
        return {field.number for field in message.fields.values() if field.oneof == name}

    come = [name for name in new.oneofs if name not in old.oneofs]
    renamed: dict[str, str] = {}
    for before in old.oneofs:
        for after in come:
            if before not in new.oneofs and members(old, before) & members(new, after):
                renamed[before] = after
                come.remove(after)
                break
    return renamed


def renamed_rpcs(gone: Iterable[RpcFacts], come: Iterable[RpcFacts]) -> dict[str, RpcFacts]:
    """RPCs that take and answer what one that is gone did, and that no other one did or does."""

    def by_signature(rpcs: Iterable[RpcFacts]) -> dict[str, list[RpcFacts]]:
        found: dict[str, list[RpcFacts]] = {}
        for rpc in rpcs:
            found.setdefault(signature(rpc), []).append(rpc)
        return found

    old, new = by_signature(gone), by_signature(come)
    return {
        rpcs[0].name: new[key][0]
        for key, rpcs in old.items()
        if len(rpcs) == len(new.get(key, ())) == 1
    }


def signature(rpc: RpcFacts) -> str:
    """An RPC as a .proto declares it."""
    takes = f"{'stream ' if rpc.client_streaming else ''}{rpc.request}"
    answers = f"{'stream ' if rpc.server_streaming else ''}{rpc.response}"
    return f"({takes}) returns ({answers})"
