"""An answer of gRPC that is little as it travels, and a lot once it is unpacked."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

_PROGRAM = """
import resource, sys
from flytebind.remote import CallPolicy, Config, FlyteError, FlyteRemote

def peak():
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used // (1 << 20 if sys.platform == "darwin" else 1 << 10)

config = Config(sys.argv[1], insecure=True)
with FlyteRemote(config, policy=CallPolicy(max_attempts=1)) as remote:
    print(remote.list_domains())
    before = peak()
    try:
        remote.list_projects()
    except FlyteError as error:
        print(error)
print(peak() - before)
"""


class _Packing(grpc.GenericRpcHandler):
    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        size = 100_000_000 if details.method.endswith("/ListProjects") else 0

        def reply(request: object, context: grpc.ServicerContext) -> bytes:
            context.set_compression(grpc.Compression.Gzip)
            return b"\0" * size

        return grpc.unary_unary_rpc_method_handler(reply)


@pytest.mark.skipif(os.name == "nt", reason="there is no resource module")
def test_what_a_server_packs_is_not_unpacked_before_its_size_is_known() -> None:
    with ThreadPoolExecutor(2) as pool:
        options = [("grpc.max_send_message_length", -1), ("grpc.so_reuseport", 0)]
        server = grpc.server(pool, handlers=[_Packing()], options=options)
        endpoint = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        ended = subprocess.run(
            [sys.executable, "-c", _PROGRAM, endpoint], capture_output=True, text=True, timeout=60
        )
        server.stop(None).wait(10)
    domains, error, more = ended.stdout.splitlines()
    assert domains == "[]"
    assert "the server packs its answers" in error
    assert int(more) < 32, ended.stdout  # MiB
