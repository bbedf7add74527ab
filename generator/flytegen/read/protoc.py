"""Descriptors of ``.proto`` files, by whichever protoc is there."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from flytegen.common.problems import GenerationError, Problem, Problems
from flytegen.read.base_packages import BasePackages
from flytegen.read.source import collect, protoc_module

PROTO = ".proto"
_IMPORT = re.compile(rb'^\s*import\s+(?:\w+\s+)?"([^"\n]+)"\s*;', re.MULTILINE)
# `acme/x.proto:3:1: Expected ";".`, and without a place where the whole file is meant.
_COMPLAINT = re.compile(r"(?P<where>.+?\.proto(?::\d+:\d+)?): (?P<what>(?!warning: ).+)")
_ROOT_HINT = "Say where the names of imports begin: --proto-path DIR."


def compiled(
    paths: Sequence[Path], proto_paths: Sequence[Path], bases: BasePackages
) -> FileDescriptorSet:
    """What protoc makes of files and of all that they import, with comments.

    What is imported and lies nowhere is taken from installed modules, if there are any.

    Args:
        paths: ``.proto`` files, and folders whose ``.proto`` files are meant.
        proto_paths: Where imports are looked for; by default in these folders, or here.
        bases: Packages of models; where the modules of their files are, they know.

    Raises:
        GenerationError: If there is no protoc, or it refuses a file; in its own words.
    """
    files, roots, folders = _places(paths, proto_paths)
    _check_places(files, roots, folders)
    with tempfile.TemporaryDirectory() as name:
        known, made = Path(name) / "known", Path(name) / "made"
        installed = FileDescriptorSet(file=_installed(files, roots, bases))
        known.write_bytes(installed.SerializeToString())
        options = [
            *(f"--proto_path={root}" for root in roots),
            f"--descriptor_set_in={known}",
            f"--descriptor_set_out={made}",
            "--include_imports",
            "--include_source_info",
        ]
        command = [*_protoc(files[0]), *options, *map(str, files)]
        run = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
        if run.returncode:
            raise GenerationError(*_complaints(run.stderr))
        return FileDescriptorSet.FromString(made.read_bytes())


def names(paths: Sequence[Path], proto_paths: Sequence[Path]) -> frozenset[str]:
    """What imports call the files that ``compiled`` would be given; not those that these import."""
    files, roots, _ = _places(paths, proto_paths)
    return frozenset(
        file.relative_to(root).as_posix()
        for file in files
        for root in roots
        if root in file.parents
    )


def _places(
    paths: Sequence[Path], proto_paths: Sequence[Path]
) -> tuple[list[Path], list[Path], list[Path]]:
    """The files, where the names of imports begin, and the folders among what is given."""
    # Of paths that say the same in two ways protoc makes nothing.
    folders = [_absolute(path) for path in paths if path.is_dir()]
    files = [_absolute(path) for path in paths if not path.is_dir()]
    files += [path for folder in folders for path in sorted(folder.rglob(f"*{PROTO}"))]
    roots = list(map(_absolute, proto_paths)) or folders or [Path.cwd()]
    return files, roots, folders


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


def _check_places(files: Iterable[Path], roots: Sequence[Path], folders: Iterable[Path]) -> None:
    problems = Problems()
    for folder in folders:
        if not any(folder in file.parents for file in files):
            problems.add(shown(folder), f"has no {PROTO} files in it")
    for file in files:
        if not file.is_file():
            problems.add(shown(file), "is not there")
        elif not any(root in file.parents for root in roots):
            where = " or ".join(map(shown, roots))
            problems.add(shown(file), f"is not in {where}, where imports begin", _ROOT_HINT)
    problems.raise_if_any()


def _protoc(path: Path) -> list[str]:
    """How to run it; that of grpcio-tools is in the environment's lock, if that has one."""
    if find_spec("grpc_tools") is not None:
        return [sys.executable, "-m", "grpc_tools.protoc"]
    found = shutil.which("protoc")
    if found is None:
        what = f"is a {PROTO} file, and there is no protoc to compile it"
        hint = "pip install grpcio-tools, or install protoc; or give a descriptor set."
        raise GenerationError(Problem(shown(path), what, hint))
    return [found]


def _installed(
    files: Iterable[Path], roots: Sequence[Path], bases: BasePackages
) -> Collection[FileDescriptorProto]:
    """What is imported and lies below no root, from the modules that have it."""
    protos: dict[str, bytes] = {}
    pending, seen = list(files), set()
    while pending:
        for found in _IMPORT.findall(pending.pop().read_bytes()):
            name = found.decode(errors="replace")
            if name in seen:
                continue
            seen.add(name)
            path = next((root / name for root in roots if (root / name).is_file()), None)
            if path is not None:
                pending.append(path)
            elif file := _descriptor(bases.pb2(name) or protoc_module(name)):
                collect(file, protos)
    return list(map(FileDescriptorProto.FromString, protos.values()))


def _descriptor(module: str) -> FileDescriptor | None:
    try:
        found = getattr(importlib.import_module(module), "DESCRIPTOR", None)
    except (Exception, SystemExit):  # whatever a foreign module does when imported
        return None
    return found if isinstance(found, FileDescriptor) else None


def _complaints(said: str) -> list[Problem]:
    here = f"{Path.cwd()}{os.sep}"
    lines = said.strip().splitlines() or ["says nothing"]
    matches = [match for line in lines if (match := _COMPLAINT.fullmatch(line.replace(here, "")))]
    if not matches:
        return [Problem("protoc", "failed: " + " ".join(lines))]
    return [
        Problem(match["where"], match["what"], _ROOT_HINT if "not found" in match["what"] else "")
        for match in matches
    ]


def shown(path: Path) -> str:
    """A path as short as it can be said from here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
