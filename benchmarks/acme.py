"""A made-up package of protobuf modules, as large as one likes.

Half of its messages are nested in the other half. Each file refers to the one before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)

_F = FieldDescriptorProto
_SCALARS = (_F.TYPE_STRING, _F.TYPE_INT64, _F.TYPE_BOOL, _F.TYPE_DOUBLE, _F.TYPE_BYTES)

_MODULE = """\
from google.protobuf import descriptor_pool
from google.protobuf.internal import builder
{imports}
DESCRIPTOR = descriptor_pool.Default().AddSerializedFile({serialized!r})
builder.BuildMessageAndEnumDescriptors(DESCRIPTOR, globals())
builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, "{module}", globals())
"""


def write(folder: Path, messages: int, files: int, changed: int | None = None) -> None:
    """Write the package ``acme`` into a folder.

    Args:
        folder: Where it shall be.
        messages: How many it has.
        files: In how many files.
        changed: The number of a file of which a message has one more field.
    """
    package = folder / "acme"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for number, file in enumerate(_protos(messages // 2, files)):
        if number == changed:
            file.message_type[0].field.add(name="more", number=99, type=_F.TYPE_INT32, label=1)
        imports = "\n".join(
            f"import {name.removesuffix('.proto').replace('/', '.')}_pb2"
            for name in file.dependency
        )
        text = _MODULE.format(
            imports=imports, serialized=file.SerializeToString(), module=f"acme.file{number}_pb2"
        )
        (package / f"file{number}_pb2.py").write_text(text, encoding="utf-8")


def _protos(messages: int, files: int) -> Iterator[FileDescriptorProto]:
    for number in range(files):
        file = FileDescriptorProto(
            name=f"acme/file{number}.proto", package=f"acme.part{number}", syntax="proto3"
        )
        if number:
            file.dependency.append(f"acme/file{number - 1}.proto")
        kind = file.enum_type.add(name="Kind")
        for value in range(5):
            kind.value.add(name=f"KIND_{value}", number=value)
        own = range(number * messages // files, (number + 1) * messages // files)
        for index in own:
            _fill(file.message_type.add(name=f"Message{index}"), number, own)
        yield file


def _fill(message: DescriptorProto, file: int, own: range) -> None:
    here = f".acme.part{file}"
    for number, kind in enumerate(_SCALARS, 1):
        label = _F.LABEL_REPEATED if number % 3 == 0 else _F.LABEL_OPTIONAL
        message.field.add(name=f"value_{number}", number=number, type=kind, label=label)
    message.field.add(
        name="kind", number=6, type=_F.TYPE_ENUM, type_name=f"{here}.Kind", label=_F.LABEL_OPTIONAL
    )
    message.oneof_decl.add(name="choice")
    for number, target in ((7, f"{here}.Message{own[0]}"), (8, f"{here}.{message.name}.Part")):
        message.field.add(
            name=f"part_{number}",
            number=number,
            type=_F.TYPE_MESSAGE,
            type_name=target,
            label=_F.LABEL_OPTIONAL,
            oneof_index=0,
        )
    part = message.nested_type.add(name="Part")
    part.field.add(name="name", number=1, type=_F.TYPE_STRING, label=_F.LABEL_OPTIONAL)
    if file:
        part.field.add(
            name="before",
            number=2,
            type=_F.TYPE_ENUM,
            type_name=f".acme.part{file - 1}.Kind",
            label=_F.LABEL_REPEATED,
        )
