"""The base class of every generated model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from google.protobuf.message import DecodeError, EncodeError, Message

from flytebind.runtime import text
from flytebind.runtime.assign import assign
from flytebind.runtime.fields import LIMIT, set_fields
from flytebind.runtime.hashing import hash_message
from flytebind.runtime.spelling import call_of
from flytebind.runtime.typing import JsonObject, Self

P = TypeVar("P", bound=Message)
M = TypeVar("M", bound="Model[Any]")

#: Bytes that are no more can be read: it takes two of them to put a message into another one.
_SHALLOW = 2 * LIMIT

if TYPE_CHECKING:

    def new(cls: type[M]) -> M:
        """A model made without its constructor, for code that has a message already."""
        ...

else:
    new = object.__new__


class Model(Generic[P]):
    """An immutable, typed view that owns one protobuf message.

    Properties read the message when they are touched; nothing is kept twice. To change something,
    make a new model with ``replace``; the few properties that can be assigned to do so themselves,
    and keep the new message for this object alone. A model read from another one
    (``execution.closure``) keeps the whole message alive: ``copy.copy(model)`` gives one that owns
    just its part.

    Two models are equal when their messages are, whatever their classes; unknown fields count.
    Models hash, pickle, copy, and match patterns by attribute.
    """

    __slots__ = ("__weakref__", "_pb")

    _pb: P
    _pb_type: ClassVar[type[Message]]
    _renamed: ClassVar[Mapping[str, str]] = {}
    #: Whether the .proto calls a field in here required, so that a message can be incomplete.
    _has_required: ClassVar[bool] = False
    #: The fields that are shown otherwise than the message has them, and how.
    _reshaped: ClassVar[Mapping[str, str]] = {}
    #: The fields that the constructor takes in another form, too, and which.
    _takes: ClassVar[Mapping[str, str]] = {}

    if not TYPE_CHECKING:
        # To type checkers it would be at odds with the names that each subclass has.
        __match_args__ = ()

        # Only type checkers need the parameter; an alias for each subclass would slow the import.
        def __class_getitem__(cls, parameter: object) -> type[Self]:
            return cls

    def _which(self, oneof: str) -> Any:
        """The Python name and the value of the member of a oneof that is set, or None."""
        proto_name = self._pb.WhichOneof(oneof)
        if proto_name is None:
            return None
        name = self._renamed.get(proto_name, proto_name)
        return name, getattr(self, name)

    @classmethod
    def _wrap(cls, pb: P) -> Self:
        """A model that shares ``pb``: for code that owns the message and will not change it."""
        self = new(cls)
        self._pb = pb
        return self

    @classmethod
    def from_pb(cls, pb: P, /) -> Self:
        """A model of a copy of ``pb``.

        Raises:
            TypeError: If ``pb`` is not this model's kind of message.
        """
        own = cls._pb_type()
        try:
            own.CopyFrom(pb)
        except TypeError:
            raise TypeError(
                f"{cls.__qualname__} is made of {own.DESCRIPTOR.full_name}, not of {_kind(pb)}"
            ) from None
        return cls._wrap(cast("P", own))

    def to_pb(self) -> P:
        """A copy of the message, yours to change."""
        own = self._pb_type()
        own.CopyFrom(self._pb)
        return cast("P", own)

    @classmethod
    def from_bytes(cls, data: bytes, /) -> Self:
        """Read protobuf's binary form.

        Raises:
            ValueError: If ``data`` is not a message of this kind, or lacks required fields.
        """
        own = cls._pb_type()
        try:
            own.MergeFromString(data)
        except DecodeError as error:
            raise _damaged(cls, error) from None
        model = cls._wrap(cast("P", own))
        if cls._has_required and not own.IsInitialized():
            raise incomplete(model)
        return model

    def to_bytes(self) -> bytes:
        """Protobuf's binary form, with map entries in the order of their keys.

        Raises:
            ValueError: If required fields are not set; says which. If it nests more messages inside
                each other than protobuf reads.
        """
        try:
            data = self._pb.SerializeToString(deterministic=True)
        except EncodeError as error:
            raise incomplete(self, error) from None
        return _readable(self, data)

    @classmethod
    def from_dict(
        cls, data: Mapping[str, object], /, *, ignore_unknown_fields: bool = False
    ) -> Self:
        """Read protobuf's JSON form from plain values; field names in either spelling.

        Where that form is no object (a ``FieldMask`` is text), it is under the key ``value``.

        Raises:
            ValueError: If a field is unknown or comes twice, or a value does not fit.
        """
        from flytebind.runtime import json_form

        own = cls._pb_type()
        name = cls.__qualname__
        json_form.from_mapping(data, own, name, lenient=ignore_unknown_fields)
        return cls._wrap(cast("P", own))

    def to_dict(self, *, proto_names: bool = False) -> JsonObject:
        """Protobuf's JSON form as plain values.

        Where that form is no object (a ``FieldMask`` is text), it is under the key ``value``.

        Args:
            proto_names: Keys as the .proto spells them, instead of camelCase.

        Raises:
            ValueError: If JSON cannot hold a value: a time out of range, NaN in a Struct, a packed
                message of a type that nobody has imported, or more levels than are read.
        """
        from flytebind.runtime import json_form

        name = type(self).__qualname__
        return json_form.to_mapping(self._pb, name, proto_names=proto_names)

    @classmethod
    def from_json(cls, data: str | bytes, /, *, ignore_unknown_fields: bool = False) -> Self:
        """Read protobuf's JSON form.

        Raises:
            ValueError: If ``data`` is not JSON, has a key twice or a field that is unknown, or a
                value does not fit.
            TypeError: If it is neither text nor bytes.
        """
        from flytebind.runtime import json_form

        own = cls._pb_type()
        name = cls.__qualname__
        json_form.from_text(data, own, name, lenient=ignore_unknown_fields)
        return cls._wrap(cast("P", own))

    def to_json(self, *, indent: int | None = None, proto_names: bool = False) -> str:
        """Protobuf's JSON form: camelCase keys, or the names in the .proto with ``proto_names``.

        Raises:
            ValueError: If JSON cannot hold a value; see ``to_dict``.
        """
        from flytebind.runtime import json_form

        name = type(self).__qualname__
        return json_form.to_text(self._pb, name, indent=indent, proto_names=proto_names)

    @property
    def is_empty(self) -> bool:
        """True when nothing is set, unknown fields included."""
        if self._has_required:  # protobuf has no size for a message that lacks them
            return not self._pb.SerializePartialToString()
        return self._pb.ByteSize() == 0

    def short_string(self) -> str:
        """The fields that are set, indented like YAML, lines cut to 80 columns."""
        return text.outline(self, self._title(), cut=True)

    def verbose_string(self) -> str:
        """The fields that are set, indented like YAML, nothing cut."""
        return text.outline(self, self._title(), cut=False)

    def _title(self) -> str:
        return type(self).__qualname__

    if not TYPE_CHECKING:  # Each generated class declares the signature of its own.

        def replace(self, /, **changes: object) -> Self:
            """A copy with some fields changed; ``None`` clears one. Unknown fields are kept.

            What the constructor takes, this takes as well, and no more.

            Raises:
                TypeError: If there is no such field, or a value has the wrong type.
                ValueError: If a value is out of range, or two members of one oneof are given.
            """
            pb = self.to_pb()
            assign(type(self), pb, changes)
            return self._wrap(pb)

        __replace__ = replace

    def __copy__(self) -> Self:
        return self._wrap(self.to_pb())

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self._wrap(self.to_pb())

    def __reduce__(self) -> tuple[object, ...]:
        return restore, (
            type(self),
            _readable(self, self._pb.SerializePartialToString()),
        )

    def __eq__(self, other: object) -> bool:
        return self._pb == other._pb if isinstance(other, Model) else NotImplemented

    def __hash__(self) -> int:
        return hash_message(self._pb)

    def __repr__(self) -> str:
        return call_of(self)

    def __rich_repr__(self) -> Iterator[tuple[str, object]]:
        return set_fields(self)

    def _repr_html_(self) -> str:
        return text.as_html(self)


def restore(model_class: type[M], data: bytes) -> M:
    """Unpickle a model, which may be one that lacks required fields.

    Raises:
        ValueError: If ``data`` is not a message of this kind.
    """
    own = model_class._pb_type()
    try:
        own.MergeFromString(data)
    except DecodeError as error:
        raise _damaged(model_class, error) from None
    return model_class._wrap(own)


def _damaged(model_class: type[Model[Any]], error: DecodeError) -> ValueError:
    name = model_class._pb_type.DESCRIPTOR.full_name
    return ValueError(f"{model_class.__qualname__}: not a {name} ({error})")


def _readable(model: Model[Any], data: bytes) -> bytes:
    """The bytes of a model, if they can be read again."""
    if len(data) > _SHALLOW:
        from flytebind.runtime.nesting import refuse_unreadable

        try:
            refuse_unreadable(model._pb, data)
        except ValueError as error:
            raise ValueError(f"{type(model).__qualname__} {error}") from None
    return data


def incomplete(model: Model[Any], error: EncodeError | None = None) -> ValueError:
    """Why protobuf does not serialize a message: it lacks fields that the .proto requires."""
    missing = ", ".join(model._pb.FindInitializationErrors())
    reason = f"lacks required fields: {missing}" if missing else str(error)
    return ValueError(f"{type(model).__qualname__} {reason}")


def _kind(pb: object) -> str:
    return pb.DESCRIPTOR.full_name if isinstance(pb, Message) else type(pb).__name__
