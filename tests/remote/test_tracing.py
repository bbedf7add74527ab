"""Calls are traced by OpenTelemetry, which knows nothing of remotes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.instrumentation.grpc import GrpcInstrumentorClient
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from flytebind.remote import AsyncFlyteRemote, CallPolicy, FlyteNotFoundError, FlyteRemote
from flytebind.sandbox import Sandbox
from tests.remote.conftest import DOMAIN, PROJECT, config

QUICK = CallPolicy(timeout=20, first_pause=0.01, longest_pause=0.05)
ADMIN = "/flyteidl.service.AdminService"


@pytest.fixture(scope="module")
def spans() -> Iterator[InMemorySpanExporter]:
    """All spans of this process; the provider of a process can be set once."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    instrumentor: Any = GrpcInstrumentorClient  # its constructor has no types
    instrumentor().instrument()
    try:
        yield exporter
    finally:
        instrumentor().uninstrument()


def parent(span: ReadableSpan) -> int | None:
    """The span that it is part of."""
    return None if span.parent is None else span.parent.span_id


def seen(spans: Sequence[ReadableSpan]) -> list[tuple[str, object]]:
    """The names of calls and their status codes."""
    return [
        (span.name.removeprefix(f"{ADMIN}/"), (span.attributes or {})["rpc.grpc.status_code"])
        for span in spans
        if span.name.startswith(ADMIN)
    ]


def test_each_attempt_is_a_span_of_the_callers_trace(
    sandbox: Sandbox, spans: InMemorySpanExporter
) -> None:
    spans.clear()
    sandbox.faults.fail(times=1)
    with (
        FlyteRemote(config(sandbox), PROJECT, DOMAIN, policy=QUICK) as remote,
        trace.get_tracer("tests").start_as_current_span("mine") as mine,
    ):
        remote.list_projects()
        with pytest.raises(FlyteNotFoundError):
            remote.fetch_execution("nobody")
    *calls, _ = spans.get_finished_spans()
    assert seen(calls) == [("ListProjects", 14), ("ListProjects", 0), ("GetExecution", 5)]
    assert {parent(call) for call in calls} == {mine.get_span_context().span_id}


def test_calls_that_queue_stay_in_the_trace_of_their_task(
    sandbox: Sandbox, spans: InMemorySpanExporter
) -> None:
    spans.clear()

    async def main() -> None:
        async with AsyncFlyteRemote(config(sandbox), max_calls=1) as remote:

            async def ask(name: str) -> None:
                with trace.get_tracer("tests").start_as_current_span(name):
                    await remote.list_projects()

            await asyncio.gather(*map(ask, "abc"))

    asyncio.run(main())
    finished = spans.get_finished_spans()
    names = {span.context.span_id: span.name for span in finished if span.context is not None}
    parents = [names[id] for id in map(parent, finished) if id is not None]
    assert sorted(parents) == ["a", "b", "c"]
