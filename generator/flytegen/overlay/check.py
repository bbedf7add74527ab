"""The overlay against the package: every name that it uses must exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from google.protobuf.descriptor import Descriptor, EnumDescriptor, ServiceDescriptor

from flytegen.common.descriptors import walk
from flytegen.common.names import Context, can_be_imported, escape, reserved_names
from flytegen.common.problems import Problems, did_you_mean
from flytegen.overlay.entries import MessageOverlay, Overlay, ServiceOverlay
from flytegen.read.source import Source

_STATUS_CODES = (
    "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE",
    "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip

_GONE = "If it was there before: `flytegen diff` says what became of it."


def check_overlay(overlay: Overlay, source: Source, problems: Problems) -> None:
    """Add a problem for each thing that the overlay says and the package cannot follow."""
    _Check(source, problems).run(overlay)


class _Check:
    def __init__(self, source: Source, problems: Problems) -> None:
        self._problems = problems
        self._files = [file.name for file in source.files]
        self._messages: dict[str, Descriptor] = {}
        self._enums: dict[str, EnumDescriptor] = {}
        self._services: dict[str, ServiceDescriptor] = {}
        for file in source.files:
            for service in file.services_by_name.values():
                self._services[service.full_name] = service
            for item in walk(file):
                if isinstance(item, Descriptor):
                    self._messages[item.full_name] = item
                else:
                    self._enums[item.full_name] = item

    def run(self, overlay: Overlay) -> None:
        self._known("overlay", "file", overlay.files, self._files)
        for name, message in overlay.messages.items():
            if self._known(message.where, "message", [name], self._messages):
                self._message(message, self._messages[name])
        for name, enum in overlay.enums.items():
            if self._known(enum.where, "enum", [name], self._enums):
                values = self._enums[name].values_by_name
                self._known(enum.where, f"value of {name}", enum.values, values)
                self._known(enum.where, f"value of {name}", enum.names.values(), values)
                self._hand_written(enum.where, name, "mixin", enum.mixins)
                self._usable(enum.where, name, enum.names, "enum_value")
        for name, service in overlay.services.items():
            if self._known(service.where, "service", [name], self._services):
                self._service(service, self._services[name])
        for module, layout in overlay.layout.items():
            self._usable(layout.where, f"the layout of {module}", module.split("."), "module")
            self._usable(layout.where, f"the layout of {module}", layout.names, "class")
            what = f"message or enum (layout of {module})"
            targets = [target for target in layout.names.values() if ":" not in target]
            self._known(layout.where, what, targets, [*self._messages, *self._enums])
            written = [target for target in layout.names.values() if ":" in target]
            self._hand_written(layout.where, f"layout of {module}", "name", written)

    def _message(self, overlay: MessageOverlay, descriptor: Descriptor) -> None:
        where, full_name = overlay.where, descriptor.full_name
        named = dict.fromkeys((*overlay.positional, *overlay.required, *overlay.fields))
        known = self._known(where, f"field of {full_name}", named, descriptor.fields_by_name)
        self._known(where, f"oneof of {full_name}", overlay.oneofs, descriptor.oneofs_by_name)
        self._hand_written(where, full_name, "mixin", overlay.mixins)
        self._hand_written(where, full_name, "base", filter(None, [overlay.base]))
        what = f"message, enum or value of an enum (names of {full_name})"
        self._known(where, what, overlay.names.values(), [*self._messages, *self._values()])
        fields = overlay.fields.values()
        given = [*(field.name for field in fields), *(field.raw for field in fields)]
        given += [oneof.name for oneof in overlay.oneofs.values()]
        self._usable(where, full_name, [*filter(None, given), *overlay.names], "attribute")
        if known and overlay.positional:
            self._order(overlay, full_name)

    def _values(self) -> Iterator[str]:
        """The full names of all enums and their values."""
        for name, enum in self._enums.items():
            yield name
            yield from (f"{name}.{value}" for value in enum.values_by_name)

    def _usable(self, where: str, owner: str, names: Iterable[str], context: Context) -> None:
        """See that names which the overlay gives are Python's to take."""
        for name in names:
            if not can_be_imported(name) or name.startswith("_") or "." in name:
                hint = "A name begins with a letter, goes on with letters, digits and underscores."
                self._problems.add(where, f"{owner} cannot have the name {name!r}", hint)
            elif name in reserved_names(context):
                hint = f"It is spoken for; {escape(name, context)!r} is not."
                self._problems.add(where, f"{owner} cannot have the name {name!r}", hint)

    def _hand_written(self, where: str, owner: str, what: str, names: Iterable[str]) -> None:
        for name in names:
            if name.count(":") != 1:
                hint = "Write it as module:Class."
                self._problems.add(where, f"{owner} has a strange {what} {name!r}", hint)

    def _service(self, overlay: ServiceOverlay, descriptor: ServiceDescriptor) -> None:
        where, full_name = overlay.where, descriptor.full_name
        self._known(where, f"RPC of {full_name}", overlay.methods, descriptor.methods_by_name)
        given = [method.name for method in overlay.methods.values() if method.name]
        self._usable(where, full_name, given, "method")
        for name, method in overlay.methods.items():
            what = f"status code ({full_name}.{name} raises)"
            self._known(where, what, method.raises, _STATUS_CODES, gone="")

    def _order(self, overlay: MessageOverlay, full_name: str) -> None:
        for name in overlay.required:
            if name not in overlay.positional:
                what = f"{full_name}.{name} is required but not positional"
                self._problems.add(overlay.where, what, "Add it to positional.")
        required = [name in overlay.required for name in overlay.positional]
        if required != sorted(required, reverse=True):
            what = f"{full_name} has a required field after an optional one in positional"
            self._problems.add(overlay.where, what, "Python wants required parameters first.")

    def _known(
        self, where: str, what: str, names: Iterable[str], known: Iterable[str], gone: str = _GONE
    ) -> bool:
        strange = [name for name in names if name not in known]
        for name in strange:
            what_is_wrong = f"there is no {what} called {name!r}"
            hints = (did_you_mean(name, known), gone)
            self._problems.add(where, what_is_wrong, " ".join(filter(None, hints)))
        return not strange
