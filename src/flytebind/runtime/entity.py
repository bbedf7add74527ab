"""The bases of models of Flyte's own IDL: ``Model`` under the names that Flyte's users know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, cast

from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from flytebind.runtime.by_hand import adapt
from flytebind.runtime.convert import read_struct, write_struct
from flytebind.runtime.model import Model, P
from flytebind.runtime.typing import Self

# What from_flyte_idl takes and to_flyte_idl gives: for all but a few models, the message itself.
if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Idl = TypeVar("Idl", bound=Message, default=P)
else:
    from typing import TypeVar

    Idl = TypeVar("Idl", bound=Message)


class FlyteIdlEntity(Model[P], Generic[P, Idl]):
    """A model of a message of ``flyteidl``.

    One that is written by hand says ``to_flyte_idl`` and ``from_flyte_idl``; equality, hashes,
    texts and JSON come of these.
    """

    __slots__ = ()

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        adapt(cls)

    @classmethod
    def from_flyte_idl(cls, pb: Idl, /) -> Self:
        """A model of a copy of ``pb``.

        Raises:
            TypeError: If ``pb`` is not this model's kind of message.
        """
        return cls.from_pb(cast("P", pb))

    def to_flyte_idl(self) -> Idl:
        """A copy of the message, yours to change."""
        return cast("Idl", self.to_pb())

    def serialize_to_string(self) -> bytes:
        """Protobuf's binary form."""
        return self.to_bytes()

    def __str__(self) -> str:
        return self.short_string()

    def _title(self) -> str:
        return f"Flyte Serialized object ({type(self).__name__})"


class FlyteCustomIdlEntity(FlyteIdlEntity[P, Struct]):
    """A model that travels as a ``Struct``: the custom data of a task, in protobuf's JSON form.

    ``from_pb``, ``to_pb`` and the binary form are those of its own message, and lose nothing; a
    struct has no room for unknown fields.
    """

    __slots__ = ()

    @classmethod
    def from_flyte_idl(cls, pb: Struct, /) -> Self:
        """Read the struct that ``to_flyte_idl`` makes.

        Raises:
            TypeError: If ``pb`` is not a ``Struct``.
            ValueError: If it has a field that is unknown, or a value that does not fit.
        """
        if not isinstance(pb, Struct):
            raise TypeError(
                f"{cls.__qualname__} is made of google.protobuf.Struct, not of {type(pb).__name__}"
            )
        return cls.from_dict(read_struct(pb))

    def to_flyte_idl(self) -> Struct:
        """A struct of the fields that are set, yours to change."""
        pb = Struct()
        write_struct(pb, self.to_dict())
        return pb
