"""MessagePack, as flytekit packs dataclasses, models and plain dicts since its version 1.14."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

from flytebind._transfer.optional import optional_module
from flytebind.values._mismatch import Mismatch

if TYPE_CHECKING:
    from types import ModuleType

#: The tag of binaries that hold MessagePack.
TAG = "msgpack"


def unpack(data: bytes) -> object:
    """Plain values from MessagePack.

    Strict where decoders differ: nothing may follow, keys may not repeat, and of the extension
    types only the standard timestamp is known.

    Raises:
        Mismatch: If ``data`` is no such MessagePack.
        FlyteDataError: If msgpack is not installed.
    """
    library = _msgpack()
    try:
        return library.unpackb(
            data,
            strict_map_key=False,  # int keys are common
            object_pairs_hook=_mapping,
            ext_hook=_refuse,
            timestamp=3,  # as aware datetimes
        )
    except (OverflowError, TypeError, ValueError) as error:
        reason = str(error) or type(error).__name__
        raise Mismatch(f"not valid MessagePack: {reason}") from None


def pack(value: object) -> bytes:
    """Plain values to MessagePack.

    Raises:
        Mismatch: If they nest too deeply, or something in them cannot be packed.
        FlyteDataError: If msgpack is not installed.
    """
    library = _msgpack()
    try:
        return cast("bytes", library.packb(value))
    except (OverflowError, TypeError, ValueError) as error:
        raise Mismatch(f"cannot be packed: {error}") from None


def _msgpack() -> ModuleType:
    # To import it once more takes longer than to unpack a record.
    return sys.modules.get("msgpack") or optional_module(
        "msgpack", "remote", "for dataclasses, models and dicts"
    )


def _mapping(pairs: list[tuple[object, object]]) -> dict[object, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key repeats")
    return made


def _refuse(code: int, data: bytes) -> object:
    raise ValueError(f"extension type {code}")
