"""What stands in for an installed package: descriptor sets, images, and ``.proto`` files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto

from flytegen.common.problems import GenerationError, Problem
from flytegen.read.base_packages import NO_BASE_PACKAGES, BasePackages
from flytegen.read.image import read_image
from flytegen.read.protoc import PROTO, compiled

STANDARD_INPUT = Path("-")


def read_inputs(
    paths: Sequence[Path],
    proto_paths: Sequence[Path] = (),
    bases: BasePackages = NO_BASE_PACKAGES,
) -> tuple[FileDescriptorProto, ...]:
    """The files of one set, or those that protoc makes of ``.proto`` files.

    Args:
        paths: A descriptor set or an image, in whatever form, of which ``-`` is on standard input;
            or ``.proto`` files, and folders of these.
        proto_paths: Where imports of ``.proto`` files are looked for.
        bases: Packages of models, whose files can be imported, too.

    Raises:
        GenerationError: If one is none of these, or they do not go together.
        OSError: If one cannot be read.
    """
    protos = [path for path in paths if are_protos(path)]
    if protos and len(protos) < len(paths):
        what = f"is no {PROTO} file, as the others are"
        strange = next(path for path in paths if path not in protos)
        raise GenerationError(Problem(str(strange), what, "Give either these, or one set."))
    if protos:
        return tuple(compiled(protos, proto_paths, bases).file)
    if proto_paths:
        what, hint = f"is for {PROTO} files", "A descriptor set has its imports in it."
        raise GenerationError(Problem("--proto-path", what, hint))
    if len(paths) > 1:
        what, hint = "is one descriptor set of several", "Give one that has all."
        raise GenerationError(Problem(str(paths[1]), what, hint))
    (path,) = paths
    if path == STANDARD_INPUT:
        return tuple(read_image(sys.stdin.buffer.read(), called(path)).file)
    return tuple(read_image(path.read_bytes(), str(path)).file)


def are_protos(path: Path) -> bool:
    """Whether an input is ``.proto`` files, and no set."""
    return path.suffix == PROTO or path.is_dir()


def called(path: Path) -> str:
    """What to call an input in words."""
    return "standard input" if path == STANDARD_INPUT else str(path)
