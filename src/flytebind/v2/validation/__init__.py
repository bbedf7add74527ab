"""What the rules in Flyte 2's IDL say of a model.

Nothing calls this by itself: the rules demand an ``org``, which open-source servers never fill, and
servers do not hold to them. It needs protovalidate, which flyteidl2 brings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from flytebind.runtime.model import Model

__all__ = ["Violation", "validate"]


@dataclass(frozen=True)
class Violation:
    """A rule that a model breaks."""

    field: str
    """Where: ``action_id.run.name``, ``to[0].address``, ``headers["a"]``; empty for the model."""
    rule: str
    """Which rule, by protovalidate's name: ``string.min_len``, ``required``."""
    message: str
    """What it demands, in words."""

    def __str__(self) -> str:
        return f"{self.field}: {self.message}" if self.field else self.message


def validate(model: Model[Any], *, excused: Collection[str] = ("org",)) -> tuple[Violation, ...]:
    """Hold a model against the ``buf.validate`` rules of its message, and of all messages in it.

    Args:
        model: What to look at.
        excused: Names of fields that may break theirs, wherever they are.

    Returns:
        What it breaks, in the order of its fields; empty if all is well.

    Raises:
        ModuleNotFoundError: If protovalidate is not installed.
        protovalidate.CompilationError: If a rule makes no sense.
        protovalidate.EvaluationError: If a rule cannot be applied.
    """
    import protovalidate
    from buf.validate.validate_pb2 import Violation as Message

    broken = []
    for found in protovalidate.collect_violations(model.to_pb()):
        # Versions before 2 have it as protobuf's own class, later ones as another library's.
        proto = found.proto
        data = proto.SerializeToString() if isinstance(proto, Message) else proto.to_binary()
        message = Message.FromString(data)
        path = message.field.elements
        if not path or path[-1].field_name not in excused:
            broken.append(Violation(_shown(path), message.rule_id, message.message))
    return tuple(broken)


def _shown(path: Iterable[Any]) -> str:
    parts: list[str] = []
    for element in path:
        kind = element.WhichOneof("subscript")
        key = ""
        if kind is not None:
            value = getattr(element, kind)
            key = f'["{value}"]' if isinstance(value, str) else f"[{value}]"
        parts.append(f"{element.field_name}{key}")
    return ".".join(parts)
