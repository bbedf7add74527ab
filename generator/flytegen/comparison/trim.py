"""An overlay for a package that is older than it: without what the package does not have yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from google.protobuf.descriptor import Descriptor, EnumDescriptor, ServiceDescriptor

from flytegen.descriptors import walk
from flytegen.overlay import EnumOverlay, MessageOverlay, Overlay, ServiceOverlay
from flytegen.source import Source

T = TypeVar("T")


def trim(overlay: Overlay, source: Source) -> Overlay:
    """Leave out what the overlay says about things that the package does not have."""
    items = [item for file in source.files for item in walk(file)]
    messages = {item.full_name: item for item in items if isinstance(item, Descriptor)}
    enums = {item.full_name: item for item in items if isinstance(item, EnumDescriptor)}
    services = {
        service.full_name: service
        for file in source.files
        for service in file.services_by_name.values()
    }
    known = frozenset((*messages, *enums, *_values(enums.values())))
    layout = {
        module: replace(item, names=_targets(item.names, known))
        for module, item in overlay.layout.items()
    }
    return Overlay(
        package=overlay.package,
        files=_only(overlay.files, (file.name for file in source.files)),
        messages={
            name: _message(item, messages[name], known)
            for name, item in _only(overlay.messages, messages).items()
        },
        enums={
            name: _enum(item, enums[name]) for name, item in _only(overlay.enums, enums).items()
        },
        services={
            name: _service(item, services[name])
            for name, item in _only(overlay.services, services).items()
        },
        layout={module: item for module, item in layout.items() if item.names or item.doc},
    )


def _message(overlay: MessageOverlay, message: Descriptor, known: frozenset[str]) -> MessageOverlay:
    fields = set(message.fields_by_name)
    return replace(
        overlay,
        positional=tuple(name for name in overlay.positional if name in fields),
        required=tuple(name for name in overlay.required if name in fields),
        names=_targets(overlay.names, known),
        fields=_only(overlay.fields, fields),
        oneofs=_only(overlay.oneofs, message.oneofs_by_name),
    )


def _enum(overlay: EnumOverlay, enum: EnumDescriptor) -> EnumOverlay:
    values = set(enum.values_by_name)
    names = {name: value for name, value in overlay.names.items() if value in values}
    return replace(overlay, names=names, values=_only(overlay.values, values))


def _service(overlay: ServiceOverlay, service: ServiceDescriptor) -> ServiceOverlay:
    return replace(overlay, methods=_only(overlay.methods, service.methods_by_name))


def _values(enums: Iterable[EnumDescriptor]) -> Iterator[str]:
    return (f"{enum.full_name}.{value.name}" for enum in enums for value in enum.values)


def _targets(names: Mapping[str, str], known: frozenset[str]) -> dict[str, str]:
    """The names that stand for something: known to the package, or hand-written."""
    return {name: target for name, target in names.items() if ":" in target or target in known}


def _only(table: Mapping[str, T], names: Iterable[str]) -> dict[str, T]:
    kept = set(names)
    return {name: item for name, item in table.items() if name in kept}
