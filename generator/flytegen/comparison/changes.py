"""What changed from one version of a package to another, and what that means.

Pure: two sets of facts go in, and plain data comes out. Each change has a meaning on three levels:
on the wire and in JSON, for what the old version wrote and the new one reads; and in the Python
API, for code that was written for the old one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from flytegen.comparison.api import Api, ApiJudge
from flytegen.comparison.compatibility import LEVELS, SAME, Judge, Level, Meaning, worst
from flytegen.comparison.facts import (
    EnumFacts,
    Facts,
    FieldFacts,
    MessageFacts,
    RpcFacts,
    ServiceFacts,
    Thing,
    ValueFacts,
)
from flytegen.comparison.pairs import (
    Pairs,
    match_numbered,
    outermost,
    pair,
    real_messages,
    renamed_oneofs,
    renamed_rpcs,
    signature,
    types,
)

How = Literal[
    "added",
    "removed",
    "renamed",
    "renumbered",
    "retyped",
    "label changed",
    "moved",
    "moved into a oneof",
    "moved out of a oneof",
    "moved to another oneof",
    "presence changed",
    "default changed",
    "JSON name changed",
    "opened or closed",
    "streaming changed",
    "deprecated",
    "no longer deprecated",
    "changed in Python",
]

T = TypeVar("T")


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was."""

    module: str
    """The .proto file, as the new version has it; the old one's for what is gone."""
    thing: Thing
    name: str
    """The full proto name, by the same rule."""
    how: How
    before: str
    """What is changed, as a .proto would say it; empty for what was not there."""
    after: str
    wire: Meaning
    json: Meaning
    python: Meaning
    holds: Mapping[Thing, int]
    """What came or went with it, and is told by no change of its own."""

    @property
    def level(self) -> Level:
        """The worst of the three."""
        return worst(self.wire, self.json, self.python).level


@dataclass(frozen=True)
class Total:
    """How many there were, came, went and are, of one sort of thing."""

    thing: Thing
    old: int
    added: int
    removed: int
    new: int


@dataclass(frozen=True)
class Changes:
    """All changes, the worst first, then by module."""

    changes: tuple[Change, ...]
    totals: tuple[Total, ...]

    @property
    def level(self) -> Level:
        """The worst of all."""
        return max((item.level for item in self.changes), key=LEVELS.index, default="same")

    def of(self, level: Level) -> tuple[Change, ...]:
        """The changes of one level."""
        return tuple(item for item in self.changes if item.level == level)


def compare(old: Facts, new: Facts, apis: tuple[Api, Api] | None = None) -> Changes:
    """Find out what changed.

    Args:
        old: What the old version says.
        new: What the new version says.
        apis: The Python names of both; without them, nothing is said about Python.
    """
    pairs = pair(old, new)
    comparison = _Comparison(old, new, pairs, apis)
    changes = sorted(comparison.run(), key=lambda item: (-LEVELS.index(item.level), item.module))
    return Changes(tuple(changes), _totals(old, new, changes))


def _totals(old: Facts, new: Facts, changes: Iterable[Change]) -> tuple[Total, ...]:
    came: dict[str, dict[Thing, int]] = {"added": {}, "removed": {}}
    for change in changes:
        if change.how in came:
            counts = came[change.how]
            for thing, count in ((change.thing, 1), *change.holds.items()):
                counts[thing] = counts.get(thing, 0) + count
    before, after = old.count(), new.count()
    things: tuple[Thing, ...] = get_args(Thing)
    return tuple(
        Total(
            thing,
            before[thing],
            came["added"].get(thing, 0),
            came["removed"].get(thing, 0),
            after[thing],
        )
        for thing in things
    )


# ---- What is told about it ---------------------------------------------------------------------


class _Comparison:
    def __init__(self, old: Facts, new: Facts, pairs: Pairs, apis: tuple[Api, Api] | None) -> None:
        self._old = old
        self._new = new
        self._pairs = pairs
        names = pairs.names()
        self._lost = types(old) - names.keys()
        self._found = types(new) - set(names.values())
        self._judge = Judge(old, new, names)
        self._has_api = apis is not None
        self._api = ApiJudge(*(apis or (Api(), Api())))

    def run(self) -> Iterator[Change]:
        yield from self._modules()
        yield from self._messages()
        yield from self._enums()
        yield from self._services()

    def _change(
        self,
        module: str,
        thing: Thing,
        name: str,
        how: How,
        *,
        before: str = "",
        after: str = "",
        wire: Meaning = SAME,
        json: Meaning = SAME,
        python: Meaning = SAME,
        holds: Mapping[Thing, int] | None = None,
    ) -> Change:
        python = python if self._has_api else SAME
        held = {} if holds is None else {item: count for item, count in holds.items() if count}
        return Change(module, thing, name, how, before, after, wire, json, python, held)

    def _deprecation(
        self, module: str, thing: Thing, name: str, was: bool, is_now: bool
    ) -> Iterator[Change]:
        if was != is_now:
            yield self._change(
                module,
                thing,
                name,
                "deprecated" if is_now else "no longer deprecated",
                python=self._api.deprecated(is_now),
            )

    # ---- Modules ----------------------------------------------------------------------------

    def _modules(self) -> Iterator[Change]:
        for name in self._old.files:
            if name not in self._new.files:
                python = self._api.removed_module(name)
                yield self._change(name, "module", name, "removed", python=python)
        for name in self._new.files:
            if name not in self._old.files:
                python = self._api.added_module(name)
                yield self._change(name, "module", name, "added", python=python)

    # ---- Messages ---------------------------------------------------------------------------

    def _messages(self) -> Iterator[Change]:
        for item in outermost(real_messages(self._old), self._lost):
            yield self._whole_message(item, self._old, "removed")
        for item in outermost(real_messages(self._new), self._found):
            yield self._whole_message(item, self._new, "added")
        for old, new in self._pairs.messages:
            yield from self._message(old, new)

    def _whole_message(
        self, item: MessageFacts, facts: Facts, how: Literal["added", "removed"]
    ) -> Change:
        holds = facts.inside(item).count()
        holds["field"] += len(item.fields)
        holds["oneof"] += len(item.oneofs)
        if how == "added":
            python = self._api.added_class(item.name)
            return self._change(item.file, "message", item.name, how, python=python, holds=holds)
        is_gone = Meaning("breaking", "nothing reads it any more")
        return self._change(
            item.file,
            "message",
            item.name,
            how,
            wire=is_gone,
            json=is_gone,
            python=self._api.removed_class(item.name),
            holds=holds,
        )

    def _message(self, old: MessageFacts, new: MessageFacts) -> Iterator[Change]:
        yield from self._renamed_type(old, new, "message")
        yield from self._deprecation(new.file, "message", new.name, old.deprecated, new.deprecated)
        yield from self._fields(old, new)
        yield from self._oneofs(old, new)

    def _renamed_type(
        self, old: MessageFacts | EnumFacts, new: MessageFacts | EnumFacts, thing: Thing
    ) -> Iterator[Change]:
        """One that has another name, or lives in another file. Nested ones go with theirs."""
        is_inside = bool(old.parent) and self._judge.renamed(old.parent) == new.parent
        own_names = [item.name.removeprefix(f"{item.parent}.") for item in (old, new)]
        if own_names[0] != own_names[1] or (old.name != new.name and not is_inside):
            in_any = Meaning("risky", "inside of an `Any`, the old name is not known")
            nothing = Meaning("compatible", "values do not carry its name")
            yield self._change(
                new.file,
                thing,
                new.name,
                "renamed",
                before=old.name,
                after=new.name,
                wire=in_any if thing == "message" else nothing,
                json=in_any if thing == "message" else nothing,
                python=self._api.renamed_class(old.name, new.name),
            )
        elif old.file != new.file and not new.parent:
            yield self._change(
                new.file,
                thing,
                new.name,
                "moved",
                before=old.file,
                after=new.file,
                python=self._api.renamed_class(old.name, new.name),
            )

    # ---- Fields -----------------------------------------------------------------------------

    def _fields(self, old: MessageFacts, new: MessageFacts) -> Iterator[Change]:
        pairs = match_numbered(old.fields, new.fields)
        old_paired = {before.name for before, _ in pairs}
        new_paired = {after.name for _, after in pairs}
        for field in old.fields.values():
            if field.name not in old_paired:
                yield self._removed_field(old, new, field)
        for field in new.fields.values():
            if field.name not in new_paired:
                yield self._added_field(old, new, field)
        for before, after in pairs:
            yield from self._field(old, new, before, after)

    def _removed_field(self, old: MessageFacts, new: MessageFacts, field: FieldFacts) -> Change:
        kept = "old values are kept as unknown fields"
        if not _is_reserved(field.number, new):
            kept += f"; number {field.number} is not reserved"
        return self._change(
            new.file,
            "field",
            f"{old.name}.{field.name}",
            "removed",
            before=_numbered(self._old.declaration(field), field),
            wire=Meaning("compatible", kept),
            json=Meaning("breaking", f"`{field.json_name}` is refused"),
            python=self._api.removed_field(f"{old.name}.{field.name}"),
        )

    def _added_field(self, old: MessageFacts, new: MessageFacts, field: FieldFacts) -> Change:
        owners = [item for item in old.fields.values() if item.number == field.number]
        if field.cardinality == "required":
            wire = json = Meaning("breaking", "messages without it are refused")
        else:
            wire = json = Meaning("compatible", "it reads as unset")
        if owners:
            told = f"its number was `{owners[0].name}`'s, whose old values it reads as its own"
            wire = Meaning("breaking", told)
        elif _is_reserved(field.number, old):
            wire = worst(wire, Meaning("risky", f"number {field.number} was reserved"))
        return self._change(
            new.file,
            "field",
            f"{new.name}.{field.name}",
            "added",
            after=_numbered(self._new.declaration(field), field),
            wire=wire,
            json=json,
            python=self._api.added_field(f"{new.name}.{field.name}"),
        )

    def _field(
        self, old: MessageFacts, new: MessageFacts, before: FieldFacts, after: FieldFacts
    ) -> Iterator[Change]:
        old_name, new_name = f"{old.name}.{before.name}", f"{new.name}.{after.name}"
        type_names = (
            self._held(self._old, before),
            self._held(self._new, after),
        )
        # The annotation changes once, however many reasons there are for it.
        retyped = [self._api.retyped_field(old_name, new_name, type_names)]

        if before.name != after.name:
            yield self._change(
                new.file,
                "field",
                new_name,
                "renamed",
                before=before.name,
                after=after.name,
                json=_json_rename(before, after),
                python=self._api.renamed_field(old_name, new_name),
            )
        elif before.json_name != after.json_name:
            yield self._change(
                new.file,
                "field",
                new_name,
                "JSON name changed",
                before=before.json_name,
                after=after.json_name,
                json=_json_rename(before, after),
            )
        if before.number != after.number:
            yield self._change(
                new.file,
                "field",
                new_name,
                "renumbered",
                before=str(before.number),
                after=str(after.number),
                wire=_renumbered(new, before),
                python=self._api.silent(),
            )
        for how, wire, json in self._shape_changes(old, new, before, after):
            shown = self._shown(how, before, after)
            yield self._change(
                new.file,
                "field",
                new_name,
                how,
                before=shown[0],
                after=shown[1],
                wire=wire,
                json=json,
                python=retyped.pop() if retyped else SAME,
            )
        if before.default != after.default:
            other = Meaning("risky", "unset reads as another value")
            yield self._change(
                new.file,
                "field",
                new_name,
                "default changed",
                before=before.default,
                after=after.default,
                wire=other,
                json=other,
                python=self._api.silent(),
            )
        moved = self._api.moved_parameter(old_name, new_name)
        if moved != SAME and self._has_api:
            yield self._change(new.file, "field", new_name, "changed in Python", python=moved)
        yield from self._deprecation(
            new.file, "field", new_name, before.deprecated, after.deprecated
        )

    def _shape_changes(
        self, old: MessageFacts, new: MessageFacts, before: FieldFacts, after: FieldFacts
    ) -> Iterator[tuple[How, Meaning, Meaning]]:
        """What is not as it was about the form of a field, on the wire and in JSON."""
        judge = self._judge
        is_retyped = not judge.is_same_type(before, after)
        if is_retyped:
            wire, json = (judge.type_change(form, before, after) for form in ("wire", "json"))
            yield "retyped", wire, json
        is_relabelled = before.cardinality != after.cardinality
        if is_relabelled:
            wire, json = (judge.label_change(form, before, after) for form in ("wire", "json"))
            yield "label changed", wire, json
        if before.oneof != after.oneof:
            yield from self._oneof_change(old, new, before, after)
        elif before.has_presence != after.has_presence and not is_retyped and not is_relabelled:
            if after.has_presence:
                meaning = Meaning("compatible", "zeros that were not written read as unset")
            else:
                meaning = Meaning("risky", "unset reads as zero")
            yield "presence changed", meaning, meaning

    def _oneof_change(
        self, old: MessageFacts, new: MessageFacts, before: FieldFacts, after: FieldFacts
    ) -> Iterator[tuple[How, Meaning, Meaning]]:
        """A field that is a member of another oneof, or of one at all."""
        names = {field.name: field.oneof for field in old.fields.values()}
        if after.oneof and renamed_oneofs(old, new).get(before.oneof) == after.oneof:
            return
        others = [
            field.name
            for field in new.fields.values()
            if field.oneof == after.oneof
            and field.name not in (after.name, before.name)
            and field.name in names
            and (not names[field.name] or names[field.name] != before.oneof)
        ]
        if not after.oneof:
            kept = Meaning("compatible", "set or not, it reads as before")
            yield "moved out of a oneof", kept, kept
            return
        how: How = "moved to another oneof" if before.oneof else "moved into a oneof"
        if others:
            with_others = f"together with {_names(others)}"
            yield (
                how,
                Meaning("risky", f"of values set {with_others}, only the last is kept"),
                Meaning("risky", f"values set {with_others} are refused"),
            )
        else:
            alone = Meaning("compatible", "nothing that was there before excludes it")
            yield how, alone, alone

    def _shown(self, how: How, before: FieldFacts, after: FieldFacts) -> tuple[str, str]:
        """What a .proto says before and after, as far as it is about this change."""
        if "oneof" in how:
            return before.oneof, after.oneof
        if how == "presence changed":
            known = ("not known when unset", "known when unset")
            return known[before.has_presence], known[after.has_presence]
        return self._old.declaration(before), self._new.declaration(after)

    def _held(self, facts: Facts, field: FieldFacts) -> str:
        """The full name of what a field, or the value of a map, holds; empty for scalars."""
        entry = facts.entry(field)
        return list(entry.fields.values())[-1].type_name if entry else field.type_name

    # ---- Oneofs -----------------------------------------------------------------------------

    def _oneofs(self, old: MessageFacts, new: MessageFacts) -> Iterator[Change]:
        renamed = renamed_oneofs(old, new)
        for name in old.oneofs:
            old_name = f"{old.name}.{name}"
            if name in renamed:
                new_name = f"{new.name}.{renamed[name]}"
                yield self._change(
                    new.file,
                    "oneof",
                    new_name,
                    "renamed",
                    before=name,
                    after=renamed[name],
                    python=self._api.accessor(old_name, new_name),
                )
            elif name not in new.oneofs:
                python = self._api.accessor(old_name, "")
                yield self._change(new.file, "oneof", old_name, "removed", python=python)
            else:
                python = self._api.accessor(old_name, f"{new.name}.{name}")
                if python != SAME and self._has_api and old.name == new.name:
                    yield self._change(
                        new.file, "oneof", old_name, "changed in Python", python=python
                    )
        for name in new.oneofs:
            if name not in old.oneofs and name not in renamed.values():
                new_name = f"{new.name}.{name}"
                python = self._api.accessor("", new_name)
                yield self._change(new.file, "oneof", new_name, "added", python=python)

    # ---- Enums ------------------------------------------------------------------------------

    def _enums(self) -> Iterator[Change]:
        for item in outermost(self._old.enums.values(), self._lost):
            yield self._change(
                item.file,
                "enum",
                item.name,
                "removed",
                python=self._api.removed_class(item.name),
                holds={"value": len(item.values)},
            )
        for item in outermost(self._new.enums.values(), self._found):
            yield self._change(
                item.file,
                "enum",
                item.name,
                "added",
                python=self._api.added_class(item.name),
                holds={"value": len(item.values)},
            )
        for old, new in self._pairs.enums:
            yield from self._enum(old, new)

    def _enum(self, old: EnumFacts, new: EnumFacts) -> Iterator[Change]:
        yield from self._renamed_type(old, new, "enum")
        yield from self._deprecation(new.file, "enum", new.name, old.deprecated, new.deprecated)
        if old.is_closed != new.is_closed:
            if new.is_closed:
                meaning = Meaning("risky", "numbers that it does not know are put aside")
            else:
                meaning = Meaning("compatible", "it also takes numbers that it does not know")
            words = ("closed", "open")
            before, after = words if old.is_closed else reversed(words)
            yield self._change(
                new.file,
                "enum",
                new.name,
                "opened or closed",
                before=before,
                after=after,
                wire=meaning,
                json=meaning,
            )
        pairs = match_numbered(old.values, new.values)
        old_paired = {before.name for before, _ in pairs}
        new_paired = {after.name for _, after in pairs}
        for value in old.values.values():
            if value.name not in old_paired:
                yield self._removed_value(old, new, value)
        for value in new.values.values():
            if value.name not in new_paired:
                yield self._added_value(old, new, value)
        for before_value, after_value in pairs:
            yield from self._value(old, new, before_value, after_value)

    def _removed_value(self, old: EnumFacts, new: EnumFacts, value: ValueFacts) -> Change:
        heirs = [item.name for item in new.values.values() if item.number == value.number]
        if heirs:
            wire = Meaning("compatible", f"it reads as {_names(heirs)}")
        elif new.is_closed:
            wire = Meaning("risky", "it is put aside as an unknown field")
        else:
            told = "it reads as a number without a name"
            if not any(value.number in item for item in new.reserved):
                told += f"; number {value.number} is not reserved"
            wire = Meaning("compatible", told)
        name = f"{old.name}.{value.name}"
        return self._change(
            new.file,
            "value",
            name,
            "removed",
            before=str(value.number),
            wire=wire,
            json=Meaning("breaking", f'`"{value.name}"` is refused'),
            python=self._api.value(name, ""),
        )

    def _added_value(self, old: EnumFacts, new: EnumFacts, value: ValueFacts) -> Change:
        name = f"{new.name}.{value.name}"
        owners = [item.name for item in old.values.values() if item.number == value.number]
        is_alias = any(
            item.number == value.number and name in owners for name, item in new.values.items()
        )
        wire = SAME
        if any(value.number in item for item in old.reserved):
            wire = Meaning("risky", f"number {value.number} was reserved")
        if owners and not is_alias:
            wire = Meaning("breaking", f"its number was {_names(owners)}'s, and reads as this now")
        return self._change(
            new.file,
            "value",
            name,
            "added",
            after=str(value.number),
            wire=wire,
            python=self._api.value("", name),
        )

    def _value(
        self, old: EnumFacts, new: EnumFacts, before: ValueFacts, after: ValueFacts
    ) -> Iterator[Change]:
        old_name, new_name = f"{old.name}.{before.name}", f"{new.name}.{after.name}"
        if before.name != after.name:
            yield self._change(
                new.file,
                "value",
                new_name,
                "renamed",
                before=before.name,
                after=after.name,
                json=Meaning("breaking", f'`"{before.name}"` is refused'),
                python=self._api.value(old_name, new_name),
            )
        if before.number != after.number:
            heirs = [item.name for item in new.values.values() if item.number == before.number]
            told = f"old values read as {_names(heirs) if heirs else 'a number without a name'}"
            yield self._change(
                new.file,
                "value",
                new_name,
                "renumbered",
                before=str(before.number),
                after=str(after.number),
                wire=Meaning("breaking", told),
                python=self._api.silent(),
            )
        yield from self._deprecation(
            new.file, "value", new_name, before.deprecated, after.deprecated
        )

    # ---- Services ---------------------------------------------------------------------------

    def _services(self) -> Iterator[Change]:
        for name, item in self._old.services.items():
            if name not in self._new.services:
                yield self._change(
                    item.file,
                    "service",
                    name,
                    "removed",
                    wire=_UNANSWERED,
                    python=self._api.removed_class(name),
                    holds={"RPC": len(item.rpcs)},
                )
        for name, item in self._new.services.items():
            if name in self._old.services:
                yield from self._service(self._old.services[name], item)
            else:
                yield self._change(
                    item.file,
                    "service",
                    name,
                    "added",
                    python=self._api.added_class(name),
                    holds={"RPC": len(item.rpcs)},
                )

    def _service(self, old: ServiceFacts, new: ServiceFacts) -> Iterator[Change]:
        if old.file != new.file:
            yield self._change(
                new.file,
                "service",
                new.name,
                "moved",
                before=old.file,
                after=new.file,
                python=self._api.renamed_class(old.name, new.name),
            )
        yield from self._deprecation(new.file, "service", new.name, old.deprecated, new.deprecated)
        gone = {name: rpc for name, rpc in old.rpcs.items() if name not in new.rpcs}
        come = {name: rpc for name, rpc in new.rpcs.items() if name not in old.rpcs}
        renamed = renamed_rpcs(gone.values(), come.values())
        for name, rpc in gone.items():
            full_name = f"{old.name}.{name}"
            if name in renamed:
                new_name = f"{new.name}.{renamed[name].name}"
                yield self._change(
                    new.file,
                    "RPC",
                    new_name,
                    "renamed",
                    before=name,
                    after=renamed[name].name,
                    wire=_UNANSWERED,
                    python=self._api.method(full_name, new_name),
                )
            else:
                yield self._change(
                    new.file,
                    "RPC",
                    full_name,
                    "removed",
                    before=signature(rpc),
                    wire=_UNANSWERED,
                    python=self._api.method(full_name, ""),
                )
        taken = {rpc.name for rpc in renamed.values()}
        for name, rpc in come.items():
            if name not in taken:
                yield self._change(
                    new.file,
                    "RPC",
                    f"{new.name}.{name}",
                    "added",
                    after=signature(rpc),
                    python=self._api.method("", f"{new.name}.{name}"),
                )
        for name, rpc in new.rpcs.items():
            if name in old.rpcs:
                yield from self._rpc(new, old.rpcs[name], rpc)

    def _rpc(self, service: ServiceFacts, old: RpcFacts, new: RpcFacts) -> Iterator[Change]:
        name = f"{service.name}.{new.name}"
        judge = self._judge
        sides = ((old.request, new.request), (old.response, new.response))
        if any(judge.renamed(before) != after for before, after in sides):
            yield self._change(
                service.file,
                "RPC",
                name,
                "retyped",
                before=signature(old),
                after=signature(new),
                wire=worst(*(judge.message("wire", *side) for side in sides)),
                json=worst(*(judge.message("json", *side) for side in sides)),
                python=self._api.signature(name, "takes or answers another class"),
            )
        if (old.client_streaming, old.server_streaming) != (
            new.client_streaming,
            new.server_streaming,
        ):
            yield self._change(
                service.file,
                "RPC",
                name,
                "streaming changed",
                before=signature(old),
                after=signature(new),
                wire=Meaning("breaking", "old and new do not understand each other"),
                python=self._api.signature(name, "streams otherwise"),
            )
        yield from self._deprecation(service.file, "RPC", name, old.deprecated, new.deprecated)


_UNANSWERED = Meaning("breaking", "old clients are answered UNIMPLEMENTED")


def _json_rename(before: FieldFacts, after: FieldFacts) -> Meaning:
    """Readers of JSON take a field's JSON name and its own."""
    if before.json_name in (after.json_name, after.name):
        return SAME
    return Meaning("breaking", f"`{before.json_name}` is refused")


def _renumbered(message: MessageFacts, before: FieldFacts) -> Meaning:
    told = "old values are put aside as unknown fields"
    for field in message.fields.values():
        if field.number == before.number:
            told = f"old values are read as those of `{field.name}`"
    return Meaning("breaking", told)


def _is_reserved(number: int, message: MessageFacts) -> bool:
    return any(number in numbers for numbers in message.reserved)


def _numbered(declaration: str, field: FieldFacts) -> str:
    return f"{declaration} {field.name} = {field.number}"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
