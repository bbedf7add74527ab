"""What a secret must be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flyteidl.core import security_pb2

from flytebind.runtime.entity import FlyteIdlEntity
from flytebind.runtime.typing import Self

# Not compiled here: every program that imports models would pay for it.
_VARIABLE = "[A-Z_][A-Z0-9_]*"


class CheckedSecret(FlyteIdlEntity[security_pb2.Secret]):
    """For ``Secret``: what is made here must have a good name; what is read is not judged."""

    __slots__ = ()

    # Type checkers shall see the signatures of the class itself.
    if not TYPE_CHECKING:

        def __new__(cls, *args: object, **kwargs: object) -> Self:
            """Only calls of the class come here; models that are read are made without."""
            _check(dict(zip(cls.__match_args__, args, strict=False), **kwargs).get("env_var"))
            return super().__new__(cls)

        def replace(self, /, **changes: object) -> Self:
            """A copy with some fields changed."""
            _check(changes.get("env_var"))
            return super().replace(**changes)

        __replace__ = replace


def _check(name: object) -> None:
    """Refuse a bad name of an environment variable; other mistakes are the constructor's to name.

    Raises:
        ValueError: If it is one.
    """
    if isinstance(name, str) and name and not re.fullmatch(_VARIABLE, name):
        raise ValueError(
            f"Secret.env_var must be made of capital letters, digits and underscores, and not begin"
            f" with a digit: {name!r} is not a name for an environment variable"
        )
