"""Models that people write themselves, as plugins of flytekit do: a class around a message.

Such a class keeps what it likes, and says how it becomes a message and is made of one. What a
generated model does with the message that it owns, this does with the one that it makes.
"""

from __future__ import annotations

import copyreg
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NoReturn

from flytebind.runtime.model import Model

_OWN = "flytebind.runtime."
_SLOT: Any = vars(Model)["_pb"]


def adapt(cls: type[Model[Any]]) -> None:
    """Let a class that people have written do what models do.

    Raises:
        TypeError: If it is written by hand and generated at once.
    """
    if cls.__module__.startswith(_OWN):
        return
    found: dict[str, object] = {}
    made = vars(_owner(cls, "_pb"))["_pb"]
    if hasattr(cls, "_pb_type"):
        if made is _MEMBERS["_pb"]:
            raise TypeError(
                f"{cls.__qualname__} is a generated model, and its base has a to_flyte_idl of its"
                " own; let what it mixes in be no FlyteIdlEntity"
            )
        if made is not _SLOT:  # that of a mixin, which knows no message
            found = {"_pb": _SLOT}
    elif _is_theirs(cls, "to_flyte_idl") or _is_theirs(cls, "to_dict"):
        found = {name: item for name, item in _MEMBERS.items() if not _is_theirs(cls, name)}
        found["_pb"] = _MEMBERS["_pb"]
    else:
        found = {"_pb": property(_no_message)}
    for name, item in found.items():
        setattr(cls, name, item)


def _owner(cls: type[object], name: str) -> type[object]:
    return next((base for base in cls.__mro__ if name in vars(base)), object)


def _is_theirs(cls: type[object], name: str) -> bool:
    """Whether people have written a member of a class."""
    owner = _owner(cls, name)
    return owner is not object and not owner.__module__.startswith(_OWN)


def _message(model: Any) -> Any:
    """The message of a model: what it calls ``_pb`` itself, if anything, or what it makes."""
    try:
        return _SLOT.__get__(model)
    except AttributeError:
        return model.to_flyte_idl()


def _to_pb(model: Any) -> Any:
    return model.to_flyte_idl()


def _no_message(model: object) -> NoReturn:
    raise TypeError(
        f"{type(model).__qualname__} has no message: it is neither generated nor says to_flyte_idl"
    )


def _made_of(cls: Any, pb: object, /) -> Any:
    return cls.from_flyte_idl(pb)


def _refused(cls: type[object], /, *_: object, **__: object) -> NoReturn:
    raise TypeError(
        f"{cls.__qualname__} is written by hand, and known to be made by its constructor and by"
        " from_flyte_idl alone"
    )


def _replace(model: object, /, **_: object) -> NoReturn:
    _refused(type(model))


def _reduced(model: Any, _protocol: object) -> tuple[object, ...]:
    """What pickle and copy are given of any object: what it keeps, and no message."""
    cls = type(model)
    if _is_theirs(cls, "__reduce__"):
        reduced: tuple[object, ...] = model.__reduce__()
        return reduced
    if _is_theirs(cls, "__getstate__"):
        return copyreg.__newobj__, (cls,), model.__getstate__()  # type: ignore[attr-defined]
    slots: dict[str, object] = {}
    for base in cls.__mro__:
        for name, slot in _slots(base):
            with suppress(AttributeError):
                slots[name] = slot.__get__(model)
    return copyreg.__newobj__, (cls,), (getattr(model, "__dict__", None), slots)  # type: ignore[attr-defined]


def _slots(cls: type[object]) -> Iterator[tuple[str, Any]]:
    return ((name, item) for name, item in vars(cls).items() if type(item) is type(_SLOT))


#: What a class gets where it says nothing itself. Without the methods copy does as pickle does.
_MEMBERS: dict[str, object] = {
    "_pb": property(_message, _SLOT.__set__),
    "_wrap": classmethod(_made_of),
    "from_pb": classmethod(_made_of),
    "to_pb": _to_pb,
    "from_bytes": classmethod(_refused),
    "from_dict": classmethod(_refused),
    "from_json": classmethod(_refused),
    "replace": _replace,
    "__replace__": _replace,
    "__copy__": None,
    "__deepcopy__": None,
    "__reduce_ex__": _reduced,
}
