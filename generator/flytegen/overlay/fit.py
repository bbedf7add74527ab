"""An overlay for a package that is older than it: without what the package does not have yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from flytegen.common.descriptors import walk
from flytegen.common.toml import dotted
from flytegen.common.versions import is_older
from flytegen.overlay.entries import (
    EnumOverlay,
    FieldOverlay,
    LayoutOverlay,
    MessageOverlay,
    Overlay,
    ServiceOverlay,
)
from flytegen.read.source import Source

T = TypeVar("T")


@dataclass(frozen=True)
class Fitted:
    """An overlay that suits a package."""

    overlay: Overlay
    skipped: tuple[str, ...] = ()
    """The keys of the entries that were left out: ``messages."flyteidl.admin.App"``."""


def fit(overlay: Overlay, source: Source) -> Fitted:
    """Trim the overlay where it is written for a newer version of the package.

    Otherwise it stays as it is: what the package does not have is a mistake then.
    """
    if is_older(source.version, than=overlay.package.version):
        return trim(overlay, source)
    return Fitted(overlay)


def trim(overlay: Overlay, source: Source) -> Fitted:
    """Leave out what the overlay says about things that the package does not have."""
    trimmer = _Trimmer(source)
    trimmed = trimmer.overlay(overlay)
    return Fitted(trimmed, tuple(sorted(trimmer.skipped)))


class _Trimmer:
    def __init__(self, source: Source) -> None:
        self.skipped: list[str] = []
        self._files = {file.name for file in source.files}
        items = [item for file in source.files for item in walk(file)]
        self._messages = {item.full_name: item for item in items if isinstance(item, Descriptor)}
        self._enums = {item.full_name: item for item in items if isinstance(item, EnumDescriptor)}
        self._services = {
            service.full_name: service
            for file in source.files
            for service in file.services_by_name.values()
        }
        values = _full_names_of_values(self._enums.values())
        self._known = frozenset((*self._messages, *self._enums, *values))

    def overlay(self, overlay: Overlay) -> Overlay:
        messages = self._only(overlay.messages, self._messages, "messages")
        enums = self._only(overlay.enums, self._enums, "enums")
        services = self._only(overlay.services, self._services, "services")
        layout = {name: self._layout(item, name) for name, item in overlay.layout.items()}
        return Overlay(
            package=overlay.package,
            files=self._only(overlay.files, self._files, "files"),
            messages={name: self._message(item, name) for name, item in messages.items()},
            enums={name: self._enum(item, name) for name, item in enums.items()},
            services={name: self._service(item, name) for name, item in services.items()},
            # A module of which nothing is left was for what came later.
            layout={
                name: item
                for name, item in layout.items()
                if item.names or not overlay.layout[name].names
            },
        )

    def _message(self, overlay: MessageOverlay, name: str) -> MessageOverlay:
        message, here = self._messages[name], ("messages", name)
        known = message.fields_by_name
        fields = self._only(overlay.fields, known, *here, "fields")
        return replace(
            overlay,
            positional=self._only_names(overlay.positional, known, *here, "positional"),
            required=self._only_names(overlay.required, known, *here, "required"),
            names=self._targets(overlay.names, *here, "names"),
            fields={key: self._field(item, known[key], *here) for key, item in fields.items()},
            oneofs=self._only(overlay.oneofs, message.oneofs_by_name, *here, "oneofs"),
        )

    def _field(self, overlay: FieldOverlay, field: FieldDescriptor, *path: str) -> FieldOverlay:
        """A default may be a value of an enum, or fields of a message."""
        default, lacks = overlay.default, False
        if isinstance(default, str) and field.enum_type is not None:
            lacks = default not in field.enum_type.values_by_name
        elif isinstance(default, Mapping) and field.message_type is not None:
            lacks = not set(default).issubset(field.message_type.fields_by_name)
        if not lacks:
            return overlay
        self._skip(*path, "fields", field.name, "default")
        return replace(overlay, default=None)

    def _enum(self, overlay: EnumOverlay, name: str) -> EnumOverlay:
        known, here = self._enums[name].values_by_name, ("enums", name)
        names = [key for key, value in overlay.names.items() if value in known]
        return replace(
            overlay,
            names=self._only(overlay.names, names, *here, "names"),
            values=self._only(overlay.values, known, *here, "values"),
        )

    def _service(self, overlay: ServiceOverlay, name: str) -> ServiceOverlay:
        known = self._services[name].methods_by_name
        return replace(
            overlay, methods=self._only(overlay.methods, known, "services", name, "methods")
        )

    def _layout(self, overlay: LayoutOverlay, name: str) -> LayoutOverlay:
        return replace(overlay, names=self._targets(overlay.names, "layout", name, "names"))

    def _targets(self, names: Mapping[str, str], *path: str) -> dict[str, str]:
        """The names that stand for something: known to the package, or hand-written."""
        kept = {key: item for key, item in names.items() if ":" in item or item in self._known}
        return self._only(names, kept, *path)

    def _only(self, table: Mapping[str, T], known: Iterable[str], *path: str) -> dict[str, T]:
        kept = set(known)
        for name in table:
            if name not in kept:
                self._skip(*path, name)
        return {name: item for name, item in table.items() if name in kept}

    def _only_names(
        self, names: tuple[str, ...], known: Iterable[str], *path: str
    ) -> tuple[str, ...]:
        return tuple(self._only(dict.fromkeys(names), known, *path))

    def _skip(self, *path: str) -> None:
        self.skipped.append(dotted(path))


def _full_names_of_values(enums: Iterable[EnumDescriptor]) -> Iterator[str]:
    return (f"{enum.full_name}.{value.name}" for enum in enums for value in enum.values)
