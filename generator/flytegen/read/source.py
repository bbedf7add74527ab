"""What is generated from: files of descriptors, and the modules that go with them."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pool import DescriptorPool

from flytegen.common.names import spellable
from flytegen.common.problems import Problem, Problems, in_one_line
from flytegen.read.base_packages import NO_BASE_PACKAGES, BasePackages
from flytegen.read.comments import comments_of
from flytegen.read.references import uses_of_file
from flytegen.read.well_formed import check_form


@dataclass(frozen=True)
class Source:
    """A package of protobuf modules, and the descriptors that it carries."""

    package: str
    version: str
    """The version of the distribution that holds the package; empty when unknown."""
    files: tuple[FileDescriptor, ...]
    """The files that models are made for, in the order of their names: the package's own, and
    those of other packages that they cannot do without."""
    modules: dict[str, str]
    """The Python module that protoc makes of each of these files, by file name."""
    closure: tuple[FileDescriptor, ...]
    """The files together with all that they import, imports first."""
    foreign: frozenset[str] = frozenset()
    """The names of the files of other packages among them."""
    written: Mapping[str, str] = field(default_factory=dict)
    """The modules of message classes that are written beside the models, by file name: those of a
    descriptor set, and stand-ins for what generated code cannot import or type as it is."""
    originals: Mapping[str, str] = field(default_factory=dict)
    """What some of these modules hand over, by file name; the others make the classes."""
    package_root: str = ""
    """The package of its author that everything is written below; empty for packages of its own."""
    bases: BasePackages = NO_BASE_PACKAGES
    """The packages of models that this one's will stand on. What is theirs is not in ``files``."""
    distribution: str = ""
    """What pip calls the package; empty when unknown, and for a descriptor set."""
    broken: tuple[Problem, ...] = ()
    """The modules that could not be imported, where it is done without them."""
    comments: Mapping[str, str] = field(default_factory=dict)
    """What the .proto files say about things, by full name; modules made by protoc keep none."""

    def home(self, kind: str) -> str:
        """What holds the ``models``, the ``services`` or the ``protos`` that are written.

        ``acme_idl_models`` for ``acme.idl``, or ``myapp.gen.models`` below a root.
        """
        if self.package_root:
            return f"{self.package_root}.{kind}"
        return f"{self.package.removesuffix('_pb2').replace('.', '_')}_{kind}"

    def pb2(self, file: FileDescriptor) -> str:
        """The module that generated code takes the message classes of a file from."""
        return (
            self.written.get(file.name)
            or self.modules.get(file.name)
            or self.bases.pb2(file.name)
            or protoc_module(file.name)
        )

    def with_written(self, made: Collection[str], handed_over: Iterable[str] = ()) -> Source:
        """The source, with modules that are written beside the models.

        Args:
            made: The files whose message classes these make.
            handed_over: Files whose classes are in modules of protoc's, which these hand over: one
                that generated code cannot import as it is, or, below a root, any, since types can
                be told there only.
        """
        originals = {name: self.modules[name] for name in handed_over}
        if self.package_root:
            originals |= {
                name: module
                for name, module in self.modules.items()
                if not module.startswith("google.protobuf.") and name not in made
            }
        root = self.home("protos")
        written = {
            name: f"{root}.{spellable(self.modules[name]).removesuffix('_pb2')}_pb2"
            for name in (*made, *originals)
        }
        return replace(self, written=written, originals=originals)


def source_of(
    package: str,
    version: str,
    protos: Mapping[str, bytes],
    modules: Mapping[str, str],
    bases: BasePackages = NO_BASE_PACKAGES,
) -> Source:
    """A source that is made of serialized files.

    Args:
        package: What the source is called.
        version: The version of the distribution that holds it, if there is one.
        protos: The files by name, imports first.
        modules: The modules of the package's own files, by the names of these.
        bases: What the models will stand on.

    Raises:
        GenerationError: If protobuf refuses a file, or the bases have all of them.
    """
    closure, comments = _pool_of(protos)
    modules = {name: made for name, made in modules.items() if not bases.owner(name, package)}
    if not modules:
        bases.refuse_nothing(package)
    own = [file for file in closure if file.name in modules]
    foreign = _foreign(own, package, bases)
    loaded = _loaded_modules() if foreign else {}
    modules |= {name: bases.pb2(name) or loaded.get(name, protoc_module(name)) for name in foreign}
    files = sorted((file for file in closure if file.name in modules), key=lambda item: item.name)
    needed: dict[str, bytes] = {}  # not all that a set has beside them, if that is a base's
    for file in files:
        collect(file, needed)
    closure = tuple(file for file in closure if file.name in needed)
    return Source(
        package,
        version,
        tuple(files),
        modules,
        closure,
        frozenset(foreign),
        bases=bases,
        comments=comments,
    )


def protoc_module(file_name: str) -> str:
    """The Python module that protoc makes of a file."""
    stem = file_name.removesuffix(".proto")
    return stem.replace("-", "_").replace("/", ".") + "_pb2"


def file_proto(file: FileDescriptor) -> descriptor_pb2.FileDescriptorProto:
    """The message form of a file's descriptor."""
    return descriptor_pb2.FileDescriptorProto.FromString(file.serialized_pb)


def _pool_of(protos: Mapping[str, bytes]) -> tuple[tuple[FileDescriptor, ...], dict[str, str]]:
    """The files in a pool of their own, and the comments, which a pool need not keep."""
    pool, problems = DescriptorPool(), Problems()
    comments: dict[str, str] = {}
    for serialized in protos.values():
        file = descriptor_pb2.FileDescriptorProto.FromString(serialized)
        check_form(file, problems)
        comments |= comments_of(file)
    problems.raise_if_any()
    files = []
    for name, serialized in protos.items():
        try:
            files.append(pool.AddSerializedFile(serialized))
        except (TypeError, KeyError, ValueError) as error:  # protobuf, with a reason or without
            problems.add(name, f"does not fit the others ({in_one_line(error)})")
    problems.raise_if_any()
    return tuple(files), comments


def _foreign(own: list[FileDescriptor], package: str, bases: BasePackages) -> set[str]:
    """The files of other packages whose messages and enums are used, in the end, by these."""
    seen = {file.name for file in own}
    found: set[str] = set()
    pending = list(own)
    while pending:
        for _, item in uses_of_file(pending.pop()):
            file = item.file
            if file.name not in seen and bases.owner(file.name, package) is None:
                seen.add(file.name)
                found.add(file.name)
                pending.append(file)
    return found


def _loaded_modules() -> dict[str, str]:
    """The modules of all files that have been imported, by file name."""
    found: dict[str, str] = {}
    for name, module in sorted(sys.modules.items()):
        said = getattr(module, "__dict__", {})
        file = said.get("DESCRIPTOR")
        # A module may stand in for one of another name, or hand on what is in it.
        if not isinstance(file, FileDescriptor) or said.get("__name__") != name:
            continue
        if name.endswith("_pb2") or file.name not in found:
            found[file.name] = name
    return found


def collect(file: FileDescriptor, protos: dict[str, bytes]) -> None:
    """Add a file and all that it imports, imports first."""
    if file.name not in protos:
        for dependency in file.dependencies:
            collect(dependency, protos)
        protos[file.name] = file.serialized_pb
