"""What users of the generated library can name, and what a change of it means to their code.

It is read off the schema that the templates print, so names, types and order are those of the code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flytegen.common.code import plain
from flytegen.comparison.compatibility import SAME, Meaning, worst
from flytegen.schema import Enum, Field, Library, Message, Service

_TELLS = "mypy tells"
_TELLS_NOT = "mypy does not tell"


@dataclass(frozen=True)
class FieldApi:
    """A parameter and a property."""

    owner: str
    """The class, without its module."""
    name: str
    alias: str
    type: str
    """The annotation of what is there when it is set, as a person would write it."""
    property: str
    """The annotation of the property: None too, where that is optional."""
    is_optional: bool
    position: int | None
    """Which argument it is by position; None where it is keyword-only."""
    is_required: bool
    accessor: str
    """The property that gives whichever member of the oneof is set; empty without one."""


@dataclass(frozen=True)
class Accessor:
    """The two properties of a oneof."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"`{self.owner}.{self.name}` and `{self.owner}.which_{self.name}`"


@dataclass(frozen=True)
class Api:
    """Every public name, by the full proto name of what it stands for."""

    modules: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By .proto file: the modules of its models and of its services."""
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For messages, enums and services: the full names of their classes, home first."""
    fields: Mapping[str, FieldApi] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    """``Phase.RUNNING``."""
    oneofs: Mapping[str, Accessor] = field(default_factory=dict)
    """Where there is an accessor."""
    methods: Mapping[str, str] = field(default_factory=dict)
    """``AdminServiceClient.get_task``."""


def api_of(library: Library) -> Api:
    """Collect the names of a library."""
    collector = _Collector()
    for module in library.modules:
        for enum in module.enums:
            collector.enum(module.name, enum)
        for message in module.messages:
            collector.message(module.name, message)
    for service_module in library.service_modules:
        for service in service_module.services:
            collector.service(service_module.name, service)
    for lazy in library.lazy_modules:
        for alias in lazy.aliases:
            collector.alias(f"{alias.module}.{alias.qualname}", f"{lazy.name}.{alias.name}")
    modules: dict[str, tuple[str, ...]] = {}
    homes = [(module.proto_file, module.name) for module in library.modules]
    homes += [(module.proto_file, module.name) for module in library.service_modules]
    for file, home in homes:
        modules[file] = (*modules.get(file, ()), home)
    return Api(
        modules=modules,
        classes={name: tuple(dict.fromkeys(found)) for name, found in collector.classes.items()},
        fields=collector.fields,
        values=collector.values,
        oneofs=collector.oneofs,
        methods=collector.methods,
    )


class _Collector:
    def __init__(self) -> None:
        self.classes: dict[str, list[str]] = {}
        self.fields: dict[str, FieldApi] = {}
        self.values: dict[str, str] = {}
        self.oneofs: dict[str, Accessor] = {}
        self.methods: dict[str, str] = {}
        self._owners: dict[str, list[str]] = {}

    def message(self, module: str, message: Message) -> None:
        self._class(message.full_name, f"{module}.{message.qualname}")
        accessors = {oneof.proto_name: oneof.name for oneof in message.oneofs}
        for name, accessor in accessors.items():
            self.oneofs[f"{message.full_name}.{name}"] = Accessor(message.qualname, accessor)
        for index, item in enumerate(message.fields):
            position = index if index < len(message.positional) else None
            self.fields[f"{message.full_name}.{item.proto_name}"] = _field(
                message.qualname, item, position, accessors.get(item.oneof, "")
            )
        for enum in message.enums:
            self.enum(module, enum)
        for nested in message.messages:
            self.message(module, nested)

    def enum(self, module: str, enum: Enum) -> None:
        self._class(enum.full_name, f"{module}.{enum.qualname}")
        for value in enum.values:
            self.values[f"{enum.full_name}.{value.proto_name}"] = f"{enum.qualname}.{value.name}"

    def service(self, module: str, service: Service) -> None:
        for name in service.classes:
            self._class(service.full_name, f"{module}.{name}")
        for method in service.methods:
            name = f"{service.full_name}.{method.proto_name}"
            self.methods[name] = f"{service.client}.{method.name}"

    def alias(self, home: str, name: str) -> None:
        for classes in self._owners.get(home, ()):
            self.classes[classes].append(name)

    def _class(self, full_name: str, home: str) -> None:
        self.classes.setdefault(full_name, []).append(home)
        self._owners.setdefault(home, []).append(full_name)


def _field(owner: str, item: Field, position: int | None, accessor: str) -> FieldApi:
    return FieldApi(
        owner=owner,
        name=item.name,
        alias=item.alias,
        type=plain(item.type),
        property=plain(item.property_type),
        is_optional=item.is_optional,
        position=position,
        is_required=item.is_required,
        accessor=accessor,
    )


# ---- What a change means -------------------------------------------------------------------------


@dataclass(frozen=True)
class ApiJudge:
    """Judges what users of the old library meet in the new one."""

    old: Api
    new: Api

    def added_module(self, file: str) -> Meaning:
        """A .proto file that is new."""
        return _come(self.new.modules.get(file, ()), "imported")

    def removed_module(self, file: str) -> Meaning:
        """A .proto file that is gone."""
        return _gone(self.old.modules.get(file, ()))

    def added_class(self, name: str) -> Meaning:
        """A message, an enum or a service that is new."""
        return _come(_homes(self.new, name), "used")

    def removed_class(self, name: str) -> Meaning:
        """A message, an enum or a service that is gone."""
        return _gone(_homes(self.old, name))

    def renamed_class(self, old: str, new: str) -> Meaning:
        """A class that has another name now, or another module."""
        lost = [home for home in _homes(self.old, old) if home not in _homes(self.new, new)]
        if not lost:
            return SAME
        verb = "is" if len(lost) == 1 else "are"
        homes = _list(_homes(self.new, new))
        return Meaning("breaking", f"{_list(lost)} {verb} now {homes}; {_TELLS}")

    def added_field(self, name: str) -> Meaning:
        """A field that is new."""
        item = self.new.fields.get(name)
        if item is None:
            return SAME
        told = f"`{item.owner}` takes and gives `{item.name}: {item.property}`"
        if item.is_required:
            return Meaning("breaking", f"{told}, and must be given it; {_TELLS}")
        return Meaning("compatible", f"{told}{_accessor_note(item)}")

    def removed_field(self, name: str) -> Meaning:
        """A field that is gone."""
        item = self.old.fields.get(name)
        if item is None:
            return SAME
        return Meaning("breaking", f"{_both(item)} are gone; {_TELLS}")

    def renamed_field(self, old: str, new: str) -> Meaning:
        """A field under another name."""
        before, after = self.old.fields.get(old), self.new.fields.get(new)
        if before is None or after is None or before.name == after.name:
            return SAME
        keeps = f"; `.{before.name}` still reads it" if after.alias == before.name else ""
        told = f"{_both(before)} are `{after.name}` now; {_TELLS}{keeps}"
        return Meaning("breaking", told)

    def retyped_field(self, old: str, new: str, types: tuple[str, str]) -> Meaning:
        """A field of another type, label, oneof or presence.

        Args:
            old: Its full name in the old version.
            new: Its full name in the new one.
            types: The full names of the messages or enums that it held and holds.
        """
        before, after = self.old.fields.get(old), self.new.fields.get(new)
        if before is None or after is None:
            return SAME
        path = f"`{after.owner}.{after.name}`"
        if before.property != after.property:
            return self._retyped(path, before, after, _accessor_note(after))
        homes = (_homes(self.old, types[0])[:1], _homes(self.new, types[1])[:1])
        if types[0] != types[1] and homes[0] != homes[1]:
            return Meaning(
                "breaking", f"{path}: {_list(homes[0])} becomes {_list(homes[1])}; {_TELLS}"
            )
        return SAME

    def _retyped(self, path: str, before: FieldApi, after: FieldApi, note: str) -> Meaning:
        told = f"{path}: `{before.property}` becomes `{after.property}`"
        if before.type != after.type:
            return Meaning("breaking", f"{told}; {_TELLS}{note}")
        if after.is_optional:
            return Meaning("breaking", f"{told}; {_TELLS} where None is not expected{note}")
        return Meaning("risky", f"{told}: unset reads as the default; {_TELLS_NOT}{note}")

    def moved_parameter(self, old: str, new: str) -> Meaning:
        """A field that is taken at another place, or that must be given now."""
        before, after = self.old.fields.get(old), self.new.fields.get(new)
        if before is None or after is None:
            return SAME
        found = []
        path = f"`{after.name}` of `{after.owner}`"
        if before.position is not None and before.position != after.position:
            where = "keyword-only" if after.position is None else f"argument {after.position + 1}"
            told = f"{path}, argument {before.position + 1}, is {where} now"
            # Where the arguments beside it are of one type, nobody notices.
            found.append(Meaning("risky", f"{told}; {_TELLS} only where the types differ"))
        if after.is_required and not before.is_required:
            found.append(Meaning("breaking", f"{path} must be given; {_TELLS}"))
        return worst(*found)

    def accessor(self, old: str, new: str) -> Meaning:
        """The accessor of a oneof. Either name may be empty, for a oneof that is not there."""
        before, after = self.old.oneofs.get(old), self.new.oneofs.get(new)
        if before == after:
            return SAME
        if before is None:
            return Meaning("compatible", f"{after} can be used")
        if after is None:
            return Meaning("breaking", f"{before} are gone; {_TELLS}")
        return Meaning("breaking", f"{before} are now {after}; {_TELLS}")

    def value(self, old: str, new: str) -> Meaning:
        """The member of an enum. Either name may be empty, for a value that is not there."""
        return self._member(self.old.values.get(old, ""), self.new.values.get(new, ""))

    def method(self, old: str, new: str) -> Meaning:
        """The methods of an RPC. Either name may be empty, for an RPC that is not there."""
        return self._member(self.old.methods.get(old, ""), self.new.methods.get(new, ""))

    def signature(self, name: str, what: str) -> Meaning:
        """An RPC that takes or answers something else."""
        method = self.new.methods.get(name, "")
        return Meaning("breaking", f"`{method}` {what}; {_TELLS}") if method else SAME

    def _member(self, before: str, after: str) -> Meaning:
        if before == after or not (before or after):
            return SAME
        if not before:
            return Meaning("compatible", f"`{after}` can be used")
        if not after:
            return Meaning("breaking", f"`{before}` is gone; {_TELLS}")
        return Meaning("breaking", f"`{before}` is now `{after}`; {_TELLS}")

    def deprecated(self, is_now: bool) -> Meaning:
        """Something that should not be used any more, or that may be used again."""
        if is_now:
            told = "type checkers strike it through; mypy tells with `deprecated` enabled"
            return Meaning("compatible", told)
        return Meaning("compatible", "type checkers no longer strike it through")

    def silent(self) -> Meaning:
        """The same code, which now means something else."""
        return Meaning("risky", f"the same code sends and reads something else; {_TELLS_NOT}")


def _homes(api: Api, name: str) -> tuple[str, ...]:
    return api.classes.get(name, ())


def _come(names: tuple[str, ...], verb: str) -> Meaning:
    return Meaning("compatible", f"{_list(names)} can be {verb}") if names else SAME


def _gone(names: tuple[str, ...]) -> Meaning:
    verb = "is" if len(names) == 1 else "are"
    return Meaning("breaking", f"{_list(names)} {verb} gone; {_TELLS}") if names else SAME


def _list(names: tuple[str, ...] | list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join(filter(None, (", ".join(quoted[:-1]), *quoted[-1:])))


def _both(item: FieldApi) -> str:
    return f"`{item.owner}({item.name}=...)` and `.{item.name}`"


def _accessor_note(item: FieldApi) -> str:
    if not item.accessor:
        return ""
    which = f"`which_{item.accessor}`"
    return f"; a `match` over {which} must take it too, and {_TELLS} where it was exhaustive"
