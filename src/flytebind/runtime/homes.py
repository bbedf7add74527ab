"""Where public classes say that they are from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ForwardRef, TypeVar

C = TypeVar("C", bound=type[Any])


def public_in(package: str) -> Callable[[C], C]:
    """Let a class say that it is from the package that it is public in.

    Errors, pickles and ``help`` name that package then, and not the private module that the class
    stands in, which may change.

    Args:
        package: Its name: ``flytebind.remote``.
    """

    def move(cls: C) -> C:
        # Names in annotations belong to the private module, wherever the class says it is from.
        annotations = {
            name: ForwardRef(text, module=cls.__module__, is_class=True)
            for name, text in vars(cls).get("__annotations__", {}).items()
            if text != "KW_ONLY"  # a mark that dataclass has seen, and Python 3.10 takes for a type
        }
        if annotations:
            cls.__annotations__ = annotations
        cls.__module__ = package
        return cls

    return move
