"""A server in a process of its own, which tests may kill, and which tells of a run that goes on.

``python -m tests.runs.outages server-kill9 FOLDER GRPC_PORT CONNECT_PORT``
"""

from __future__ import annotations

import math
import signal
import struct
import sys
import threading
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
from flyteidl2.workflow.run_service_pb2 import ListActionsResponse, WatchActionsResponse

from tests.runs import recordings
from tests.runs.recordings import METHODS, Answer, Question
from tests.runs.server import RecordedServer, Timeline, together
from tests.transfer.connect.bridge import channel_to, serving

#: Where the processes of one test find out how things are: a byte for each stream that was asked
#: for, the ports, and that the run may come to its end.
ASKED, READY, ENDS = "asked", "ready", "ends"

#: How long streams go on after SIGTERM.
_GRACE = 60.0


class Gone(Timeline):
    """A run whose server went away; it stays as it was then until it may come to its end.

    What was recorded of one server over both transports is put together: gRPC's own clients were
    not yet back when the run had ended.

    Args:
        name: The recording.
        folder: What the processes share.
    """

    def __init__(self, name: str, folder: Path) -> None:
        super().__init__(name, 1)
        rows = recordings.lines("timelines", name)
        self._gone: int = next(row["ms"] for row in rows if row["event"] == "note")
        self._may_end = folder / ENDS
        for answers in self.polled.values():
            answers[:] = [each for each in answers if each[1].code is grpc.StatusCode.OK]
        for question, messages in self.streamed.items():
            messages += _over_connect(rows, question.method)
            messages.sort(key=lambda each: each[0])
            ends = question.name == "WatchActionDetails"
            self._ends[question] = grpc.StatusCode.OK if ends else None

    @property
    def _now(self) -> float:
        return math.inf if self._may_end.exists() else self._gone

    def list_actions(self, question: Question) -> Answer:
        """What nobody asked for while it was recorded: the actions, as streams tell of them."""
        watched = next(each for each in self.streamed if each.name == "WatchActions")
        told = [each for at, each in self.streamed[watched] if at <= self._now]
        latest = WatchActionsResponse.FromString(together(told)).enriched_actions
        answer = ListActionsResponse(actions=[each.action for each in latest])
        return Answer(grpc.StatusCode.OK, (answer.SerializeToString(),))


def _over_connect(rows: list[dict[str, Any]], method: str) -> Iterator[tuple[int, bytes]]:
    """The messages of a method's streams that came as chunks of HTTP."""
    opened = {row["at"] for row in rows if "sent" in row and row["method"] == method}
    for row in rows:
        if row["event"] != "bytes" or row["of"] not in opened:
            continue
        left = b64decode(row["received"])
        if left.startswith(b"HTTP/"):
            left = left.partition(b"\r\n\r\n")[2]
        while left:
            size, _, left = left.partition(b"\r\n")
            chunk, left = left[: int(size, 16)], left[int(size, 16) + 2 :]
            if chunk and chunk[0] == 0:
                assert struct.unpack(">I", chunk[1:5])[0] == len(chunk) - 5
                yield row["ms"], chunk[5:]


class _Server(RecordedServer):
    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def _hear(self, method: str, request: bytes, context: grpc.ServicerContext) -> Answer:
        if METHODS[method].server_streaming:
            with open(self._folder / ASKED, "ab") as file:
                file.write(b".")
        return super()._hear(method, request, context)


def main(name: str, folder: Path, port: int, connect_port: int) -> None:
    """Serve by both transports; after SIGTERM only who is being served already."""
    terminated = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: terminated.set())
    server = _Server(folder)
    run = server.timeline = Gone(name, folder)
    server.instead["ListActions"] = run.list_actions
    # One name would do for one of the transports alone; nothing of the data was recorded.
    server.instead["SelectCluster"] = Answer(grpc.StatusCode.NOT_FOUND, (), "no cluster")
    server.start(f"127.0.0.1:{port}")
    with channel_to(server.endpoint) as channel:
        with serving(channel, connect_port) as endpoint:
            ready = folder / f"{READY}.new"
            ready.write_text(f"{server.endpoint} {endpoint}")
            ready.rename(folder / READY)
            terminated.wait()
        server.stop(_GRACE)
        signal.pause()  # so that all comes through that is being written


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
