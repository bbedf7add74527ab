"""Takes what was generated of a package through what it promises, message by message.

``python -m tests.generator.passage FOLDER PACKAGE ...`` does it in an environment of its own, with
packages that were generated into folders of their names, flyteidl among them. It prints what there
was, as JSON. ``--committed MODELS`` takes messages through models that were made from another
release of what is installed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from flytebind.runtime import Model
from flytegen.decide.build import build
from flytegen.overlay.entries import Overlay
from flytegen.read.package import load_package
from tests.generator.foreign import Generated, add_extensions, importable, whole_messages
from tests.support.fill import add_unknown_fields, use_unknown_enum_numbers
from tests.support.messages import deterministic
from tests.support.models import properties, rebuild


class LostError(Exception):
    """A message did not come out as it went in; the text says which one."""


def take_through(made: Generated) -> Counter[str]:
    """Import every module, and take every message through its model.

    Returns:
        How many modules were imported, models tried, messages filled for them, and extensions set
        in these.

    Raises:
        LostError: If a message came out otherwise, or not at all.
        ImportError: If a module is not the one that was generated.
    """
    counts: Counter[str] = Counter()
    for name in made.modules():
        module = import_module(name)
        # A namespace, such as flytebind, has no file, and is more than what was generated; and some
        # modules only hand over one of protoc's that a statement cannot import.
        is_own = module.__name__ == name
        if is_own and (path := module.__file__) and not Path(path).is_relative_to(made.folder):
            raise ImportError(f"{name} is {path}, which is not in {made.folder}")
        for exported in getattr(module, "__all__", ()):
            getattr(module, exported)
        counts["modules"] += 1
    for name, model_class in made.model_classes.items():
        try:
            counts += _filled(model_class)
        except Exception as error:
            raise LostError(f"{name}: {error or type(error).__name__}") from error
        counts["models"] += 1
    return counts


def hold(model_classes: Mapping[str, type[Model[Any]]]) -> Counter[str]:
    """Take every message through a model that may not know all of its fields and enums.

    Returns:
        How many models were tried, and messages filled for them.

    Raises:
        LostError: If a message came out otherwise, or not at all.
    """
    counts: Counter[str] = Counter()
    for name, model_class in model_classes.items():
        try:
            for pb in whole_messages(model_class):
                _passed(model_class, pb, "a message of another release")
                counts["filled"] += 1
        except Exception as error:
            raise LostError(f"{name}: {error or type(error).__name__}") from error
        counts["models"] += 1
    return counts


def contents(package: str) -> Counter[str]:
    """How much of what a package has, with all that it borrows."""
    library = build(load_package(package), Overlay())
    messages = library.all_messages()
    services = [service for module in library.service_modules for service in module.services]
    return Counter(
        files=len(library.modules),
        messages=len(messages),
        fields=sum(len(message.fields) for message in messages),
        services=len(services),
        rpcs=sum(len(service.methods) for service in services),
    )


def _filled(model_class: type[Model[Any]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for pb in whole_messages(model_class):
        made = _passed(model_class, pb, "a whole message")
        assert rebuild(made).to_bytes() == deterministic(
            pb
        ), "the constructor, given all properties"
        use_unknown_enum_numbers(pb)
        counts["extensions"] += add_extensions(pb)
        add_unknown_fields(pb)
        _passed(model_class, pb, "unknown fields, enum numbers and extensions")
        counts["filled"] += 1
    return counts


def _passed(model_class: type[Model[Any]], pb: Message, what: str) -> Model[Any]:
    """The model of a message, which is read and gives what went in."""
    data = deterministic(pb)
    made, read = model_class.from_pb(pb), model_class.from_bytes(data)
    assert made.to_pb() == pb, f"{what}: from_pb and to_pb"
    assert made.to_bytes() == data, f"{what}: to_bytes"
    assert read == made, f"{what}: equality"
    for name in properties(model_class):
        getattr(read, name)
    assert read.to_bytes() == data, f"{what}: from_bytes"
    return made


def main() -> None:
    """Run the command."""
    folder, *packages = sys.argv[1:]
    if folder == "--committed":
        for root in packages:
            models, index = import_module(root), import_module(f"{root}._index")
            print(json.dumps(hold({name: models.model_for(name) for name in index.MODELS})))
        return
    counts: Counter[str] = Counter()
    for package in packages:
        made = Generated(Path(folder, package), package)
        with importable(made.folder):
            counts += take_through(made)
        counts += contents(package)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
