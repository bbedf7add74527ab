"""Does a value have the type that an annotation promises?"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, Literal, Union

from flytebind.runtime import MapView, RepeatedView

_SEQUENCES: dict[Any, type[Sequence[Any]]] = {Sequence: RepeatedView, list: list}
_MAPPINGS: dict[Any, type[Mapping[Any, Any]]] = {Mapping: MapView, dict: dict}


def agrees(value: Any, annotation: Any) -> bool:
    """True if ``value`` is of exactly the type annotated, down to the elements of a collection."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, types.UnionType):
        return any(agrees(value, option) for option in arguments)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        return type(value) is tuple and _all_agree(value, arguments)
    if origin in _SEQUENCES:
        return isinstance(value, _SEQUENCES[origin]) and _all_agree(value, arguments * len(value))
    if origin in _MAPPINGS:
        return isinstance(value, _MAPPINGS[origin]) and all(
            _all_agree(item, arguments) for item in value.items()
        )
    if annotation is datetime:
        return isinstance(value, datetime) and value.tzinfo is timezone.utc
    # To isinstance, True would be an int.
    return annotation is object or type(value) is annotation


def _all_agree(values: Sequence[Any], annotations: Sequence[Any]) -> bool:
    return len(values) == len(annotations) and all(map(agrees, values, annotations))
