"""What monitors and tools ask of any gRPC server: its health, and what it serves.

Both come from packages of their own, in the extra ``sandbox``: their newest releases want the
newest protobuf, which is not for everybody who uses the remote.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import grpc

_log = logging.getLogger("flytebind.sandbox")

# Beside the server itself, a real admin reports on a service of this name.
_REPORTED = ("", "flyteadmin")


def add_probes(server: grpc.Server, services: Sequence[str], pool: ThreadPoolExecutor) -> None:
    """Serve health and reflection, where their packages are installed; else log that they are not.

    Args:
        server: The server; it has not started yet.
        services: The full names of what it serves.
        pool: Where tools may talk for as long as they like, without holding up other calls.
    """
    try:
        _add_health(server)
        _add_reflection(server, services, pool)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        what = "health" if missing.startswith("grpc_health") else "reflection"
        _log.info("no %s: %s is not installed, see flytebind[sandbox]", what, missing)
    except Exception as error:  # theirs, where grpcio or protobuf is too old for them
        _log.warning("no health or reflection: %s", error)


def _add_health(server: grpc.Server) -> None:
    # Neither package has types.
    health: Any = import_module("grpc_health.v1.health")
    messages: Any = import_module("grpc_health.v1.health_pb2")
    add: Callable[[object, grpc.Server], None] = import_module(
        "grpc_health.v1.health_pb2_grpc"
    ).add_HealthServicer_to_server
    servicer = health.HealthServicer()
    for name in _REPORTED:
        servicer.set(name, messages.HealthCheckResponse.SERVING)
    add(servicer, server)


def _add_reflection(server: grpc.Server, services: Sequence[str], pool: ThreadPoolExecutor) -> None:
    reflection: Any = import_module("grpc_reflection.v1alpha.reflection")
    add: Callable[[object, grpc.Server], None] = import_module(
        "grpc_reflection.v1alpha.reflection_pb2_grpc"
    ).add_ServerReflectionServicer_to_server
    for module in ("admin", "auth", "dataproxy", "identity", "signal"):
        import_module(f"flyteidl.service.{module}_pb2")  # brings the descriptors that are shown
    health = "grpc.health.v1.Health"
    servicer = reflection.ReflectionServicer([*services, health, reflection.SERVICE_NAME])

    def talk(requests: Iterator[object], context: grpc.ServicerContext) -> Iterator[object]:
        answers: Iterator[object] = servicer.ServerReflectionInfo(requests, context)
        return answers

    talk.experimental_thread_pool = pool  # type: ignore[attr-defined]  # of grpc
    add(SimpleNamespace(ServerReflectionInfo=talk), server)
