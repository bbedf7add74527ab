"""Downstream code that touches all of the library: every property of every model, every RPC."""

from __future__ import annotations

from collections.abc import Iterator

import flytebind.services
from flytebind.models import model_for
from flytebind.models._index import MODELS

_SERVICE_CLASSES = ("AsyncClient", "AsyncServicer", "Client", "Servicer")
_METHODS = ("replace", "from_flyte_idl", "to_flyte_idl", "from_pb", "to_pb")


def surface_source() -> str:
    """Reveal what a checker knows of each property, constructor and RPC, one statement each."""
    modules = sorted({target.partition(":")[0] for target in MODELS.values()})
    return "\n".join(
        [
            *(f"import flytebind.models.{module}" for module in modules),
            "import flytebind.services",
            "",
            *(line for full_name in MODELS for line in _reveal(full_name)),
            *(
                line
                for name in flytebind.services.__all__
                if name.endswith(_SERVICE_CLASSES)
                for line in _reveal_service_class(name)
            ),
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


def _reveal_service_class(name: str) -> Iterator[str]:
    yield f"def {name}_(it: flytebind.services.{name}) -> None:"
    yield f"    reveal_type(flytebind.services.{name}.__init__)"
    for member in vars(getattr(flytebind.services, name)):
        if not member.startswith("_"):
            yield f"    reveal_type(it.{member})"
