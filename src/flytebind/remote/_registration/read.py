"""Reading what was serialized: packages, folders and files, as ``pyflyte package`` writes them."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeAlias, cast

from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import identifier_pb2
from google.protobuf.message import DecodeError, Message

from flytebind.remote.errors import FlyteValueError

Spec: TypeAlias = task_pb2.TaskSpec | workflow_pb2.WorkflowSpec | launch_plan_pb2.LaunchPlan
"""Something to be registered, as plain protobuf."""

#: By the number at the end of a file's name.
_KINDS = (
    task_pb2.TaskSpec,
    workflow_pb2.WorkflowSpec,
    launch_plan_pb2.LaunchPlan,
)
_RESOURCE_TYPES = (
    identifier_pb2.ResourceType.TASK,
    identifier_pb2.ResourceType.WORKFLOW,
    identifier_pb2.ResourceType.LAUNCH_PLAN,
)
_NAME = re.compile(r".*_([123])\.pb", re.DOTALL)
_CODE = re.compile(r"fast.*\.tar\.gz", re.DOTALL)
_ARCHIVES = (".tgz", ".tar.gz", ".tar")


class Model(Protocol):
    """A model, of this library or of flytekit."""

    def to_flyte_idl(self) -> Message:
        """The message that it stands for."""
        ...


Registrable: TypeAlias = Model | Spec
"""``TaskSpec``, ``WorkflowSpec`` or ``LaunchPlan``, as a model or as a message."""


@dataclass
class Package:
    """What is to be registered, and the code that tasks of it run."""

    specs: list[Spec] = field(default_factory=list)
    code: Path | None = None
    """An archive of code, whatever is in it."""


def read(source: str | os.PathLike[str] | Iterable[Registrable], stack: ExitStack) -> Package:
    """Read a package, a folder, a file or models.

    Args:
        source: A path, or ``TaskSpec``, ``WorkflowSpec`` and ``LaunchPlan`` as models of flytebind,
            of flytekit or as messages.
        stack: How long what is unpacked is needed.

    Raises:
        FlyteValueError: If there is nothing to register, or something cannot be.
        OSError: If a file cannot be read.
        TypeError: If something is neither a path nor such a model.
    """
    package = Package()
    if isinstance(source, (str, os.PathLike)):
        where = Path(source)
        for path in sorted(_files(where, stack), key=_number):
            if path.suffix == ".pb":
                package.specs.append(_parse(path.name, path.read_bytes()))
            elif package.code is not None:
                raise FlyteValueError(f"{where} has two archives of code")
            else:
                package.code = path
    elif isinstance(source, Iterable):
        package.specs.extend(map(_of_model, source))
    else:
        raise TypeError(f"register takes a path or a list of models, not {type(source).__name__}")
    if not package.specs:
        raise FlyteValueError(
            "there is nothing to register: no .pb file, as `pyflyte package` writes them"
            if isinstance(source, (str, os.PathLike))
            else "there is nothing to register"
        )
    return package


def id_of(spec: Spec) -> identifier_pb2.Identifier:
    """What something is to be registered as."""
    return spec.id if isinstance(spec, launch_plan_pb2.LaunchPlan) else spec.template.id


def _files(where: Path, stack: ExitStack) -> list[Path]:
    """The files that matter, unpacked if they are in an archive."""
    if where.is_dir():
        return [path for path in where.iterdir() if _matters(path.name) and path.is_file()]
    if where.suffix == ".pb":
        return [where]
    if not where.exists():
        raise FileNotFoundError(2, "No such file or directory", str(where))
    if not where.name.endswith(_ARCHIVES):
        raise FlyteValueError(f"{where} is no .pb, no folder and none of {', '.join(_ARCHIVES)}")
    folder = Path(stack.enter_context(TemporaryDirectory()))
    try:
        with tarfile.open(where) as archive:
            return [*_unpacked(archive, folder)]
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise FlyteValueError(f"{where} cannot be read: {error}") from error


def _unpacked(archive: tarfile.TarFile, folder: Path) -> Iterator[Path]:
    """Contents alone, by their last name: what an archive says of paths and links is not obeyed."""
    for member in archive:
        name = member.name.rpartition("/")[2]
        content = archive.extractfile(member) if member.isfile() and _matters(name) else None
        if content is not None:
            path = folder / name
            if path.exists():
                raise FlyteValueError(f"there are two files called {name}")
            with path.open("wb") as file:
                shutil.copyfileobj(content, file)
            yield path


def _matters(name: str) -> bool:
    return name.endswith(".pb") or _CODE.fullmatch(name) is not None


def _number(path: Path) -> tuple[int, str]:
    """Files are numbered in the order in which they were written."""
    number = re.match(r"\d+", path.name)
    return (int(number[0]) if number else 0, path.name)


def _parse(name: str, content: bytes) -> Spec:
    numbered = _NAME.fullmatch(name)
    if numbered is not None:
        kind = _KINDS[int(numbered[1]) - 1]
        try:
            return _checked(kind.FromString(content), name)
        except DecodeError as error:
            raise FlyteValueError(f"{name} is no {kind.DESCRIPTOR.name}") from error
    for number, resource_type in enumerate(_RESOURCE_TYPES):
        try:
            spec = _KINDS[number].FromString(content)
        except DecodeError:
            continue
        if id_of(spec).name and id_of(spec).resource_type == resource_type:
            return spec
    raise FlyteValueError(f"{name} is no TaskSpec, no WorkflowSpec and no LaunchPlan")


def _of_model(model: Registrable) -> Spec:
    is_message = isinstance(model, Message) or not hasattr(model, "to_flyte_idl")
    message = model if is_message else cast("Model", model).to_flyte_idl()
    if not isinstance(message, _KINDS):
        names = ", ".join(kind.DESCRIPTOR.name for kind in _KINDS)
        raise TypeError(f"register takes {names}, not {type(model).__name__}")
    # A copy, since it is filled in.
    return _checked(type(message).FromString(message.SerializeToString()), type(model).__name__)


def _checked(spec: Spec, what: str) -> Spec:
    if not id_of(spec).name:
        raise FlyteValueError(f"{what} has no name to be registered by")
    return spec
