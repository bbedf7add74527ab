"""What generated code uses of the run-time library: a template says ``rt.fail``."""

from __future__ import annotations

from types import SimpleNamespace

from flytegen.common.code import Name

#: By module, the names that generated code uses.
RUNTIME = {
    "flytebind.runtime": ("MapView", "OpenEnum", "RepeatedView"),
    "flytebind.runtime.checks": (
        "add_each", "add_pairs", "as_message", "fill_map", "fill_pairs", "only_member", "set_each",
        "set_items", "unless_zero", "yields",
    ),
    "flytebind.runtime.constructors": ("MISTAKES", "fail", "fill"),
    "flytebind.runtime.installed": ("require", "require_runtime"),
    "flytebind.runtime.lazy": ("find_model", "lazy_module"),
    "flytebind.runtime.model": ("new",),
    "flytebind.runtime.rpc": (
        "AsyncClient", "AsyncServicer", "Client", "Metadata", "Method", "Servicer", "unimplemented",
    ),
    "flytebind.runtime.typing": ("Self", "deprecated"),
}  # fmt: skip

rt = SimpleNamespace(
    **{name: Name(module, name) for module, names in RUNTIME.items() for name in names}
)
