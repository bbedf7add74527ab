"""Downstream code that touches all of the library: every property of every model."""

from __future__ import annotations

from collections.abc import Iterator

from flytebind.models import model_for
from flytebind.models._index import MODELS

_METHODS = ("replace", "from_flyte_idl", "to_flyte_idl", "from_pb", "to_pb")


def surface_source() -> str:
    """Reveal what a checker knows of each property and constructor, one statement each."""
    modules = sorted({target.partition(":")[0] for target in MODELS.values()})
    return "\n".join(
        [
            *(f"import flytebind.models.{module}" for module in modules),
            "",
            *(line for full_name in MODELS for line in _reveal(full_name)),
            "",
        ]
    )


def _reveal(full_name: str) -> Iterator[str]:
    model = "flytebind.models." + MODELS[full_name].replace(":", ".")
    yield f"def {full_name.replace('.', '_')}(model: {model}) -> None:"
    yield f"    reveal_type({model}.__init__)"
    for method in _METHODS:
        yield f"    reveal_type(model.{method})"
    for name, member in vars(model_for(full_name)).items():
        if isinstance(member, property):
            yield f"    reveal_type(model.{name})"
