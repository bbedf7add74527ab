"""A gRPC status with details: raised by servers, read by clients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from google.protobuf.message import DecodeError

from flytebind.runtime.any import AnyMessage
from flytebind.runtime.grpcio import grpc
from flytebind.runtime.model import Model

_DETAILS_KEY = "grpc-status-details-bin"
_MAX_MESSAGE = 2048


class StatusError(Exception):
    """Raised in a servicer's method, it becomes the status that the client sees.

    Args:
        code: The status code.
        message: For people to read.
        details: For programs: models that travel in the trailing metadata, as ``google.rpc.Status``
            has them. ``status_details`` reads them on the other side.

    Raises:
        ValueError: If the code is ``OK``.
    """

    def __init__(
        self, code: grpc.StatusCode, message: str, details: Iterable[Model[Any]] = ()
    ) -> None:
        if code is grpc.StatusCode.OK:
            raise ValueError("OK is no error; return the response instead")
        super().__init__(code, message)
        self.code: grpc.StatusCode = code
        self.message: str = message
        self.details: tuple[Model[Any], ...] = tuple(details)

    def __str__(self) -> str:
        return f"{self.code.name}: {self.message}"

    def trailing_metadata(self) -> tuple[tuple[str, bytes], ...]:
        """The details as metadata; empty when there are none."""
        if not self.details:
            return ()
        from google.rpc.status_pb2 import Status

        status = Status(code=self.code.value[0], message=fit(self.message))
        for detail in self.details:
            status.details.add().Pack(detail.to_pb())
        return ((_DETAILS_KEY, status.SerializeToString()),)


def fit(message: str) -> str:
    """A message that surely reaches the client.

    Clients give 8 KiB to all metadata, the percent-encoded message included; of a longer one they
    would report the length instead of what it says.
    """
    encoded = message.encode(errors="replace")  # Nobody can send a lone surrogate.
    whole = encoded.decode()
    if 3 * len(encoded) <= _MAX_MESSAGE:
        return whole
    from urllib.parse import quote

    cut = whole[:_MAX_MESSAGE]  # Encoded, it is at least as long.
    while len(quote(cut)) > _MAX_MESSAGE:
        cut = cut[: len(cut) * 3 // 4]
    return whole if len(cut) == len(whole) else f"{cut}..."


def status_details(error: grpc.RpcError) -> tuple[AnyMessage, ...]:
    """What a server said about an error beside its code and message.

    Returns:
        The details of the ``google.rpc.Status`` in the trailing metadata; empty when there is none,
        or none that can be read.
    """
    from google.rpc.status_pb2 import Status

    pairs = cast("Iterable[tuple[str, bytes]]", error.trailing_metadata() or ())
    for key, value in pairs:
        if key == _DETAILS_KEY:
            try:
                status = Status.FromString(value)
            except DecodeError:
                return ()
            return tuple(map(AnyMessage.from_pb, status.details))
    return ()
