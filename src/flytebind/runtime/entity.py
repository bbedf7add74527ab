"""The base of models of Flyte's own IDL: ``Model`` under the names that Flyte's users know."""

from __future__ import annotations

from flytebind.runtime.model import Model, P
from flytebind.runtime.typing import Self


class FlyteIdlEntity(Model[P]):
    """A model of a message of ``flyteidl``."""

    __slots__ = ()

    @classmethod
    def from_flyte_idl(cls, pb: P, /) -> Self:
        """A model of a copy of ``pb``.

        Raises:
            TypeError: If ``pb`` is not this model's kind of message.
        """
        return cls.from_pb(pb)

    def to_flyte_idl(self) -> P:
        """A copy of the message, yours to change."""
        return self.to_pb()

    def serialize_to_string(self) -> bytes:
        """Protobuf's binary form."""
        return self.to_bytes()

    def __str__(self) -> str:
        return self.short_string()

    def _title(self) -> str:
        return f"Flyte Serialized object ({type(self).__name__})"
