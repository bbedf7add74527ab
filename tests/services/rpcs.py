"""Every RPC of every service, and the full messages that it is called with."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from itertools import islice
from types import ModuleType
from typing import Any

import flyteidl
import pytest
from google.protobuf.descriptor import ServiceDescriptor

import flytebind.services
from flytebind.runtime import FlyteIdlEntity
from flytebind.runtime.rpc import AsyncClient, AsyncServicer, Client, Method, Servicer
from flytebind.runtime.rpc.method import methods_of
from tests.support.fill import add_unknown_fields, fillings
from tests.support.messages import ModelClass


@dataclass(frozen=True)
class Service:
    """The four classes of one service, and what flyteidl has for it."""

    client: type[Client]
    async_client: type[AsyncClient]
    servicer: type[Servicer]
    async_servicer: type[AsyncServicer]

    @property
    def full_name(self) -> str:
        return self.servicer.SERVICE_NAME

    @property
    def name(self) -> str:
        return self.full_name.rpartition(".")[2]

    @property
    def classes(self) -> tuple[type, ...]:
        return self.client, self.async_client, self.servicer, self.async_servicer

    @property
    def methods(self) -> dict[str, Method[Any, Any]]:
        return dict(methods_of(self.servicer._methods))

    @cached_property
    def grpc_module(self) -> ModuleType:
        """flyteidl's own stubs and servicers; they carry no types."""
        file = described_services()[self.full_name].file.name
        return import_module(file.removesuffix(".proto").replace("/", ".") + "_pb2_grpc")


@cache
def described_services() -> dict[str, ServiceDescriptor]:
    """The services in flyteidl's descriptors, by their full names."""
    return {
        service.full_name: service
        for module in pkgutil.walk_packages(flyteidl.__path__, "flyteidl.")
        if module.name.endswith("_pb2")
        for service in import_module(module.name).DESCRIPTOR.services_by_name.values()
    }


def _services() -> Iterator[Service]:
    for name in flytebind.services.__all__:
        if name.endswith("AsyncServicer"):
            stem = name.removesuffix("AsyncServicer")
            suffixes = ("Client", "AsyncClient", "Servicer", "AsyncServicer")
            yield Service(*(getattr(flytebind.services, stem + suffix) for suffix in suffixes))


SERVICES = tuple(_services())


@dataclass(frozen=True)
class Rpc:
    """One RPC, and the messages that travel both ways."""

    service: Service
    python_name: str
    method: Method[Any, Any]

    def __str__(self) -> str:
        return f"{self.service.name}.{self.method.name}"

    @property
    def streams_requests(self) -> bool:
        return self.method.cardinality.startswith("stream_")

    @property
    def streams_responses(self) -> bool:
        return self.method.cardinality.endswith("_stream")

    @property
    def requests(self) -> list[FlyteIdlEntity[Any]]:
        """What the client sends: one message, or one for each member of a oneof."""
        return _messages(self.method.request, self.streams_requests)

    @property
    def responses(self) -> list[FlyteIdlEntity[Any]]:
        """What the server answers with."""
        return _messages(self.method.response, self.streams_responses)


RPCS = [
    Rpc(service, name, method) for service in SERVICES for name, method in service.methods.items()
]

every_rpc = pytest.mark.parametrize("rpc", RPCS, ids=str)
every_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


_known: dict[tuple[ModelClass, bool], list[FlyteIdlEntity[Any]]] = {}


def _messages(model_class: ModelClass, streams: bool) -> list[FlyteIdlEntity[Any]]:
    key = (model_class, streams)
    if key not in _known:
        messages = list(islice(fillings(model_class), None if streams else 1))
        for message in messages:
            add_unknown_fields(message)
        _known[key] = list(map(model_class.from_pb, messages))
    return _known[key]
