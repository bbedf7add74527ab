"""What editors and ``help`` show of clients and servicers."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from flytebind.runtime.rpc import AsyncServicer, Client, Servicer
from tests.services.rpcs import RPCS, Rpc, Service, described_services, every_rpc, every_service

OPTIONS = {"timeout", "metadata", "wait_for_ready"}


def methods(rpc: Rpc) -> Iterator[tuple[type, Callable[..., Any]]]:
    for owner in rpc.service.classes:
        yield owner, vars(owner)[rpc.python_name]


def documented(owner: type, rpc: Rpc) -> str:
    return " ".join((inspect.getdoc(getattr(owner, rpc.python_name)) or "").split())


@every_rpc
def test_each_client_method_names_its_rpc_and_its_messages(rpc: Rpc) -> None:
    method = rpc.method
    text = documented(rpc.service.client, rpc)
    assert f"``{method.path}``" in text
    for model in (method.request, method.response):
        full_name: str = model._pb_type.DESCRIPTOR.full_name
        assert f"``{full_name.rpartition('.')[2]}``" in text or f"{full_name}``" in text
    assert text.count("a stream of") == rpc.streams_requests + rpc.streams_responses


@every_rpc
def test_each_async_method_says_what_it_does_and_where_the_details_are(rpc: Rpc) -> None:
    client = rpc.service.client
    summary, _, pointer = documented(rpc.service.async_client, rpc).rpartition(" See ")
    assert documented(client, rpc).startswith(f"{summary} ")
    assert pointer == f"``{client.__name__}.{rpc.python_name}``."


@every_rpc
def test_each_method_has_docs_and_begins_with_a_sentence(rpc: Rpc) -> None:
    for _, method in methods(rpc):
        first = (inspect.getdoc(method) or "").partition("\n")[0]
        assert first.endswith((".", ":"))
        assert not first.startswith("RPC:")


@every_rpc
def test_annotations_resolve_to_the_models(rpc: Rpc) -> None:
    for owner, method in methods(rpc):
        hints = typing.get_type_hints(method)
        result = hints.pop("return")
        request = hints.pop("requests" if rpc.streams_requests else "request")
        assert rpc.method.request in (request, *_arguments(request))
        assert rpc.method.response in (result, *typing.get_args(result))
        is_client = issubclass(owner, (Client, rpc.service.async_client))
        assert set(hints) == (OPTIONS if is_client else {"context"})


@every_rpc
def test_what_has_to_be_awaited_is_a_coroutine_function(rpc: Rpc) -> None:
    for owner, method in methods(rpc):
        is_async = owner in (rpc.service.async_client, rpc.service.async_servicer)
        expected = is_async and not rpc.streams_responses
        assert inspect.iscoroutinefunction(method) == expected


@every_service
def test_each_class_is_documented_and_named(service: Service) -> None:
    for owner in service.classes:
        assert f"Proto: ``{service.full_name}``" in (owner.__doc__ or "")
        assert owner.__name__.startswith(service.name)
        public = {name for name in vars(owner) if not name.startswith("_")}
        is_servicer = issubclass(owner, (Servicer, AsyncServicer))
        assert public - set(service.methods) == ({"SERVICE_NAME"} if is_servicer else set())


@every_service
def test_what_the_idl_has_retired_is_marked(service: Service) -> None:
    descriptor = described_services()[service.full_name]
    retired = {
        rpc.python_name
        for rpc in RPCS
        if rpc.service is service
        and descriptor.methods_by_name[rpc.method.name].GetOptions().deprecated
    }
    for owner in service.classes:
        marked = {name for name, item in vars(owner).items() if hasattr(item, "__deprecated__")}
        assert marked == retired


def test_some_rpcs_are_retired() -> None:
    marked = {str(rpc) for rpc in RPCS if hasattr(next(methods(rpc))[1], "__deprecated__")}
    assert marked == {
        "DataProxyService.CreateDownloadLocation",
        "ExternalPluginService.CreateTask",
        "ExternalPluginService.DeleteTask",
        "ExternalPluginService.GetTask",
    }


@pytest.mark.parametrize("name", ["StatusError", "status_details", "ResponseStream"])
def test_what_comes_with_them_is_documented(name: str) -> None:
    import flytebind.services

    assert inspect.getdoc(getattr(flytebind.services, name))


def _arguments(annotation: object) -> Iterator[object]:
    for argument in typing.get_args(annotation):
        yield argument
        yield from _arguments(argument)
