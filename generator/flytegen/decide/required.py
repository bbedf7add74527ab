"""Which messages can be incomplete: the .proto calls some of their fields required."""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor


class Required:
    """Looks into messages, each of them once."""

    def __init__(self) -> None:
        self._known: dict[str, bool] = {}

    def in_message(self, descriptor: Descriptor) -> bool:
        """Whether a message, or anything that can lie in it, has a required field."""
        if descriptor.full_name not in self._known:
            self._explore(descriptor)
        return self._known[descriptor.full_name]

    def _explore(self, start: Descriptor) -> None:
        inside: dict[str, list[Descriptor]] = {}
        pending = [start]
        while pending:
            item = pending.pop()
            if item.full_name not in inside:
                inside[item.full_name] = [
                    field.message_type for field in item.fields if field.message_type is not None
                ]
                pending.extend(inside[item.full_name])
                # Extensions may bring more than the descriptor knows.
                if item.is_extendable or any(field.is_required for field in item.fields):
                    self._known[item.full_name] = True
        holders: dict[str, list[str]] = {}
        for holder, held in inside.items():
            for item in held:
                holders.setdefault(item.full_name, []).append(holder)
        reached = [name for name in inside if self._known.get(name)]
        while reached:
            for holder in holders.get(reached.pop(), ()):
                if not self._known.get(holder):
                    self._known[holder] = True
                    reached.append(holder)
        for name in inside:
            self._known.setdefault(name, False)
