"""How fast a folder of small files comes down from an object store.

The store is a small one that takes its time over every request, in a process of its own. Run as a
module, this is that process: it prints its URL and serves until its standard input ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TypeAlias

from benchmarks.benchmark import FLYTEBIND, Benchmark, BenchmarkError, Sampler, is_installed
from benchmarks.process import ROOT

FLYTEKIT = "flytekit"

FILES = 300
LATENCY = 0.02
URI = "s3://bucket/folder"

_CONTENT = b"x" * 1000
_LISTED = "<Contents><Key>folder/{:03}.bin</Key><Size>1000</Size><ETag>e</ETag></Contents>"

#: Copies the folder to a path that is not there yet.
Download: TypeAlias = Callable[[str], object]


class _Store(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        time.sleep(LATENCY)
        if "list-type=2" in self.path:
            listed = "".join(map(_LISTED.format, range(FILES)))
            self._answer(f"<ListBucketResult>{listed}</ListBucketResult>".encode())
        else:
            self._answer(_CONTENT)

    def do_HEAD(self) -> None:
        time.sleep(LATENCY)
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def store() -> Iterator[None]:
    """A store that flytekit's variables lead to."""
    command = [sys.executable, "-m", "benchmarks.downloads"]
    before = dict(os.environ)
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        os.environ.update(
            FLYTE_AWS_ENDPOINT=process.stdout.readline().strip(),
            FLYTE_AWS_ACCESS_KEY_ID="key",
            FLYTE_AWS_SECRET_ACCESS_KEY="secret",
        )
        try:
            yield
        finally:
            process.stdin.close()
            os.environ.clear()
            os.environ.update(before)


def with_flytebind() -> Download:
    """How flytebind copies it."""
    from flytebind.values import RemoteDirectory

    return RemoteDirectory(URI).download


def with_flytekit() -> Download:
    """How flytekit copies it."""
    from flytekit.configuration import DataConfig
    from flytekit.core.data_persistence import FileAccessProvider

    access = FileAccessProvider("/tmp", "file:///tmp", DataConfig.auto())
    return partial(access.get_data, URI, is_multipart=True)


def sample(download: Download) -> float:
    """Copy it once; the seconds that takes.

    Raises:
        BenchmarkError: If it does not come as a whole.
    """
    with TemporaryDirectory() as folder:
        target = Path(folder, "target")
        started = perf_counter()
        download(str(target))
        seconds = perf_counter() - started
        found = len(list(target.iterdir()))
        if found != FILES:
            raise BenchmarkError(f"{found} of {FILES} files have come")
    return seconds


@contextmanager
def samplers() -> Iterator[Mapping[str, Sampler]]:
    """Everyone who can."""
    ways = {FLYTEBIND: with_flytebind, FLYTEKIT: with_flytekit}
    with store():
        yield {
            contestant: partial(sample, way())
            for contestant, way in ways.items()
            if is_installed(contestant)
        }


DOWNLOADS = Benchmark(
    "download-folder",
    f"remote: download of a folder of {FILES} small files",
    1.5,
    samplers,
    rounds=7,
    quick_rounds=1,
)


def main() -> None:
    """Serve until the standard input ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Store)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
