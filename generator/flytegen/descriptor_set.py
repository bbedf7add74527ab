"""Step 1, the other way: the descriptors of a ``FileDescriptorSet``."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import DecodeError

from flytegen.problems import GenerationError, Problem, Problems
from flytegen.source import Source, collect, protoc_module, source_of

_PROTOBUF = "google/protobuf/"


def load_descriptor_set(path: Path, package: str = "") -> Source:
    """Read a ``FileDescriptorSet``, as ``protoc --descriptor_set_out`` and ``buf build`` write it.

    Args:
        path: The file.
        package: What the generated packages are named after; by default the first part of the
            proto packages, where all of them have the same.

    Raises:
        GenerationError: If it is no such file, is incomplete, or does not say what to call it.
        OSError: If it cannot be read.
    """
    try:
        found = FileDescriptorSet.FromString(path.read_bytes())
    except DecodeError as error:
        hint = "Make one with protoc --include_imports --descriptor_set_out."
        raise GenerationError(Problem(str(path), f"is no descriptor set ({error})", hint)) from None
    for file in found.file:
        # Protobuf hands out what is not UTF-8 as bytes, and leaves it at that.
        if not all(isinstance(text, str) for text in (file.name, file.package, *file.dependency)):
            what, hint = (
                "is no descriptor set (a name is not UTF-8)",
                "Make it anew; it is damaged.",
            )
            raise GenerationError(Problem(str(path), what, hint))
    own = {file.name: file for file in found.file if not file.name.startswith(_PROTOBUF)}
    if not own:
        raise GenerationError(Problem(str(path), "has no files but protobuf's own"))
    for file in found.file:
        if own.get(file.name, file) != file:
            what, hint = f"has two versions of {file.name}", "Make it of one of them."
            raise GenerationError(Problem(str(path), what, hint))
    package = package or _common_package(path, own.values())
    protos = _ordered(path, own)
    modules = {name: protoc_module(name) for name in own}
    return source_of(package, "", protos, modules).with_written(modules, is_set=True)


def _common_package(path: Path, files: Iterable[FileDescriptorProto]) -> str:
    first = {file.package.partition(".")[0] for file in files}
    if len(first) == 1 and "" not in first:
        return first.pop()
    named = ", ".join(sorted(name or "(none)" for name in first))
    what = f"has files of more than one package, or of none: {named}"
    raise GenerationError(
        Problem(str(path), what, "Say what to name the result after: --package NAME.")
    )


def _ordered(path: Path, own: Mapping[str, FileDescriptorProto]) -> dict[str, bytes]:
    """Serialized files, imports first; protobuf's own come from where it is installed."""
    problems = Problems()
    protos: dict[str, bytes] = {}
    # No recursion: a chain of imports may be longer than Python's stack.
    for start in own:
        trail = [start]
        while trail:
            name = trail[-1]
            missing = [item for item in own[name].dependency if item not in protos]
            for item in missing:
                if item in trail:
                    problems.add(name, f"imports {item}, which imports it in turn")
                elif item not in own:
                    _collect_installed(path, name, item, protos, problems)
            problems.raise_if_any()
            waiting = [item for item in missing if item in own]
            if waiting:
                trail.append(waiting[0])
            else:
                protos[name] = own[name].SerializeToString()
                trail.pop()
    return protos


def _collect_installed(
    path: Path, importer: str, name: str, protos: dict[str, bytes], problems: Problems
) -> None:
    if name.startswith(_PROTOBUF):
        try:
            module = importlib.import_module(protoc_module(name))
        except ImportError:
            problems.add(importer, f"imports {name}, which the installed protobuf does not have")
            return
        collect(module.DESCRIPTOR, protos)
    else:
        what = f"imports {name}, which is not in {path.name}"
        problems.add(importer, what, "Make the set with protoc --include_imports.")
