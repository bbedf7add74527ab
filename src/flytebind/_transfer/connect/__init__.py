"""RPCs over plain HTTP/1.1, by the Connect protocol, in the shape of a gRPC channel."""

from flytebind._transfer.connect.channel import ConnectChannel

__all__ = ["ConnectChannel"]
