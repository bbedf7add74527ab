"""What changed about modules and messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from flytegen.comparison.changes import Change
from flytegen.comparison.compatibility import SAME, Meaning
from flytegen.comparison.context import Context
from flytegen.comparison.facts import Facts, MessageFacts
from flytegen.comparison.fields import field_changes
from flytegen.comparison.pairs import outermost, real_messages, renamed_oneofs
from flytegen.comparison.renames import renamed_type


def module_changes(context: Context) -> Iterator[Change]:
    """Which .proto files came and went."""
    for name in context.old.files:
        if name not in context.new.files:
            python = context.api.removed_module(name)
            yield context.change(name, "module", name, "removed", python=python)
    for name in context.new.files:
        if name not in context.old.files:
            python = context.api.added_module(name)
            yield context.change(name, "module", name, "added", python=python)


def message_changes(context: Context) -> Iterator[Change]:
    """What changed about messages, whole ones and parts of those that both have."""
    for item in outermost(real_messages(context.old), context.lost):
        yield _whole_message(context, item, context.old, "removed")
    for item in outermost(real_messages(context.new), context.found):
        yield _whole_message(context, item, context.new, "added")
    for old, new in context.pairs.messages:
        yield from _message(context, old, new)


def _whole_message(
    context: Context, item: MessageFacts, facts: Facts, how: Literal["added", "removed"]
) -> Change:
    holds = facts.inside(item).count()
    holds["field"] += len(item.fields)
    holds["oneof"] += len(item.oneofs)
    if how == "added":
        python = context.api.added_class(item.name)
        return context.change(item.file, "message", item.name, how, python=python, holds=holds)
    is_gone = Meaning("breaking", "nothing reads it any more")
    return context.change(
        item.file,
        "message",
        item.name,
        how,
        wire=is_gone,
        json=is_gone,
        python=context.api.removed_class(item.name),
        holds=holds,
    )


def _message(context: Context, old: MessageFacts, new: MessageFacts) -> Iterator[Change]:
    yield from renamed_type(context, old, new, "message")
    yield from context.deprecation(new.file, "message", new.name, old.deprecated, new.deprecated)
    yield from field_changes(context, old, new)
    yield from _oneofs(context, old, new)


def _oneofs(context: Context, old: MessageFacts, new: MessageFacts) -> Iterator[Change]:
    renamed = renamed_oneofs(old, new)
    for name in old.oneofs:
        old_name = f"{old.name}.{name}"
        if name in renamed:
            new_name = f"{new.name}.{renamed[name]}"
            yield context.change(
                new.file,
                "oneof",
                new_name,
                "renamed",
                before=name,
                after=renamed[name],
                python=context.api.accessor(old_name, new_name),
            )
        elif name not in new.oneofs:
            python = context.api.accessor(old_name, "")
            yield context.change(new.file, "oneof", old_name, "removed", python=python)
        else:
            python = context.api.accessor(old_name, f"{new.name}.{name}")
            if python != SAME and context.has_api and old.name == new.name:
                yield context.change(
                    new.file, "oneof", old_name, "changed in Python", python=python
                )
    for name in new.oneofs:
        if name not in old.oneofs and name not in renamed.values():
            new_name = f"{new.name}.{name}"
            python = context.api.accessor("", new_name)
            yield context.change(new.file, "oneof", new_name, "added", python=python)
