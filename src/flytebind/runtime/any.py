"""``google.protobuf.Any``: a message of whatever type, with the name of the type beside it."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf import any_pb2
from google.protobuf.message import EncodeError

from flytebind.runtime.model import Model, incomplete
from flytebind.runtime.typing import Self

M = TypeVar("M", bound=Model[Any])


class AnyMessage(Model[any_pb2.Any]):
    """A packed message. ``unpack`` gives it back as the model that you name.

    Proto: ``google.protobuf.Any``
    """

    __slots__ = ()
    _pb_type = any_pb2.Any

    @classmethod
    def pack(cls, model: Model[Any]) -> Self:
        """Pack a model together with the full name of its message.

        Raises:
            ValueError: If the model lacks required fields.
        """
        pb = any_pb2.Any()
        try:
            pb.Pack(model._pb)
        except EncodeError as error:
            raise incomplete(model, error) from None
        return cls._wrap(pb)

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

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}.from_bytes({self.to_bytes()!r})"
