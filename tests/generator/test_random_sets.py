"""Whatever protobuf allows: a run gives code that works, or problems; never a traceback."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import pytest
from google.protobuf import descriptor_pool
from google.protobuf.descriptor_pb2 import (
    FieldDescriptorProto as _F,
    FileDescriptorProto,
    FileDescriptorSet,
)
from hypothesis import HealthCheck, Phase, assume, given, settings, strategies as st

from flytegen import locate
from flytegen.common.problems import GenerationError, Problems
from flytegen.decide.build import build
from flytegen.overlay.entries import Overlay
from flytegen.read.base_packages import NO_BASE_PACKAGES, BasePackages
from flytegen.read.descriptor_set import load_descriptor_set
from flytegen.read.manifest import read_base
from flytegen.read.source import Source
from flytegen.write.format import format_one, wrap_one
from flytegen.write.manifest import manifest_text
from flytegen.write.render import pages, render
from flytegen.write.stubs import make_stubs, stub_request, stubs_made_from
from tests.generator.random_sets import Draw, descriptor_sets, message_names

#: How many sets are looked at. CONTRIBUTING.md says how to look at more.
_ASKED = os.environ.get("FLYTEGEN_EXAMPLES", "")
EXAMPLES = int(_ASKED or "300")


def some(examples: int) -> settings:
    """The same few examples each time; where somebody asks for many, other ones each time.

    What fails is made smaller for who asks: that takes minutes, and `make test` has none to spare.
    """
    return settings(
        max_examples=max(examples, 1),
        suppress_health_check=[
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
            HealthCheck.large_base_example,
            HealthCheck.too_slow,
        ],
        report_multiple_bugs=False,
        derandomize=not _ASKED,
        phases=[Phase.generate, Phase.shrink] if _ASKED else [Phase.generate],
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("set") / "set.binpb"


@contextmanager
def problems() -> Iterator[None]:
    """Where a run may stop, if it says where and why."""
    try:
        yield
    except GenerationError as error:
        if not all(problem.where and problem.what for problem in error.problems):
            raise AssertionError(error.problems) from None


def load(
    data: bytes, path: Path, package: str = "fuzz", bases: BasePackages = NO_BASE_PACKAGES
) -> Source | None:
    """The source; none where there are problems."""
    path.write_bytes(data)
    with problems():
        return load_descriptor_set([path], package, bases)
    return None


def printed(
    made: FileDescriptorSet, path: Path, bases: BasePackages = NO_BASE_PACKAGES
) -> dict[str, str]:
    """The texts for a set; none where there are problems."""
    source = load(made.SerializeToString(), path, bases=bases)
    assert source is not None, "protobuf allows it"
    with problems():
        return render(build(source, Overlay()), [locate.templates()])
    return {}


@given(made=descriptor_sets())
@some(EXAMPLES)
def test_what_is_printed_for_any_set_can_be_imported_and_used(
    path: Path, made: FileDescriptorSet
) -> None:
    texts = printed(made, path)
    assume(texts)
    check_models(texts, made)


def check_models(texts: Mapping[str, str], made: FileDescriptorSet) -> None:
    """See that all texts can be imported, and every message of a set has a model that works."""
    with importable(texts) as names:
        for name in names:
            importlib.import_module(name)
        models = importlib.import_module("fuzz_models")
        for full_name in message_names(made):
            model = models.model_for(full_name)
            assert model.from_pb(model().to_pb()) == model()


@given(made=descriptor_sets())
@some(EXAMPLES // 10)
def test_what_is_printed_for_any_set_has_blacks_form(path: Path, made: FileDescriptorSet) -> None:
    for name, text in printed(made, path).items():
        if name.endswith(".py"):
            formatted = format_one(text)
            assert isinstance(formatted, str)
            assert wrap_one(text) == formatted


@given(made=descriptor_sets())
@some(EXAMPLES // 20)
def test_any_set_gets_stubs(path: Path, made: FileDescriptorSet) -> None:
    source = load(made.SerializeToString(), path)
    assert source is not None
    for name, stub in make_stubs(stub_request(source)).items():
        compile(stub, name, "exec")


@given(made=descriptor_sets(), data=st.data())
@some(EXAMPLES // 10)
def test_what_is_made_from_the_same_is_the_same_after_any_change(
    path: Path, made: FileDescriptorSet, data: st.DataObject
) -> None:
    """What a record trusts: text is not even printed that would come out as it was."""
    before, after = before_and_after(made, data.draw, path)
    with problems():
        old, new = (
            pages(build(source, Overlay()), [locate.templates()]) for source in (before, after)
        )
        same = {
            name for name in old.keys() & new.keys() if old[name].made_from == new[name].made_from
        }
        assert same < new.keys(), "a change that nobody sees"
        for name in same:
            assert old[name].print() == new[name].print()


@given(made=descriptor_sets(), data=st.data())
@some(EXAMPLES // 30)
def test_stubs_that_are_made_from_the_same_are_the_same_after_any_change(
    path: Path, made: FileDescriptorSet, data: st.DataObject
) -> None:
    asked = [stub_request(source) for source in before_and_after(made, data.draw, path)]
    old, new = map(stubs_made_from, asked)
    old_texts, new_texts = map(make_stubs, asked)
    for name in old.keys() & new.keys():
        assert old[name] != new[name] or old_texts[name] == new_texts[name]


def before_and_after(made: FileDescriptorSet, draw: Draw, path: Path) -> tuple[Source, Source]:
    """The source of a set, and of the same with a change in one of its files."""
    before = load(made.SerializeToString(), path)
    change(made.file[draw(st.integers(0, len(made.file) - 1))], draw)
    after = load(made.SerializeToString(), path)
    assert before is not None
    assert after is not None
    return before, after


def change(file: FileDescriptorProto, draw: Draw) -> None:
    """Change something in a file that shows in its models."""
    message = draw(st.sampled_from([*file.message_type, None]))
    if message is None:
        file.message_type.add(name="Changed").enum_type.add(name="Kind").value.add(name="A")
    elif draw(st.booleans()):
        message.options.deprecated = not message.options.deprecated
    else:
        label = _F.LABEL_REPEATED if draw(st.booleans()) else _F.LABEL_OPTIONAL
        message.field.add(name="changed", number=12345, type=_F.TYPE_STRING, label=label)


@given(made=descriptor_sets(), data=st.data())
@some(EXAMPLES)
def test_bytes_that_are_cut_or_changed_are_a_problem_or_another_set(
    path: Path, made: FileDescriptorSet, data: st.DataObject
) -> None:
    serialized = bytearray(made.SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        where = data.draw(st.integers(0, len(serialized) - 1))
        serialized[where] = data.draw(st.integers(0, 255))
    source = load(bytes(serialized[: data.draw(st.integers(0, len(serialized)))]), path)
    if source is not None:
        with problems():
            for name, text in render(build(source, Overlay()), [locate.templates()]).items():
                assert not name.endswith(".py") or compile(text, name, "exec")


@given(made=descriptor_sets())
@some(EXAMPLES // 10)
def test_any_set_can_be_on_top_of_its_first_file(path: Path, made: FileDescriptorSet) -> None:
    low = load(FileDescriptorSet(file=made.file[:1]).SerializeToString(), path, "low")
    assume(low is not None and len(made.file) > 1)
    assert low is not None
    with problems():
        library = build(low, Overlay())
        texts = render(library, [locate.templates()])
        path.write_text(manifest_text(library, low))
        base = read_base("low_models", path, Problems())
        assert base is not None
        texts |= printed(made, path, BasePackages((base,)))
        if any(name.startswith("fuzz_") for name in texts):
            check_models(texts, made)


# ---- Importing texts ---------------------------------------------------------------------------


@contextmanager
def importable(texts: Mapping[str, str]) -> Iterator[list[str]]:
    """Let texts be imported, with descriptors in a pool that nobody else sees."""
    finder, pool = _InMemory(texts), _OwnPool()
    sys.meta_path.insert(0, finder)
    try:
        with patch.object(descriptor_pool, "Default", lambda: pool):
            yield finder.names
    finally:
        sys.meta_path.remove(finder)
        for name in finder.names:
            sys.modules.pop(name, None)


class _InMemory(MetaPathFinder, Loader):
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self.names = [
            path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for path in texts
            if path.endswith(".py")
        ]

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        stem = name.replace(".", "/")
        for file, is_package in ((f"{stem}/__init__.py", True), (f"{stem}.py", False)):
            if file in self._texts:
                return ModuleSpec(name, self, origin=file, is_package=is_package)
        return None

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        origin = module.__spec__.origin
        assert origin is not None
        exec(compile(self._texts[origin], origin, "exec"), vars(module))


class _OwnPool:
    """A pool that has protobuf's own files where they are needed."""

    def __init__(self) -> None:
        self._pool = descriptor_pool.DescriptorPool()

    def AddSerializedFile(self, data: bytes) -> object:
        for name in FileDescriptorProto.FromString(data).dependency:
            if name.startswith("google/protobuf/"):
                module = name.removesuffix(".proto").replace("/", ".") + "_pb2"
                known = importlib.import_module(module).DESCRIPTOR
                self.AddSerializedFile(known.serialized_pb)
        return self._pool.AddSerializedFile(data)
