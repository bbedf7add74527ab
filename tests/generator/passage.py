"""Takes what was generated of a package through what it promises, message by message.

``python -m tests.generator.passage FOLDER PACKAGE ...`` does it in an environment of its own, with
packages that were generated into folders of their names, flyteidl among them. It prints what there
was, as JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

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
        # A namespace, such as flytebind, has no file, and is more than what was generated.
        if (path := module.__file__) and not Path(path).is_relative_to(made.folder):
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
        data = deterministic(pb)
        made = model_class.from_pb(pb)
        assert made.to_pb() == pb, "from_pb and to_pb"
        assert made.to_bytes() == data, "to_bytes"
        assert model_class.from_bytes(data).to_bytes() == data, "from_bytes"
        assert rebuild(made).to_bytes() == data, "the constructor, given all properties"
        use_unknown_enum_numbers(pb)
        counts["extensions"] += add_extensions(pb)
        add_unknown_fields(pb)
        data = deterministic(pb)
        read = model_class.from_bytes(data)
        assert read == model_class.from_pb(pb), "equality"
        for name in properties(model_class):
            getattr(read, name)
        assert read.to_bytes() == data, "unknown fields, enum numbers and extensions"
        counts["filled"] += 1
    return counts


def main() -> None:
    """Run the command."""
    folder, *packages = sys.argv[1:]
    counts: Counter[str] = Counter()
    for package in packages:
        made = Generated(Path(folder, package), package)
        with importable(made.folder):
            counts += take_through(made)
        counts += contents(package)
    print(json.dumps(counts))


if __name__ == "__main__":
    main()
