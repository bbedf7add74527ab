"""Reading what was serialized: packages, folders and files, as ``pyflyte package`` writes them."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
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
    code: bytes | None = None
    """An archive of code, whatever is in it."""
    code_name: str = ""


def read(source: str | os.PathLike[str] | Iterable[Registrable]) -> Package:
    """Read a package, a folder, a file or models.

    Args:
        source: A path, or ``TaskSpec``, ``WorkflowSpec`` and ``LaunchPlan`` as models of flytebind,
            of flytekit or as messages.

    Raises:
        FlyteValueError: If there is nothing to register, or something cannot be.
        OSError: If a file cannot be read.
        TypeError: If something is neither a path nor such a model.
    """
    package = Package()
    if isinstance(source, (str, os.PathLike)):
        where = Path(source)
        for name, content in sorted(_files(where), key=lambda each: _number(each[0])):
            if _CODE.fullmatch(name):
                if package.code is not None:
                    raise FlyteValueError(f"{where} has two archives of code")
                package.code, package.code_name = content, name
            elif name.endswith(".pb"):
                package.specs.append(_parse(name, content))
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


def _files(where: Path) -> Iterator[tuple[str, bytes]]:
    """The names and contents of files, in whatever folder of an archive they are."""
    if where.is_dir():
        for path in where.iterdir():
            if path.is_file() and (path.suffix == ".pb" or _CODE.fullmatch(path.name)):
                yield path.name, path.read_bytes()
    elif where.name.endswith(".pb"):
        yield where.name, where.read_bytes()
    elif where.name.endswith(_ARCHIVES):
        try:
            with tarfile.open(where) as archive:
                # In memory: nothing that an archive says of paths is obeyed.
                for member in archive:
                    content = archive.extractfile(member) if member.isfile() else None
                    if content is not None:
                        yield member.name.rpartition("/")[2], content.read()
        except (tarfile.TarError, EOFError) as error:
            raise FlyteValueError(f"{where} cannot be read: {error}") from error
    elif where.exists():
        raise FlyteValueError(f"{where} is no .pb, no folder and none of {', '.join(_ARCHIVES)}")
    else:
        raise FileNotFoundError(2, "No such file or directory", str(where))


def _number(name: str) -> tuple[int, str]:
    """Files are numbered in the order in which they were written."""
    number = re.match(r"\d+", name)
    return (int(number[0]) if number else 0, name)


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
