"""Descriptor sets of packages that are none of ours, and what is generated of them."""

from __future__ import annotations

import shutil
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import (
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import ListValue, Value

import flytebind.models
import flytebind.runtime
from flytebind.runtime import Model
from flytegen import locate
from flytegen.cli import main
from flytegen.overlay.load import load_overlay
from flytegen.read.installed import without_defaults
from flytegen.read.source import protoc_module
from tests.generator.awkward import awkward_fields, awkward_messages
from tests.generator.large import large_messages
from tests.generator.protos import compiled
from tests.support.fill import Filler
from tests.support.messages import walk
from tests.typing.checkers import Diagnostic

CONCEPTS = Path(__file__).parent / "concepts"

#: Fields that a message needs to be complete are set below this depth, and no others.
_DEPTH = 3

#: More in one message are too complex for pyright.
_FIELDS = 40
_LABELS = (FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED)

_MODULE = """\
from importlib import import_module
from google.protobuf import descriptor_pool
from google.protobuf.internal import builder
{imports}
DESCRIPTOR = descriptor_pool.Default().AddSerializedFile({serialized!r})
builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, globals())
builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, __name__, globals())
"""


def hard_cases() -> FileDescriptorSet:
    """All that ``concepts/`` has, the awkward names and the large messages, as one set."""
    concepts = {
        path.relative_to(CONCEPTS).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(CONCEPTS.rglob("*.proto"))
    }
    made = [awkward_fields(), awkward_messages(), large_messages()]
    return FileDescriptorSet(file=[*compiled(concepts), *made])


def everything_of(descriptors: FileDescriptorSet) -> FileDescriptorProto:
    """A file whose messages have a field for each message and enum of others.

    Each message is also what an RPC takes and answers.
    """
    made = FileDescriptorProto(name="high/everything.proto", package="acme.high")
    made.dependency.extend(file.name for file in descriptors.file)
    messages, rpcs = made.message_type, made.service.add(name="All").method

    def refer(name: str, kind: FieldDescriptorProto.Type.ValueType) -> None:
        if not messages or len(messages[-1].field) == _FIELDS:
            messages.add(name=f"Part{len(messages)}")
        number = len(messages[-1].field) + 1
        field = messages[-1].field.add(name=f"f{number}", number=number, label=_LABELS[number % 2])
        field.type, field.type_name = kind, name
        if kind == FieldDescriptorProto.TYPE_MESSAGE:
            rpcs.add(name=f"Rpc{len(rpcs)}", input_type=name, output_type=name)

    def visit(scope: str, inner: Any, enums: Any) -> None:
        for item in enums:
            refer(f"{scope}.{item.name}", FieldDescriptorProto.TYPE_ENUM)
        for item in inner:
            if not item.options.map_entry:
                refer(f"{scope}.{item.name}", FieldDescriptorProto.TYPE_MESSAGE)
                visit(f"{scope}.{item.name}", item.nested_type, item.enum_type)

    for file in descriptors.file:
        visit(f".{file.package}" if file.package else "", file.message_type, file.enum_type)
    return made


@dataclass(frozen=True)
class Generated:
    """A folder with everything that was generated of a package."""

    folder: Path
    package: str

    def modules(self) -> list[str]:
        """The names of all modules in there."""
        paths = (path.relative_to(self.folder) for path in sorted(self.folder.rglob("*.py")))
        parts = (path.with_suffix("").parts for path in paths)
        names = (".".join(part for part in each if part != "__init__") for each in parts)
        return sorted(name for name in names if "-" not in name)

    @cached_property
    def model_classes(self) -> dict[str, type[Model[Any]]]:
        """Every model class, by the full name of its message."""
        folder = locate.overlay(self.package)  # says where ours are
        ours = load_overlay(folder).package.root if folder else ""
        name = ours or f"{self.package.replace('.', '_')}_models"
        root, index = import_module(name), import_module(f"{name}._index")
        return {name: root.model_for(name) for name in index.MODELS}


def generate(folder: Path, package: str, *arguments: str) -> Generated:
    """Run the command, which must succeed."""
    assert (
        main(["generate", "--quiet", "--package", package, *arguments, "--out", str(folder)]) == 0
    )
    invalidate_caches()  # the folder may have been looked into when there was nothing in it
    return Generated(folder, package)


def generate_from_set(
    folder: Path, package: str, descriptors: FileDescriptorSet, *arguments: str
) -> Generated:
    """Write a descriptor set, and generate from it."""
    path = folder.with_suffix(".binpb")
    path.write_bytes(descriptors.SerializeToString())
    return generate(folder, package, "--descriptor-set", str(path), *arguments)


def write_modules(folder: Path, *files: FileDescriptorProto) -> None:
    """Write the modules that protoc would make of files, where it would write them."""
    for file in files:
        path = folder / (protoc_module(file.name).replace(".", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        imports = (f"import_module({protoc_module(name)!r})" for name in file.dependency)
        serialized = without_defaults(file).SerializeToString()
        text = _MODULE.format(imports="\n".join(imports), serialized=serialized)
        path.write_text(text, encoding="utf-8")


@contextmanager
def importable(*folders: Path) -> Iterator[None]:
    """Let folders be imported from for a while."""
    added = [str(folder) for folder in folders]
    sys.path[:0] = added
    before = set(sys.modules)
    try:
        yield
    finally:
        del sys.path[: len(added)]
        for name in set(sys.modules) - before:
            path = getattr(sys.modules[name], "__file__", None) or ""
            if path.startswith(tuple(added)):
                del sys.modules[name]


def whole_messages(model_class: type[Model[Any]]) -> Iterator[Message]:
    """A message for each member of its oneofs, with all that can be set beside it."""
    oneofs = model_class._pb_type.DESCRIPTOR.oneofs
    turns = max((len(oneof.fields) for oneof in oneofs), default=1)
    for turn in range(turns):
        message = model_class._pb_type()
        _ForeignFiller(turn).fill(message, _DEPTH)
        yield message


def add_extensions(message: Message) -> int:
    """Set all extensions of a message and of those inside of it; how many there were."""
    count = 0
    for part in list(walk(message)):
        descriptor = cast("Descriptor", part.DESCRIPTOR)
        for extension in descriptor.file.pool.FindAllExtensions(descriptor):
            _ForeignFiller(0).extend(part, extension)
            count += 1
    return count


class Project:
    """What people have who use generated packages: these, and what these need, installed."""

    def __init__(self, folder: Path, *generated: Path, site: Path | None = None) -> None:
        """Make one.

        Args:
            folder: An empty folder.
            generated: Folders of what is to be checked; packages of stubs are installed instead.
            site: A folder of other packages to install, beside those that we have.
        """
        self._sources, environment = folder / "sources", folder / "environment"
        self._sources.mkdir()
        venv.create(environment, symlinks=True)
        (packages,) = environment.glob("lib/python*/site-packages")
        ours = sysconfig.get_path("purelib")
        # An editable install of ours is found by a path, too, and such paths do not add up.
        parts = (flytebind.models, flytebind.runtime)
        roots = [Path(part.__path__[0]).parents[1] for part in parts]
        paths = (*filter(None, [site]), ours, *roots)
        (packages / "ours.pth").write_text("\n".join(map(str, paths)))
        for path in (path for out in generated for path in out.iterdir() if path.is_dir()):
            is_stub = path.name.endswith("-stubs")
            # Several packages may have stubs in one namespace.
            into = (packages if is_stub else self._sources) / path.name
            shutil.copytree(path, into, dirs_exist_ok=True)
        (self._sources / "mypy.ini").write_text("[mypy]\nstrict = true\n")
        (self._sources / "pyrightconfig.json").write_text('{"typeCheckingMode": "basic"}')
        self._python = environment / "bin" / "python"

    def add(self, program: Path) -> None:
        """Have a program checked, too."""
        shutil.copy(program, self._sources)

    def check(self, checker: Callable[[Path, Path], list[Diagnostic]]) -> list[Diagnostic]:
        """What a checker says about what was generated."""
        return checker(self._sources, self._python)


class _ForeignFiller(Filler):
    """Knows what flyteidl has not: required fields, closed enums, JSON values, and extensions."""

    def extend(self, message: Message, extension: FieldDescriptor) -> None:
        slot: Any = message.Extensions
        if extension.is_repeated and extension.message_type is not None:
            for _ in range(2):
                self._message(slot[extension].add(), 1)
        elif extension.is_repeated:
            slot[extension].extend([self._scalar(extension) for _ in range(2)])
        elif extension.message_type is not None:
            self._message(slot[extension], 1)
        else:
            slot[extension] = self._scalar(extension)

    def _message(self, message: Message, depth: int) -> None:
        if isinstance(message, Value):
            # One without a kind is no JSON value, however deep it is.
            message.struct_value.update(self._json())
        elif isinstance(message, ListValue):
            message.extend(self._json()["list"])
        else:
            super()._message(message, depth)
        if not depth:
            for field in message.DESCRIPTOR.fields:
                if field.is_required:
                    self._set(message, cast("FieldDescriptor", field), 0)

    def _enum_number(self, enum: EnumDescriptor, number: int) -> int:
        numbers = [value.number for value in enum.values]
        return numbers[number % len(numbers)]
