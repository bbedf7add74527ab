"""What other tests and tools trust to find what is lost does find it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from flytebind.runtime import Model
from tests.generator.foreign import Generated, generate_from_set, importable
from tests.generator.passage import LostError, take_through
from tests.generator.protos import file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    """A package with one message, in which there is something to lose."""
    text = """
        message Thing { Size size = 1; string name = 2; Thing part = 3; }
        enum Size { SMALL = 0; BIG = 1; }
    """
    descriptors = FileDescriptorSet(file=[file(text, "passage/thing.proto")])
    made = generate_from_set(tmp_path_factory.mktemp("passage") / "out", "passage", descriptors)
    with importable(made.folder):
        yield made


def test_what_loses_nothing_is_counted(made: Generated) -> None:
    counts = take_through(made)
    assert (counts["models"], counts["filled"]) == (1, 1)
    assert counts["modules"] > 2


@pytest.mark.parametrize(
    ("lose", "told"),
    [
        (lambda pb: pb.ClearField("name"), "from_pb and to_pb"),
        (lambda pb: pb.part.DiscardUnknownFields(), "unknown fields"),
        (lambda pb: setattr(pb, "size", min(pb.size, 1)), "enum numbers"),
    ],
)
def test_what_is_lost_is_told_with_its_message(
    lose: Any, told: str, made: Generated, monkeypatch: pytest.MonkeyPatch
) -> None:
    (model_class,) = made.model_classes.values()
    to_pb = model_class.to_pb

    def spoiled(model: Model[Any]) -> Any:
        pb = to_pb(model)
        lose(pb)
        return pb

    monkeypatch.setattr(model_class, "to_pb", spoiled)
    monkeypatch.setattr(
        model_class, "to_bytes", lambda model: spoiled(model).SerializeToString(deterministic=True)
    )
    with pytest.raises(LostError, match=rf"^acme\.Thing: .*{told}"):
        take_through(made)


def test_a_module_from_elsewhere_is_none_that_was_generated(
    made: Generated, tmp_path: Path
) -> None:
    for path in made.folder.glob("*_models"):
        (tmp_path / path.name).mkdir()
        (tmp_path / path.name / "__init__.py").touch()
    with pytest.raises(ImportError, match="passage_models is "):
        take_through(Generated(tmp_path, made.package))
