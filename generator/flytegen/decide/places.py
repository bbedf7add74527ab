"""Where each message and enum of a package lives in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FileDescriptor

from flytegen.common.descriptors import nested, top_level
from flytegen.common.home import Home
from flytegen.common.names import escape, identifier
from flytegen.common.problems import Problems
from flytegen.read.source import Source


def module_names(
    source: Source,
    root: str,
    files: Iterable[FileDescriptor],
    classes: Callable[[FileDescriptor], Iterable[str]],
    problems: Problems,
) -> dict[str, str]:
    """The Python module of each file: ``acme/core/types.proto`` as ``ROOT.core.types``.

    Where there is a folder of the same name beside a file, the file's module is a package, too. In
    there a submodule must not have the name of a class: importing it would hide the class. Nor may
    it be called ``annotations``, which a module of classes imports from ``__future__``.

    Args:
        source: What the files are from.
        root: The package that they all go below.
        files: The files that get a module.
        classes: The names at the top of a file's module.
        problems: Two files that would share a module are one.
    """
    found: dict[str, str] = {}
    owners: dict[str, FileDescriptor] = {}
    for file in sorted(files, key=lambda item: source.modules[item.name].count(".")):
        module = root
        for part in _parts(source, file):
            name = escape(identifier(part), "module")
            owner = owners.get(module)
            taken = () if owner is None else (*classes(owner), "annotations")
            module = f"{module}.{_beside(name, taken)}"
        if module in owners:
            problems.add(
                module,
                f"{owners[module].name} and {file.name} would both be written to it",
                "Rename one of the files.",
            )
        owners[module] = file
        found[file.name] = module
    return found


def class_names(file: FileDescriptor) -> frozenset[str]:
    """The names of the classes that the messages and enums at the top of a file become."""
    return frozenset(escape(item.name, "class") for item in top_level(file))


def submodules(root: str, modules: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """What lies directly in each package from a root down to these modules."""
    found: dict[str, set[str]] = {root: set()}
    for module in modules:
        while module != root:
            package, _, name = module.rpartition(".")
            found.setdefault(package, set()).add(name)
            module = package
    return {package: tuple(sorted(names)) for package, names in found.items()}


def find_homes(source: Source, modules: Mapping[str, str], problems: Problems) -> dict[str, Home]:
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


def _beside(name: str, taken: Iterable[str]) -> str:
    """A name, with more underscores than any taken one has that differs in nothing else."""
    stem = name.rstrip("_")
    underscores = [len(item) - len(stem) for item in taken if item.rstrip("_") == stem]
    return name + "_" * (max(underscores) + 1) if underscores else name


def _parts(source: Source, file: FileDescriptor) -> list[str]:
    module = source.modules[file.name].removeprefix(f"{source.package}.")
    return module.removesuffix("_pb2").split(".")
