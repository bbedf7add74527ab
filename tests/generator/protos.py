"""Descriptors from the text of .proto files, by the protoc of grpcio-tools in this process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from flytegen.comparison.sides import Side

_GOOGLE = files("grpc_tools") / "_proto"


def file(
    text: str = "",
    name: str = "acme/x.proto",
    *,
    package: str = "acme",
    syntax: str = "proto3",
    imports: Sequence[str] = (),
    known: Iterable[FileDescriptorProto] = (),
    has_comments: bool = False,
) -> FileDescriptorProto:
    """One file, of what stands below its head.

    Args:
        text: Messages, enums and services.
        name: The file's.
        package: The proto package; empty for none.
        syntax: proto2 or proto3.
        imports: The names of other files.
        known: Those of them that are not protobuf's own, and what these import.
        has_comments: Whether the comments are in it as well.
    """
    head = [f'syntax = "{syntax}";', f"package {package};" if package else ""]
    head += [f'import "{other}";' for other in imports]
    (made,) = compiled({name: "\n".join([*head, text])}, known, has_comments)
    return made


def compiled(
    texts: Mapping[str, str],
    known: Iterable[FileDescriptorProto] = (),
    has_comments: bool = False,
) -> list[FileDescriptorProto]:
    """Files that may import each other, in the order that they are given in.

    Args:
        texts: What they say, by name.
        known: Other files that they import.
        has_comments: Whether the comments are in them as well.
    """
    others = FileDescriptorSet(file=known).SerializeToString()
    made = FileDescriptorSet.FromString(_protoc(tuple(texts.items()), others, has_comments))
    return list(made.file)


@cache
def _protoc(texts: tuple[tuple[str, str], ...], known: bytes, has_comments: bool) -> bytes:
    with TemporaryDirectory() as name:
        folder = Path(name)
        for path, text in texts:
            (folder / "in" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "in" / path).write_text(text, encoding="utf-8")
        (folder / "known").write_bytes(known)
        options = [f"-I{folder}/in", f"-I{_GOOGLE}", f"--descriptor_set_in={folder}/known"]
        options += ["--include_source_info"] if has_comments else []
        command = ["protoc", *options, f"--descriptor_set_out={folder}/out"]
        code = import_module("grpc_tools.protoc").main([*command, *(path for path, _ in texts)])
        assert code == 0, "protoc says above why"
        return (folder / "out").read_bytes()


def side(*protos: FileDescriptorProto, version: str = "1.0") -> Side:
    """Files as a version of the package ``acme``."""
    return Side("acme", version, "acme", protos)
