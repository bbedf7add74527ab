"""Import all models and services there are, and take every message through its model.

For a process of its own, with models that were generated from another flyteidl:
``python -m tests.support.passage FOLDER``, where FOLDER is what they must be imported from.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import flytebind.models
import flytebind.services
from tests.support.fill import add_unknown_fields, fillings, use_unknown_enum_numbers
from tests.support.messages import MODEL_CLASSES, ModelClass, deterministic


def import_all(folder: Path) -> int:
    """Import each module and touch what it exports; how many there are."""
    count = 0
    for root in (flytebind.models, flytebind.services):
        assert Path(root.__file__ or "").is_relative_to(folder), f"{root.__file__} is not in there"
        for info in walk_packages(root.__path__, f"{root.__name__}."):
            module = import_module(info.name)
            for name in getattr(module, "__all__", ()):
                getattr(module, name)
            count += 1
    return count


def take_through(model_class: ModelClass) -> None:
    """Messages with all that they can hold, and more, come out equal to the byte."""
    for pb in fillings(model_class):
        add_unknown_fields(pb)
        use_unknown_enum_numbers(pb)
        expected = deterministic(pb)
        for model in (model_class.from_pb(pb), model_class.from_bytes(expected)):
            assert deterministic(model.to_pb()) == model.to_bytes() == expected, model_class


if __name__ == "__main__":
    modules = import_all(Path(sys.argv[1]))
    for each in MODEL_CLASSES.values():
        take_through(each)
    print(f"{modules} modules, {len(MODEL_CLASSES)} messages")
