"""What changed about services and their RPCs."""

from __future__ import annotations

from collections.abc import Iterator

from flytegen.comparison.changes import Change
from flytegen.comparison.compatibility import Meaning, worst
from flytegen.comparison.context import Context
from flytegen.comparison.facts import RpcFacts, ServiceFacts
from flytegen.comparison.pairs import renamed_rpcs, signature

_UNANSWERED = Meaning("breaking", "old clients are answered UNIMPLEMENTED")


def service_changes(context: Context) -> Iterator[Change]:
    """What changed about services, whole ones and RPCs of those that both have."""
    for name, item in context.old.services.items():
        if name not in context.new.services:
            yield context.change(
                item.file,
                "service",
                name,
                "removed",
                wire=_UNANSWERED,
                python=context.api.removed_class(name),
                holds={"RPC": len(item.rpcs)},
            )
    for name, item in context.new.services.items():
        if name in context.old.services:
            yield from _service(context, context.old.services[name], item)
        else:
            yield context.change(
                item.file,
                "service",
                name,
                "added",
                python=context.api.added_class(name),
                holds={"RPC": len(item.rpcs)},
            )


def _service(context: Context, old: ServiceFacts, new: ServiceFacts) -> Iterator[Change]:
    if old.file != new.file:
        yield context.change(
            new.file,
            "service",
            new.name,
            "moved",
            before=old.file,
            after=new.file,
            python=context.api.renamed_class(old.name, new.name),
        )
    yield from context.deprecation(new.file, "service", new.name, old.deprecated, new.deprecated)
    gone = {name: rpc for name, rpc in old.rpcs.items() if name not in new.rpcs}
    come = {name: rpc for name, rpc in new.rpcs.items() if name not in old.rpcs}
    renamed = renamed_rpcs(gone.values(), come.values())
    for name, rpc in gone.items():
        full_name = f"{old.name}.{name}"
        if name in renamed:
            new_name = f"{new.name}.{renamed[name].name}"
            yield context.change(
                new.file,
                "RPC",
                new_name,
                "renamed",
                before=name,
                after=renamed[name].name,
                wire=_UNANSWERED,
                python=context.api.method(full_name, new_name),
            )
        else:
            yield context.change(
                new.file,
                "RPC",
                full_name,
                "removed",
                before=signature(rpc),
                wire=_UNANSWERED,
                python=context.api.method(full_name, ""),
            )
    taken = {rpc.name for rpc in renamed.values()}
    for name, rpc in come.items():
        if name not in taken:
            yield context.change(
                new.file,
                "RPC",
                f"{new.name}.{name}",
                "added",
                after=signature(rpc),
                python=context.api.method("", f"{new.name}.{name}"),
            )
    for name, rpc in new.rpcs.items():
        if name in old.rpcs:
            yield from _rpc(context, new, old.rpcs[name], rpc)


def _rpc(context: Context, service: ServiceFacts, old: RpcFacts, new: RpcFacts) -> Iterator[Change]:
    name = f"{service.name}.{new.name}"
    judge = context.judge
    sides = ((old.request, new.request), (old.response, new.response))
    if any(judge.renamed(before) != after for before, after in sides):
        yield context.change(
            service.file,
            "RPC",
            name,
            "retyped",
            before=signature(old),
            after=signature(new),
            wire=worst(*(judge.message("wire", *side) for side in sides)),
            json=worst(*(judge.message("json", *side) for side in sides)),
            python=context.api.signature(name, "takes or answers another class"),
        )
    if (old.client_streaming, old.server_streaming) != (
        new.client_streaming,
        new.server_streaming,
    ):
        yield context.change(
            service.file,
            "RPC",
            name,
            "streaming changed",
            before=signature(old),
            after=signature(new),
            wire=Meaning("breaking", "old and new do not understand each other"),
            python=context.api.signature(name, "streams otherwise"),
        )
    yield from context.deprecation(service.file, "RPC", name, old.deprecated, new.deprecated)
