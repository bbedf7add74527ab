"""Modules of message classes that are written beside the models.

A descriptor set comes without any, so all of its files get one, as protoc would write it. So does a
module that protoc gave a name which no import statement can spell (``acme.import.x_pb2``): ours has
one that can be spelled, and hands the other over.
"""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.descriptor import FileDescriptor

from flytegen.common.code import LINE_LENGTH, Name, Text
from flytegen.decide import docstrings
from flytegen.decide.places import submodules
from flytegen.read.source import Source
from flytegen.schema import Import, LazyModule, Pb2Module

_BYTES_PER_LINE = 24


def pb2_modules(source: Source) -> tuple[Pb2Module, ...]:
    """A module for each file that needs one."""
    return tuple(_module(file, source) for file in source.files if file.name in source.written)


def pb2_packages(root: str, modules: tuple[Pb2Module, ...]) -> Iterator[LazyModule]:
    """The packages that hold them."""
    if modules:
        for name, inside in submodules(root, (module.name for module in modules)).items():
            doc = docstrings.paragraphs("Message classes.")
            yield LazyModule(name, inside, (), is_package=True, is_root=False, doc=doc)


def _module(file: FileDescriptor, source: Source) -> Pb2Module:
    original = source.originals.get(file.name, "")
    imported = (
        Name(source.pb2(dependency), "", "module").imported
        for dependency in (() if original else file.dependencies)
    )
    return Pb2Module(
        name=source.written[file.name],
        proto_file=file.name,
        original=original,
        imports=tuple(sorted({Import(*target) for target in imported if target})),
        public=tuple(map(source.pb2, file.public_dependencies)),
        serialized=tuple(_lines(file.serialized_pb)),
        doc=docstrings.paragraphs(f"Message classes of ``{file.name}``."),
    )


def _lines(data: bytes) -> Iterator[Text]:
    step = _BYTES_PER_LINE if len(literal(data)) > LINE_LENGTH else len(data)
    for start in range(0, len(data), step):
        yield Text(literal(data[start : start + step]))


def literal(data: bytes) -> str:
    """Bytes as black spells them: in double quotes, unless these need more backslashes."""
    if data.count(b'"') > data.count(b"'"):
        return repr(data)
    inside = repr(b'"' + data)[3:-1].replace("\\'", "'").replace('"', '\\"')
    return f'b"{inside}"'
