"""``google.protobuf.Any``: a message of whatever type, with the name of the type beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf import any_pb2

from flytebind.runtime.constructors import MISTAKES, fail
from flytebind.runtime.model import Model
from flytebind.runtime.typing import Self

M = TypeVar("M", bound=Model[Any])

_PREFIX = "type.googleapis.com/"


class AnyMessage(Model[any_pb2.Any]):
    """A packed message. ``unpack`` gives it back as the model that you name.

    Proto: ``google.protobuf.Any``
    """

    __slots__ = ()
    _pb_type = any_pb2.Any

    def __init__(self, *, type_url: str | None = None, value: bytes | None = None) -> None:
        self._pb = pb = any_pb2.Any()
        try:
            if type_url is not None:
                pb.type_url = type_url
            if value is not None:
                pb.value = value
        except MISTAKES as error:
            fail(self, {"type_url": type_url, "value": value}, error)

    @classmethod
    def pack(cls, model: Model[Any]) -> Self:
        """Pack a model together with the full name of its message.

        Raises:
            ValueError: If the model lacks required fields, or nests more deeply than is read.
        """
        name = model._pb.DESCRIPTOR.full_name
        return cls._wrap(any_pb2.Any(type_url=f"{_PREFIX}{name}", value=model.to_bytes()))

    def unpack(self, model_class: type[M]) -> M:
        """The packed message as a model.

        Raises:
            TypeError: If something else is packed. ``type_name`` says what.
            ValueError: If the packed bytes cannot be read.
        """
        wanted = model_class._pb_type.DESCRIPTOR.full_name
        if self.type_name != wanted:
            raise TypeError(f"holds {self.type_name or 'nothing'}, not {wanted}")
        return model_class.from_bytes(self._pb.value)

    @property
    def type_name(self) -> str:
        """The full proto name of the packed message; empty when nothing is packed."""
        return self._pb.TypeName()

    @property
    def type_url(self) -> str:
        """``string type_url = 1``."""
        return self._pb.type_url

    @property
    def value(self) -> bytes:
        """``bytes value = 2``: the packed message in binary form."""
        return self._pb.value

    if TYPE_CHECKING:

        def replace(self, *, type_url: str | None = ..., value: bytes | None = ...) -> Self:
            """A copy with some fields changed; ``None`` clears one."""
            ...

        __replace__ = replace
