"""What a person says about a package, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flytegen.schema import Reshape


@dataclass(frozen=True)
class FieldOverlay:
    """What a person says about one field."""

    doc: str = ""
    name: str = ""
    """The Python name; the proto name stays as an alias."""
    nullable: bool | None = None
    """Whether a required parameter takes None."""
    optional: bool | None = None
    """Whether the property is None when the field is absent."""
    default: str | bool | int | float | Mapping[str, object] | None = None
    """What the constructor sets when it is told nothing: the name of an enum's value, a scalar, or
    the arguments that make a model."""
    setter: bool = False
    """Whether the property can be assigned to."""
    reshape: Reshape = ""
    """How the field is read and given otherwise than the message has it."""
    raw: str = ""
    """The name of a second property that gives a reshaped field as the message has it."""


@dataclass(frozen=True)
class OneofOverlay:
    """What a person says about one oneof."""

    doc: str = ""
    name: str = ""
    """The name of the accessor."""
    accessor: bool | None = None
    """Whether there is an accessor; by default where the oneof has two members or more."""


@dataclass(frozen=True)
class MessageOverlay:
    """What a person says about one message."""

    where: str = ""
    doc: str = ""
    positional: tuple[str, ...] = ()
    """The fields that the constructor also takes by position, in that order."""
    required: tuple[str, ...] = ()
    """The fields that must be given."""
    base: str = ""
    """The base class, as ``module:Class``, if not that of the package."""
    mixins: tuple[str, ...] = ()
    """Hand-written bases, as ``module:Class``."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Further names in the class, and the full proto names of the messages, enums or values of
    enums that they stand for."""
    fields: Mapping[str, FieldOverlay] = field(default_factory=dict)
    oneofs: Mapping[str, OneofOverlay] = field(default_factory=dict)


@dataclass(frozen=True)
class EnumOverlay:
    """What a person says about one enum."""

    where: str = ""
    doc: str = ""
    mixins: tuple[str, ...] = ()
    """Hand-written bases, as ``module:Class``."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Further names of values."""
    values: Mapping[str, str] = field(default_factory=dict)
    """A doc for each value."""


@dataclass(frozen=True)
class MethodOverlay:
    """What a person says about one RPC."""

    doc: str = ""
    name: str = ""
    """The Python name."""
    raises: Mapping[str, str] = field(default_factory=dict)
    """When the server answers a status code, by the code's name."""


@dataclass(frozen=True)
class ServiceOverlay:
    """What a person says about one service."""

    where: str = ""
    doc: str = ""
    methods: Mapping[str, MethodOverlay] = field(default_factory=dict)


@dataclass(frozen=True)
class LayoutOverlay:
    """A module that gives classes a second home."""

    where: str = ""
    doc: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    """Python names and what they stand for: a full proto name, or ``module:Class``."""


@dataclass(frozen=True)
class PackageOverlay:
    """The defaults of a run."""

    name: str = ""
    """The package of ``*_pb2`` modules."""
    version: str = ""
    """The version of it that the overlay is written for. On an older one, what it does not have yet
    is skipped."""
    root: str = ""
    """The Python package that the models are written to."""
    services: str = ""
    """The Python package that clients and servicers are written to."""
    base: str = ""
    """The base class of every model, as ``module:Class``."""
    flat_services: bool = False
    """Each file's services go into a module directly below, and their classes are named there."""
    remake: str = "flytegen generate"
    """The command that writes the output again, for who would rather edit it."""
    stubs: str = ""
    """The folder of the stub-only package; by default ``NAME-stubs``."""


@dataclass(frozen=True)
class Overlay:
    """All TOML files of an overlay folder, as one."""

    package: PackageOverlay = PackageOverlay()
    files: Mapping[str, str] = field(default_factory=dict)
    """A doc for each .proto file."""
    messages: Mapping[str, MessageOverlay] = field(default_factory=dict)
    enums: Mapping[str, EnumOverlay] = field(default_factory=dict)
    services: Mapping[str, ServiceOverlay] = field(default_factory=dict)
    layout: Mapping[str, LayoutOverlay] = field(default_factory=dict)
