"""From a literal to a type that the user names."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence, Set as AbstractSet
from functools import lru_cache
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal as LiteralHint,
    NewType,
    TypeVar,
    Union,
    get_args,
    get_origin,
    overload,
)

from google.protobuf.message import Message

from flytebind.models.core.literals import Literal
from flytebind.runtime.model import Model
from flytebind.values import _converters as converters
from flytebind.values._converters import Converter
from flytebind.values._frames import frame_kind, read_frame
from flytebind.values._handles import HANDLES, FindLinks, read_through
from flytebind.values._leaves import (
    LEAVES,
    choice,
    handle,
    is_text,
    of_base,
    of_text,
    simple_base,
)
from flytebind.values._load import Load
from flytebind.values._messages import message, model
from flytebind.values._mismatch import expected, reporting
from flytebind.values._records import is_record

T = TypeVar("T")

_UNIONS = (Union, UnionType)
_LISTS = {list: list, Sequence: list, set: set, frozenset: frozenset, AbstractSet: frozenset}


@overload
def to_type(
    literal: Literal,
    as_type: type[T],
    *,
    path: str = ...,
    load: Load | None = ...,
    links: FindLinks | None = ...,
) -> T: ...
@overload
def to_type(
    literal: Literal,
    as_type: object,
    *,
    path: str = ...,
    load: Load | None = ...,
    links: FindLinks | None = ...,
) -> object: ...
def to_type(
    literal: Literal,
    as_type: object,
    *,
    path: str = "literal",
    load: Load | None = None,
    links: FindLinks | None = None,
) -> object:
    """A literal as a value of a type.

    The type may be anything of these, nested in each other: ``None``, ``bool``, ``int``,
    ``float``, ``str``, ``bytes`` and your own classes of them, ``datetime``, ``date``, ``time``,
    ``timedelta``, ``Path``, ``UUID``, ``Decimal``, ``Fraction``, IP addresses, enums, unions,
    ``typing.Literal``, lists, sets, tuples, dicts, dataclasses, pydantic models, TypedDicts,
    NamedTuples, protobuf messages and their models, the handles of files and tables, and
    ``Literal`` for the literal itself. A table also becomes a data frame of pandas, polars or
    pyarrow, read whole. Fields that a class does not have are left out.

    Args:
        literal: The value.
        as_type: What to make of it.
        path: How errors name it: ``outputs['o0']``.
        load: Fetches the literals that were too large to travel.
        links: Gets what signs links to files, for the handles that are made.

    Raises:
        FlyteValueError: If it does not fit; the message says where.
        FlyteDataError: If a literal was too large to travel and cannot be fetched.
    """
    with reporting(path), read_through(links):
        return converter(as_type).convert(literal, load)


def converter(hint: object) -> Converter:
    """What makes values of a type, composed when the type is first met.

    What is wrong with a type is told when a value is converted, and not here.
    """
    try:
        # Unions that differ in order alone are equal, yet convert differently.
        return _known(hint, repr(hint))
    except TypeError:  # a type that does not hash, such as one annotated with a list
        return _compiled(hint)


@lru_cache(maxsize=512)
def _known(hint: object, shown: str) -> Converter:
    return _compiled(hint)


def _compiled(hint: object) -> Converter:
    if _is_alias(hint):
        return converters.delayed(lambda: converter(_bare(hint)))
    hint = _bare(hint)
    if hint is Any or hint is object or isinstance(hint, TypeVar):
        return converters.ANYTHING
    if _is_none(hint):
        return converters.NONE
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in _UNIONS:
        arms = [converters.Arm(_name(arm), _bare(arm), converter(arm)) for arm in arguments]
        return converters.union(arms)
    if origin is LiteralHint:
        return converters.single(lambda value: choice(value, arguments))
    cls = origin or hint
    if isinstance(cls, type):
        return _of_class(hint, cls, arguments)
    return converters.refusing(f"{_name(hint)} is not a type that values can be made of")


def _of_class(hint: object, cls: type, arguments: tuple[object, ...]) -> Converter:
    name = _name(hint)
    if cls in LEAVES:
        return converters.single(LEAVES[cls], exact=cls)
    if issubclass(cls, enum.Enum):
        return converters.enumeration(cls)
    if is_text(cls):
        return converters.single(lambda value: of_text(value, cls), exact=cls)
    if cls in _LISTS:
        return converters.sequence(_LISTS[cls], converter(arguments[0] if arguments else Any), name)
    if cls is tuple:
        if not arguments and hint is tuple:
            return converters.sequence(tuple, converter(Any), name)
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return converters.sequence(tuple, converter(arguments[0]), name)
        return converters.fixed_tuple([converter(argument) for argument in arguments], name)
    if cls in (dict, Mapping):
        key_type, item_type = arguments or (Any, Any)
        return converters.mapping(converter(key_type), converter(item_type))
    if cls in HANDLES:
        return converters.single(lambda value: handle(value, cls))
    base = simple_base(cls)
    if base is not None:
        return converters.single(lambda value: of_base(value, cls, base), exact=cls)
    validate = getattr(cls, "model_validate", None)
    if validate is not None:
        return converters.model(validate)
    if is_record(cls):
        return converters.record(hint, converter)
    if frame_kind(cls):
        return converters.single(lambda value: read_frame(value, cls), exact=cls)
    if cls is Literal:
        return converters.LITERAL
    if issubclass(cls, Message):
        return converters.whole(cls, lambda plain: message(plain, cls))
    if issubclass(cls, Model):
        return converters.whole(cls, lambda plain: model(plain, cls))
    return converters.single(lambda value: _instance(value, cls, name), exact=cls)


def _instance(value: object, cls: type, name: str) -> object:
    if isinstance(value, cls):
        return value
    raise expected(name, value)


def _bare(hint: object) -> object:
    """A hint without what says nothing about the value: Annotated, NewType, Required, aliases."""
    while True:
        origin = get_origin(hint)
        if origin is Annotated or getattr(origin, "_name", None) in (
            "Required",
            "NotRequired",
            "ReadOnly",
        ):
            hint = get_args(hint)[0]
        elif isinstance(hint, NewType):
            hint = hint.__supertype__
        elif _is_alias(hint):
            hint = getattr(hint, "__value__")  # noqa: B009
        else:
            return hint


def _is_alias(hint: object) -> bool:
    return type(hint).__name__ == "TypeAliasType"  # the `type` statement of Python 3.12


def _is_none(hint: object) -> bool:
    return hint is None or hint is type(None)


def _name(hint: object) -> str:
    if _is_none(hint):
        return "None"
    return hint.__qualname__ if isinstance(hint, type) and not get_args(hint) else str(hint)
