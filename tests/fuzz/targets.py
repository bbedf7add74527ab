"""What is fed with bytes: a target takes them, or refuses them in the documented way.

Atheris lets bytes grow towards code that was not run yet. Without it, examples are changed at
random.
"""

from __future__ import annotations

import ast
import pickle
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from google.protobuf.compiler.plugin_pb2 import CodeGeneratorRequest

from flytebind.models import model_for
from flytebind.models._index import MODELS
from flytebind.models.core.literals import Literal, LiteralMap
from flytebind.models.filters import FilterList
from flytebind.runtime.errors import FlyteError
from flytebind.runtime.model import Model
from flytebind.runtime.rpc import StatusError
from flytebind.sandbox._store.filters import conditions
from flytebind.sandbox._store.tables import EXECUTIONS
from flytebind.values import LiteralsResolver, to_native, to_type
from flytegen import locate, plugin
from flytegen.common.problems import GenerationError
from flytegen.decide.build import build
from flytegen.overlay.entries import Overlay
from flytegen.overlay.load import load_overlay
from flytegen.read.descriptor_set import load_descriptor_set
from flytegen.write.render import render
from tests.fuzz import words
from tests.support.fill import fillings


@dataclass(frozen=True)
class Target:
    """Something that takes what strangers send."""

    run: Callable[[bytes], None]
    examples: Callable[[], Iterator[bytes]]
    """What it is meant to take."""


# ---- Models --------------------------------------------------------------------------------------


def from_bytes(data: bytes) -> None:
    """A message of any kind, which the first two bytes choose, and all that one does with it."""
    with suppress(ValueError):  # it is none
        _use(_kind(data).from_bytes(data[2:]))


def from_json(data: bytes) -> None:
    """The same as JSON."""
    text = data[2:].decode(errors="replace")
    with suppress(ValueError):
        _use(_kind(data).from_json(text))


def _kind(data: bytes) -> type[Model[Any]]:
    names = _names()
    return model_for(names[int.from_bytes(data[:2], "big") % len(names)])


@cache
def _names() -> list[str]:
    return sorted(MODELS)


def _use(model: Model[Any]) -> None:
    for show in (repr, str, Model.short_string, Model.verbose_string):
        assert isinstance(show(model), str)
    for name in dir(type(model)):
        if isinstance(getattr(type(model), name), property):
            with suppress(OverflowError, ValueError):  # a time that Python does not have
                getattr(model, name)
    with suppress(ValueError):  # what JSON has no words for
        said = type(model).from_json(model.to_json())
        assert type(model).from_json(said.to_json()) == said or "nan" in repr(said)
    with suppress(ValueError):  # what nobody could read back
        again = type(model).from_bytes(model.to_bytes())
        assert again.to_bytes() == model.to_bytes()
        twin = pickle.loads(pickle.dumps(model))
        assert hash(twin) == hash(model)
        assert again == model or "nan" in repr(model)


def _messages(write: Callable[[Model[Any]], bytes]) -> Iterator[bytes]:
    for number, name in enumerate(_names()):
        model = model_for(name)
        for message in fillings(model):
            with suppress(ValueError):
                yield number.to_bytes(2, "big") + write(model.from_pb(message))
            break


# ---- Literals ------------------------------------------------------------------------------------


def literals(data: bytes) -> None:
    """Literals as a store has them, as Python values."""
    try:
        literals = LiteralMap.from_bytes(data)
    except ValueError:
        return
    for literal in literals.literals.values():
        with suppress(FlyteError):
            to_native(literal)
        for hint in _HINTS:
            with suppress(FlyteError):
                to_type(literal, hint)
    resolver = LiteralsResolver(literals.literals)
    assert isinstance(repr(resolver), str)
    assert isinstance(resolver._repr_html_(), str)
    with suppress(FlyteError):
        resolver.as_dict()


_HINTS: list[Any] = [int, str, list[int], dict[str, str], dict[str, list[float]], bytes | None]


def _literal_maps() -> Iterator[bytes]:
    for message in fillings(Literal):
        literal = Literal.from_bytes(message.SerializeToString())
        with suppress(ValueError):
            yield LiteralMap({"a": literal, "b": literal}).to_bytes()


# ---- Filters -------------------------------------------------------------------------------------


def filters(data: bytes) -> None:
    """Filters in admin's notation, as the sandbox and as models read them."""
    text = data.decode(errors="replace")
    with suppress(StatusError):
        conditions(EXECUTIONS, text)
    with suppress(ValueError):
        found = FilterList.from_python_std(text)
        assert FilterList.from_python_std(found.to_flyte_idl()) == found


def _filters() -> Iterator[bytes]:
    yield b"eq(phase,RUNNING)+value_in(phase,RUNNING;QUEUED)+gte(created_at,2026-01-01T00:00:00Z)"
    yield b"ne(name,a(b)c)+contains(workflow.name,x;y)+eq(launch_plan.id,3)"


# ---- The generator -------------------------------------------------------------------------------


def descriptor_sets(data: bytes) -> None:
    """A file of descriptors, and what is written for it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.binpb")
        path.write_bytes(data)
        with suppress(GenerationError):
            source = load_descriptor_set([path], "acme")
            _check_code(render(build(source, Overlay()), [locate.templates()]))


def descriptor_words(data: bytes) -> None:
    """Descriptors that protobuf allows, but for words of strangers."""
    descriptor_sets(words.spoil_set(random.Random(data)).SerializeToString())


def overlays(data: bytes) -> None:
    """A folder of overlays."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "x.toml").write_bytes(data)
        with suppress(GenerationError):
            overlay = load_overlay(Path(folder))
            _check_code(render(build(words.source(), overlay), [locate.templates()]))


def overlay_words(data: bytes) -> None:
    """An overlay that fits, but for words of strangers."""
    with suppress(GenerationError):
        overlay = words.spoil_overlay(random.Random(data))
        _check_code(render(build(words.source(), overlay), [locate.templates()]))


def requests(data: bytes) -> None:
    """What protoc sends to the plugin."""
    answer = plugin.answer(data)
    assert not (answer.error and answer.file)
    _check_code({file.name: file.content for file in answer.file})


def request_words(data: bytes) -> None:
    """A request that protoc might send, but for words of strangers."""
    made = words.spoil_set(random.Random(data))
    request = CodeGeneratorRequest(proto_file=made.file, parameter="package=acme")
    requests(request.SerializeToString())


def _check_code(texts: Mapping[str, str]) -> None:
    """See that files are Python, and that no word of strangers has become a part of it."""
    for path, text in texts.items():
        assert all(part not in ("..", "") for part in path.split("/"))
        if path.endswith((".py", ".pyi")):
            for node in ast.walk(ast.parse(text.encode())):
                assert words.INJECTED not in {
                    value
                    for name, value in vars(node).items()
                    if isinstance(value, str) and not isinstance(node, ast.Constant)
                }, path


def _sets() -> Iterator[bytes]:
    yield words.descriptors().SerializeToString()


def _overlays() -> Iterator[bytes]:
    yield words.OVERLAY_TEXT.encode()


def _requests() -> Iterator[bytes]:
    made = words.descriptors()
    yield CodeGeneratorRequest(
        proto_file=made.file, parameter="package=acme,overlay=/nowhere"
    ).SerializeToString()
    yield CodeGeneratorRequest(proto_file=made.file, parameter="package=acme").SerializeToString()


def _seeds() -> Iterator[bytes]:
    yield from (bytes([number]) for number in range(64))


TARGETS: Mapping[str, Target] = {
    "from_bytes": Target(from_bytes, partial(_messages, Model.to_bytes)),
    "from_json": Target(from_json, partial(_messages, lambda model: model.to_json().encode())),
    "literals": Target(literals, _literal_maps),
    "filters": Target(filters, _filters),
    "descriptor_sets": Target(descriptor_sets, _sets),
    "descriptor_words": Target(descriptor_words, _seeds),
    "overlays": Target(overlays, _overlays),
    "overlay_words": Target(overlay_words, _seeds),
    "requests": Target(requests, _requests),
    "request_words": Target(request_words, _seeds),
}
