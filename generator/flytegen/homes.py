"""Where each message and enum of a package lives in Python."""

from __future__ import annotations

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor

from flytegen.descriptors import nested, top_level
from flytegen.names import escape
from flytegen.problems import Problems
from flytegen.scope import Home
from flytegen.source import Source


def module_names(source: Source, root: str) -> dict[str, str]:
    """The Python module of each file: ``flyteidl/core/types.proto`` as ``ROOT.core.types``."""

    def module_of(file: FileDescriptor) -> str:
        pb2_module = source.modules[file.name]
        dotted = pb2_module.removeprefix(f"{source.package}.").removesuffix("_pb2")
        return ".".join((root, *(escape(part, "module") for part in dotted.split("."))))

    return {file.name: module_of(file) for file in source.files}


def find_homes(source: Source, modules: dict[str, str], problems: Problems) -> dict[str, Home]:
    """The home of each message and enum, by full proto name; a clash of two is a problem."""
    homes: dict[str, Home] = {}
    owners: dict[Home, str] = {}

    def visit(item: Descriptor | EnumDescriptor, module: str, outer: str) -> None:
        name = escape(item.name, "attribute" if outer else "class")
        home = Home(module, f"{outer}.{name}" if outer else name)
        owner = owners.setdefault(home, item.full_name)
        if owner != item.full_name:
            what = f"{owner} and {item.full_name} would both be called {home.qualname!r}"
            problems.add(module, what)
        homes[item.full_name] = home
        if isinstance(item, Descriptor):
            for inner in nested(item):
                visit(inner, module, home.qualname)

    for file in source.files:
        for item in top_level(file):
            visit(item, modules[file.name], "")
    return homes
