"""Plain values as their declared types have them, where those say more than the values do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from flytebind.models.core.types import LiteralType, SimpleType
from flytebind.values._mismatch import Mismatch, described

#: Up to here a float can be any integer.
_EXACT = 2**53


def refined(value: object, literal_type: LiteralType | None) -> object:
    """A plain value as its declared type has it.

    Raises:
        Mismatch: If a number of type INTEGER is not whole or too large to be sure of, or a time
            is not readable.
    """
    if literal_type is None:
        return value
    match literal_type.which_type:
        case "simple", simple:
            return _refined_simple(value, simple)
        case "union_type", union:
            variant = _variant_for(value, union.variants)
            return value if variant is None else refined(value, variant)
        case "collection_type", item_type if isinstance(value, list):
            for index, item in enumerate(value):
                try:
                    value[index] = refined(item, item_type)
                except Mismatch as mismatch:
                    mismatch.inside(f"[{index}]")
                    raise
        case "map_value_type", item_type if isinstance(value, dict):
            for key, item in value.items():
                try:
                    value[key] = refined(item, item_type)
                except Mismatch as mismatch:
                    mismatch.inside(f"[{key!r}]")
                    raise
    return value


def _refined_simple(value: object, simple: SimpleType) -> object:
    if simple == SimpleType.FLOAT and type(value) is int:
        return float(value)
    if simple == SimpleType.INTEGER and isinstance(value, float):
        if not value.is_integer():
            raise Mismatch(f"declared as an integer, but is {described(value)}")
        return exact_int(value)
    if simple == SimpleType.DATETIME and isinstance(value, str):
        return read_datetime(value)
    if (
        simple == SimpleType.DURATION
        and isinstance(value, (int, float))
        and not isinstance(value, bool)
    ):
        return read_timedelta(value)
    return value


def exact_int(value: float) -> int:
    """The integer that a whole float stands for.

    Raises:
        Mismatch: If it lies where floats skip integers, and may have been another one.
    """
    if abs(value) > _EXACT:
        raise Mismatch(f"expected int, got {described(value)}, which may have been rounded")
    return int(value)


def read_datetime(text: str) -> datetime:
    """A moment from ISO 8601 text, as it is packed; without an offset it means UTC.

    Raises:
        Mismatch: If it is none.
    """
    try:
        # Before Python 3.11, fromisoformat does not know Z.
        moment = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
        if moment.tzinfo is timezone.utc:
            return moment
        if moment.tzinfo is None:
            return moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc)
    except (OverflowError, ValueError):
        raise Mismatch(f"expected a time in ISO 8601, got {described(text)}") from None


def read_timedelta(seconds: float) -> timedelta:
    """A length of time from seconds, as it is packed.

    Raises:
        Mismatch: If Python cannot hold it.
    """
    try:
        return timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise Mismatch(f"expected seconds, got {described(seconds)}") from None


def _variant_for(value: object, variants: Sequence[LiteralType]) -> LiteralType | None:
    """The variant that a bare value belongs to, if there is no doubt."""
    if value is None:
        return None
    # Text and numbers that have a variant of their own are not packed times or floats.
    own = {int: SimpleType.INTEGER, float: SimpleType.FLOAT, str: SimpleType.STRING}
    simples = [variant.simple for variant in variants]
    if own.get(type(value)) in simples:
        return None
    others = [variant for variant in variants if variant.simple != SimpleType.NONE]
    return others[0] if len(others) == 1 else None
