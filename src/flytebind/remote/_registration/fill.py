"""Filling in what is known only when something is registered, as flytectl does.

pyflyte leaves identifiers without project, domain and version, or with ``{{ registration.project
}}`` and its like, and arguments of containers that say where the code will be:
``{{ .remote_package_path }}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from flyteidl.admin import task_pb2
from flyteidl.core import identifier_pb2, tasks_pb2
from google.protobuf import struct_pb2
from google.protobuf.message import Message

from flytebind.remote._registration.walk import walk
from flytebind.remote.errors import FlyteValueError

_PLACE = re.compile(r"\{\{\s*(?:registration)?\.(project|domain|version)\s*\}\}")
_CODE = re.compile(r"\{\{\s*\.remote_package_path\s*\}\}")
_DESTINATION = re.compile(r"\{\{\s*\.dest_dir\s*\}\}")


@dataclass(frozen=True)
class Filling:
    """What placeholders become."""

    project: str
    domain: str
    version: str | None
    """None where each identifier has to have one."""
    destination: str
    """Where tasks unpack their code."""


def fill(message: Message, filling: Filling) -> None:
    """Fill in identifiers and, of tasks, what is run.

    Raises:
        FlyteValueError: If there is no version for an identifier that lacks one.
    """
    for each in walk(message):
        if isinstance(each, identifier_pb2.Identifier):
            _fill_identifier(each, filling)
    if isinstance(message, task_pb2.TaskSpec):
        _each_text(message.template, lambda text: _filled(text, filling))


def needs_code(message: Message) -> bool:
    """Whether a task runs code that comes from an archive."""
    found: list[str] = []

    def look(text: str) -> str:
        found.extend(_CODE.findall(text))
        return text

    if isinstance(message, task_pb2.TaskSpec):
        _each_text(message.template, look)
    return bool(found)


def fill_code(message: Message, uri: str) -> None:
    """Fill in where the code of a task is."""
    if isinstance(message, task_pb2.TaskSpec):
        _each_text(message.template, lambda text: _CODE.sub(lambda _: uri, text))


def _fill_identifier(id: identifier_pb2.Identifier, filling: Filling) -> None:
    values = {"project": filling.project, "domain": filling.domain, "version": filling.version}
    for name, value in values.items():
        given: str = getattr(id, name)
        if given and not _PLACE.fullmatch(given):
            continue
        if value is None:
            raise FlyteValueError(f"{id.name} has no version of its own: give one")
        setattr(id, name, value)


def _filled(text: str, filling: Filling) -> str:
    if "{{" not in text:
        return text
    places = {"project": filling.project, "domain": filling.domain, "version": filling.version}
    text = _PLACE.sub(lambda match: places[match[1]] or match[0], text)
    return _DESTINATION.sub(lambda _: filling.destination, text)


def _each_text(template: tasks_pb2.TaskTemplate, change: Callable[[str], str]) -> None:
    """Put what becomes of it in the place of each text of a container or a pod."""
    for message in walk(template):
        if isinstance(message, tasks_pb2.Container):
            message.image = change(message.image)
            message.command[:] = map(change, message.command)
            message.args[:] = map(change, message.args)
            for pair in message.env:
                pair.value = change(pair.value)
        elif isinstance(message, tasks_pb2.K8sPod):
            for value in walk(message.pod_spec):
                if isinstance(value, struct_pb2.Value) and value.HasField("string_value"):
                    value.string_value = change(value.string_value)
