"""What a person says about a package, as plain data.

Each field is a key of the TOML files; its annotation is all that reading and fitting need to know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import get_type_hints

from flytegen.overlay.words import (
    Attribute,
    Class,
    ClassName,
    DefaultValue,
    EnumMember,
    EnumOf,
    FieldOf,
    FileOf,
    Folder,
    LayoutTarget,
    MessageOf,
    Method,
    Module,
    ModuleName,
    OneofOf,
    Package,
    RpcOf,
    ServiceOf,
    StatusCode,
    Target,
    ValueOf,
    Version,
    Wrong,
)
from flytegen.schema import Reshape, Takes

#: Marks what the reader knows and no TOML file says.
_NO_KEY = {"is_key": False}


@dataclass(frozen=True)
class Table:
    """A table of a TOML file."""

    @classmethod
    @cache
    def keys(cls) -> dict[str, object]:
        """What the keys are called, and what each may say."""
        hints = get_type_hints(cls, include_extras=True)
        return {item.name: hints[item.name] for item in fields(cls) if item.metadata != _NO_KEY}

    def wrong(self) -> Iterator[tuple[str, Wrong]]:
        """The keys that are at odds with other keys of the table."""
        return iter(())


@dataclass(frozen=True)
class Entry(Table):
    """What a person says about one thing."""

    where: str = field(default="", metadata=_NO_KEY)
    """The file that speaks of it first."""
    doc: str = ""


@dataclass(frozen=True)
class FileOverlay(Entry):
    """What a person says about one .proto file."""

    services: Module = ""
    """The module that its services go into, directly below the package of all services."""


@dataclass(frozen=True)
class FieldOverlay(Entry):
    """What a person says about one field."""

    name: Attribute = ""
    """The Python name; the proto name stays as an alias."""
    nullable: bool | None = None
    """Whether a required parameter takes None."""
    optional: bool | None = None
    """Whether the property is None when the field is absent."""
    default: DefaultValue = None
    """What the constructor sets when it is told nothing: the name of an enum's value, a scalar, or
    the arguments that make a model."""
    setter: bool = False
    """Whether the property can be assigned to."""
    reshape: Reshape = ""
    """How the field is read and given otherwise than the message has it."""
    takes: Takes = ""
    """What the constructor takes beside the field's own type."""
    raw: Attribute = ""
    """The name of a second property that gives a reshaped field as the message has it."""


#: What most fields get, in one object: to make one for each field takes long.
NO_WORDS = FieldOverlay()


@dataclass(frozen=True)
class OneofOverlay(Entry):
    """What a person says about one oneof."""

    name: Attribute = ""
    """The name of the accessor."""
    accessor: bool | None = None
    """Whether there is an accessor; by default where the oneof has two members or more."""


@dataclass(frozen=True)
class MessageOverlay(Entry):
    """What a person says about one message."""

    positional: tuple[FieldOf, ...] = ()
    """The fields that the constructor also takes by position, in that order."""
    required: tuple[FieldOf, ...] = ()
    """The fields that must be given."""
    base: Class = ""
    """The base class, if not that of the package."""
    mixins: tuple[Class, ...] = ()
    """Hand-written bases."""
    names: Mapping[Attribute, Target] = field(default_factory=dict)
    """Further names in the class, and what they stand for."""
    fields: Mapping[FieldOf, FieldOverlay] = field(default_factory=dict)
    oneofs: Mapping[OneofOf, OneofOverlay] = field(default_factory=dict)

    def wrong(self) -> Iterator[tuple[str, Wrong]]:
        """The order of parameters that Python does not take."""
        if not self.positional:
            return
        for name in self.required:
            if name not in self.positional:
                yield "required", Wrong(
                    f"has {name!r}, which is not positional", "Add it to positional."
                )
        required = [name in self.required for name in self.positional]
        if required != sorted(required, reverse=True):
            what = "has a required field after an optional one"
            yield "positional", Wrong(what, "Python wants required parameters first.")


@dataclass(frozen=True)
class EnumOverlay(Entry):
    """What a person says about one enum."""

    mixins: tuple[Class, ...] = ()
    """Hand-written bases."""
    strip_prefix: str = ""
    """What Python names of values leave out at their beginning; the full names stay as well."""
    names: Mapping[EnumMember, ValueOf] = field(default_factory=dict)
    """Further names of values."""
    values: Mapping[ValueOf, Entry] = field(default_factory=dict)


@dataclass(frozen=True)
class MethodOverlay(Entry):
    """What a person says about one RPC."""

    name: Method = ""
    """The Python name."""
    raises: Mapping[StatusCode, str] = field(default_factory=dict)
    """When the server answers a status code."""


@dataclass(frozen=True)
class ServiceOverlay(Entry):
    """What a person says about one service."""

    name: ClassName = ""
    """What the names of its clients and servicers begin with."""
    methods: Mapping[RpcOf, MethodOverlay] = field(default_factory=dict)


@dataclass(frozen=True)
class LayoutOverlay(Entry):
    """A module that gives classes a second home."""

    names: Mapping[ClassName, LayoutTarget] = field(default_factory=dict)
    """Python names and what they stand for."""


@dataclass(frozen=True)
class PackageOverlay(Table):
    """The defaults of a run."""

    name: str = ""
    """The package of ``*_pb2`` modules."""
    version: Version = ""
    """The version of it that the overlay is written for. On an older one, what it does not have yet
    is skipped."""
    root: Package = ""
    """The Python package that the models are written to."""
    services: Package = ""
    """The Python package that clients and servicers are written to."""
    base: Class = ""
    """The base class of every model."""
    flat_services: bool = False
    """Each file's services go into a module directly below, and their classes are named there."""
    remake: str = "flytegen generate"
    """The command that writes the output again, for who would rather edit it."""
    words: str = ""
    """The folder of another package's overlay, seen from this one: what that says about a thing
    goes for what has the same name in this package, unless this overlay has words of its own."""
    stubs: Folder = ""
    """The folder of the stub-only package; by default ``NAME-stubs``."""

    def wrong(self) -> Iterator[tuple[str, Wrong]]:
        """Two packages in one place."""
        if self.root and self.root == self.services:
            yield "services", Wrong("must be another package than root")


@dataclass(frozen=True)
class Overlay(Table):
    """All TOML files of an overlay folder, as one."""

    origins: Mapping[tuple[str, ...], str] = field(default_factory=dict, metadata=_NO_KEY)
    """The file that says a key."""
    shared: Mapping[str, str] = field(default_factory=dict, metadata=_NO_KEY)
    """What the overlay of another package says about things, by their full names in this one."""
    package: PackageOverlay = PackageOverlay()
    files: Mapping[FileOf, FileOverlay] = field(default_factory=dict)
    messages: Mapping[MessageOf, MessageOverlay] = field(default_factory=dict)
    enums: Mapping[EnumOf, EnumOverlay] = field(default_factory=dict)
    services: Mapping[ServiceOf, ServiceOverlay] = field(default_factory=dict)
    layout: Mapping[ModuleName, LayoutOverlay] = field(default_factory=dict)

    def words(self) -> dict[str, str]:
        """All that is said about messages, fields, enums ..., by full names."""
        parts: tuple[Mapping[str, Entry], ...] = (
            self.messages,
            self.enums,
            self.services,
            *(_below(name, item.fields) for name, item in self.messages.items()),
            *(_below(name, item.oneofs) for name, item in self.messages.items()),
            *(_below(name, item.values) for name, item in self.enums.items()),
            *(_below(name, item.methods) for name, item in self.services.items()),
        )
        own = {name: entry.doc for part in parts for name, entry in part.items() if entry.doc}
        return {**self.shared, **own}


def _below(scope: str, entries: Mapping[str, Entry]) -> dict[str, Entry]:
    return {f"{scope}.{name}": entry for name, entry in entries.items()}
