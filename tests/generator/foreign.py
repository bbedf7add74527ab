"""Descriptor sets of packages that are none of ours, and what is generated of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, cast

from google.protobuf import text_format
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message

from flytebind.runtime import Model
from flytegen.cli import main
from tests.generator.awkward import awkward_fields, awkward_messages
from tests.support.fill import Filler
from tests.support.messages import walk

CONCEPTS = Path(__file__).parent / "concepts"

#: Fields that a message needs to be complete are set below this depth, and no others.
_DEPTH = 3


def hard_cases() -> FileDescriptorSet:
    """All that ``concepts/`` has, and the awkward names, as one set."""
    whole = FileDescriptorSet()
    for path in sorted(CONCEPTS.glob("*.txtpb")):
        whole.MergeFrom(text_format.Parse(path.read_text(encoding="utf-8"), FileDescriptorSet()))
    whole.file.extend([awkward_fields(), awkward_messages()])
    return whole


@dataclass(frozen=True)
class Generated:
    """A folder with everything that was generated of a package."""

    folder: Path
    package: str

    def modules(self) -> list[str]:
        """The names of all modules in there."""
        tops = [path.name for path in sorted(self.folder.iterdir()) if path.is_dir()]
        tops = [top for top in tops if top.isidentifier()]
        return [
            *tops,
            *(
                module.name
                for top in tops
                for module in walk_packages([str(self.folder / top)], f"{top}.")
            ),
        ]

    @cached_property
    def model_classes(self) -> dict[str, type[Model[Any]]]:
        """Every model class, by the full name of its message."""
        root = import_module(f"{self.package}_models")
        index = import_module(f"{self.package}_models._index")
        return {name: root.model_for(name) for name in index.MODELS}


def generate(folder: Path, package: str, *arguments: str) -> Generated:
    """Run the command, which must succeed."""
    assert (
        main(["generate", "--quiet", "--package", package, *arguments, "--out", str(folder)]) == 0
    )
    return Generated(folder, package)


def generate_from_set(folder: Path, package: str, descriptors: FileDescriptorSet) -> Generated:
    """Write a descriptor set, and generate from it."""
    path = folder.with_suffix(".binpb")
    path.write_bytes(descriptors.SerializeToString())
    return generate(folder, package, "--descriptor-set", str(path))


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


class _ForeignFiller(Filler):
    """Knows what flyteidl has not: required fields, closed enums, and extensions."""

    def extend(self, message: Message, extension: FieldDescriptor) -> None:
        slot: Any = message.Extensions
        if extension.is_repeated:
            slot[extension].extend([self._scalar(extension) for _ in range(2)])
        elif extension.message_type is not None:
            self._message(slot[extension], 1)
        else:
            slot[extension] = self._scalar(extension)

    def _message(self, message: Message, depth: int) -> None:
        super()._message(message, depth)
        if not depth:
            for field in message.DESCRIPTOR.fields:
                if field.is_required:
                    self._set(message, cast("FieldDescriptor", field), 0)

    def _enum_number(self, enum: EnumDescriptor, number: int) -> int:
        numbers = [value.number for value in enum.values]
        return numbers[number % len(numbers)]
