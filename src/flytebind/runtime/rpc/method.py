"""One RPC as data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from flytebind.runtime.model import Model

Req = TypeVar("Req", bound=Model[Any])
Res = TypeVar("Res", bound=Model[Any])

Metadata = Sequence[tuple[str, str | bytes]]
"""Pairs that travel beside a request; the value of a key that ends in ``-bin`` is bytes."""

Cardinality: TypeAlias = Literal["unary_unary", "unary_stream", "stream_unary", "stream_stream"]


class Method(Generic[Req, Res]):
    """Where an RPC is found, what goes in and what comes out.

    Args:
        path: As gRPC has it: ``/package.Service/Method``.
        request: The model of each message that goes in.
        response: The model of each message that comes out.
        cardinality: Which side streams, as grpcio calls it: ``unary_stream``.
    """

    __slots__ = ("cardinality", "path", "request", "response")

    def __init__(
        self,
        path: str,
        request: type[Req],
        response: type[Res],
        cardinality: Cardinality = "unary_unary",
    ) -> None:
        self.path: str = path
        self.request: type[Req] = request
        self.response: type[Res] = response
        self.cardinality: Cardinality = cardinality

    @property
    def name(self) -> str:
        """The RPC's name in the .proto."""
        return self.path.rpartition("/")[2]

    @property
    def shape(self) -> Cardinality:
        """The former name of ``cardinality``."""
        return self.cardinality

    def check_request(self, request: object) -> Req:
        """Give the request back; refuse what gRPC would call unserializable, or send as it is.

        Raises:
            TypeError: If it is not the model that this RPC takes.
        """
        if not isinstance(request, self.request):
            raise TypeError(f"{self._label} takes {_name(self.request)}, not {_kind(request)}")
        return request

    def check_response(self, response: object) -> None:
        """Refuse what a handler must not return.

        Raises:
            TypeError: If it is not the model that this RPC answers.
        """
        if not isinstance(response, self.response):
            raise TypeError(f"{self._label} answers {_name(self.response)}, not {_kind(response)}")

    @property
    def _label(self) -> str:
        return self.path.rpartition(".")[2]


def methods_of(table: type) -> Iterator[tuple[str, Method[Any, Any]]]:
    """The Python names and the RPCs of a service, in the order of its .proto."""
    for name, value in vars(table).items():
        if isinstance(value, Method):
            yield name, value


def _name(model: type[Model[Any]]) -> str:
    return model.__qualname__


def _kind(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__qualname__}"
    return type(value).__qualname__
