"""What ``flytegen list`` says about a library, in the words of its .proto files."""

from __future__ import annotations

from collections.abc import Iterator

from flytegen.common.code import plain
from flytegen.common.texts import counted
from flytegen.schema import Enum, Library, Message, Service


def listed(library: Library) -> Iterator[str]:
    """The lines for all modules, and for what is in them."""
    for module in library.modules:
        yield f"{module.proto_file} -> {module.name}"
        for enum in module.enums:
            yield _enum(enum, "  ")
        for message in module.messages:
            yield from _message(message, "  ")
    for service_module in library.service_modules:
        yield f"{service_module.proto_file} -> {service_module.name}"
        for service in service_module.services:
            yield from _service(service)


def counts(library: Library) -> str:
    """How much of everything there is, in one line."""
    messages = library.all_messages()
    services = [service for module in library.service_modules for service in module.services]
    found = {
        "message": len(messages),
        "enum": len(library.all_enums()),
        "field": sum(len(message.fields) for message in messages),
        "service": len(services),
        "RPC": sum(len(service.methods) for service in services),
        "module": len(library.modules) + len(library.service_modules),
    }
    return ", ".join(counted(count, what) for what, count in found.items())


def _message(message: Message, indent: str) -> Iterator[str]:
    yield f"{indent}{message.full_name}"
    for field in message.fields:
        oneof = f"  (one of {field.oneof})" if field.oneof else ""
        label = f"{field.label} " if field.label else ""
        yield f"{indent}  {field.number:>3} {field.name}: {label}{field.proto_type}{oneof}"
    for enum in message.enums:
        yield _enum(enum, indent + "  ")
    for nested in message.messages:
        yield from _message(nested, indent + "  ")


def _enum(enum: Enum, indent: str) -> str:
    values = ", ".join(f"{value.name}={value.number}" for value in enum.values)
    return f"{indent}enum {enum.full_name}: {values}"


def _service(service: Service) -> Iterator[str]:
    yield f"  service {service.full_name}"
    for method in service.methods:
        takes = f"{'stream ' if method.client_streaming else ''}{plain(method.request)}"
        answers = f"{'stream ' if method.server_streaming else ''}{plain(method.response)}"
        yield f"    {method.name}: {takes} -> {answers}"
